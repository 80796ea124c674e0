"""A visitor of a real server without a browser: a websocket that speaks Streamlit's own protocol, so that
many can come at once.
"""

from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

SECONDS = 120  # for an answer: a loaded machine is slow


class Json(str):
    """What a hand-made view says, in JSON."""


KINDS = {bool: "trigger_value", str: "string_value", int: "int_value", Json: "json_value"}


class Visitor:
    """One session: what it was shown last, by the places in the page."""

    def __init__(self, url):
        self.connection = connect(url.replace("http", "ws", 1) + "/_stcore/stream", max_size=None)
        self.page, self.query, self.elements = "", "", {}

    def __enter__(self):
        self.socket = self.connection.__enter__()
        return self

    def __exit__(self, *what):
        self.connection.__exit__(*what)

    def open(self, page, **query):
        """Go to the page by a link."""
        return self.run(page, urlencode(query))

    def run(self, page=None, query=None, states=()):
        """Run the script, with the `states` of widgets as {id: value} says, and read until it has ended."""
        self.page = self.page if page is None else page
        self.query = self.query if query is None else query
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        for id, value in dict(states).items():
            state = message.rerun_script.widget_states.widgets.add(id=id)
            setattr(state, KINDS[type(value)], value)
        self.socket.send(message.SerializeToString())
        self.elements = {}
        while True:
            answer = ForwardMsg.FromString(self.socket.recv(SECONDS))
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self.take(tuple(answer.metadata.delta_path), answer.delta)
            elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return self

    def take(self, place, delta):
        """What is put into a place takes the place of all that was in it; not so a turning wheel."""
        if delta.WhichOneof("type") == "new_transient":
            return
        for old in [old for old in self.elements if old[: len(place)] == place]:
            del self.elements[old]
        if delta.WhichOneof("type") == "new_element":
            element = self.elements[place] = delta.new_element
            if element.WhichOneof("type") == "download_button":
                element.download_button.ClearField("deferred_file_id")  # a number by chance, anew in each run

    def all(self, kind):
        """The elements of that kind in the order of the page."""
        shown = (self.elements[place] for place in sorted(self.elements))
        return [getattr(element, kind) for element in shown if element.WhichOneof("type") == kind]

    def keys(self, but=()):
        """The keys of all controls and views, but for those of some kinds."""
        for element in self.elements.values():
            kind = element.WhichOneof("type")
            id = getattr(getattr(element, kind), "id", "") if kind not in but else ""
            if id.startswith("$$ID-") and not id.endswith("-None"):
                yield id.rpartition("-")[2]

    def widget(self, kind, key):
        """The one control of that kind with that key."""
        (found,) = (one for one in self.all(kind) if one.id.endswith(f"-{key}"))
        return found

    def box(self, key):
        """The one box for text with that key, of one line or of several."""
        boxes = self.all("text_input") + self.all("text_area")
        (found,) = (one for one in boxes if one.id.endswith(f"-{key}"))
        return found

    def answer(self):
        """All that the page shows, by place: to be compared with what another visitor is shown."""
        return {place: one.SerializeToString(deterministic=True) for place, one in self.elements.items()}

    def wrong(self):
        """What went wrong: exceptions, and the sentences of a page that failed."""
        errors = [alert.body for alert in self.all("alert") if alert.format == alert.ERROR]
        return [one.message for one in self.all("exception")] + errors
