"""(e) Memory and (f) answers with 20 users. A user is a websocket that speaks Streamlit's own protocol: what
a browser sends, without its drawing.
"""

import asyncio
import random
import time
from pathlib import Path
from statistics import quantiles

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from tests.bench import Row, milliseconds, texts
from tests.browser import launch

PAGE, USERS, TOKENS = "attention", 20, 16
EVERY = 2.0  # seconds between two texts of one user


class User:
    """One session, from its websocket on."""

    def __init__(self, socket):
        self.socket = socket
        self.box = None  # id of the text box

    async def run(self, text=None):
        """Ask for a run, with a new text or the page's own; returns the seconds until the script's end.
        RuntimeError if the picture is not of that text.
        """
        message = BackMsg()
        message.rerun_script.page_name = PAGE
        if text is not None:
            message.rerun_script.widget_states.widgets.add(id=self.box, string_value=text)
        start, pictures = time.perf_counter(), []
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "bidi_component":
                pictures.append(answer.delta.new_element.bidi_component.bytes)
            elif kind == "delta" and answer.delta.new_element.WhichOneof("type") == "text_area":
                self.box = answer.delta.new_element.text_area.id
            elif kind == "script_finished":
                break
        if not any((text or "").encode() in picture for picture in pictures if picture):
            raise RuntimeError(f"no picture of {text!r}")
        return time.perf_counter() - start


async def enter(url):
    """A new user who has seen the first page."""
    user = User(await connect(url.replace("http", "ws", 1) + "/_stcore/stream", max_size=None))
    await user.run()
    return user


async def typing(user, some, rounds, every=EVERY, late=0.0):
    """The user's answer times: a text every so many seconds, the first after `late`."""
    taken = []
    await asyncio.sleep(late)
    for _ in range(rounds):
        taken.append(await user.run(next(some)))
        await asyncio.sleep(max(0.0, every - taken[-1]))
    return taken


def megabytes(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


async def crowd(started):
    """Memory and answer times: (MB after one user, MB after all, seconds alone, seconds in company)."""
    users = [await enter(started.url)]
    some, chance = texts(TOKENS), random.Random(0)
    await typing(users[0], some, 5, 0.5)
    alone = await typing(users[0], some, 20, 0.5)
    one = megabytes(started.process)
    users += [await enter(started.url) for _ in range(USERS - 1)]
    together = await asyncio.gather(*(typing(user, some, 8, late=chance.uniform(0, EVERY)) for user in users))
    alone += await typing(users[0], some, 20, 0.5)
    many = megabytes(started.process)
    for user in users:
        await user.socket.close()
    return one, many, alone, [seconds for taken in together for seconds in taken]


def remembering_and_sharing(which="ef"):
    """(e) and (f), measured on one server."""
    with launch.server() as started:
        one, many, alone, together = asyncio.run(crowd(started))
    if "e" in which:
        yield Row(
            f"e  memory of the server after {USERS} users / after one",
            f"{many:.0f} MB",
            f"{one:.0f} MB",
            many / one,
        )
    if "f" in which:
        ours, theirs = (quantiles(taken, n=20)[-1] for taken in (together, alone))
        what = f"f  95th percentile of {USERS} users typing every {EVERY:.0f} s / of one alone"
        yield Row(what, milliseconds(ours), milliseconds(theirs), ours / theirs, 3.0)
