"""A session that follows one that was lost, with its server or over a long sleep of the reader's computer.

The page in the browser was there before the session. It comes with what every control shows, and perhaps with
a click; but Streamlit has drawn nothing yet: it knows neither what is new in that nor whom to call, and the
query that it is told is that of the page's first load. So what the browser says is put aside until the page
has run once as its address was (see address.js), and then said again: what differs is a click, as ever.
"""

import json
from math import inf
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

from pages import _choices

NOT_HELD = (
    "trigger_value",
    "json_value",
    "json_trigger_value",
)  # by buttons and pictures: nothing to show again


def listen() -> None:
    """Before the page, until it has run once: put aside what the browser says of widgets that were not drawn
    yet, but for choices in pictures that are older than the loss: those are in the address.
    """
    state = st.session_state
    if "heard" not in state:
        state.heard, state.unheard, state.lost = False, {}, inf
    if state.heard:
        show_again()
        return
    widgets = reports()
    reported = {
        name: widgets.get_serialized(name) for name in widgets.states if name not in widgets.widget_metadata
    }
    views = {name: choices(one.json_value) for name, one in reported.items() if one.HasField("json_value")}
    for view in views.values():
        match view.get("lost"):  # said by address.js
            case [str(query), int() | float() as time, _]:
                _choices.session().link, state.lost = dict(parse_qsl(query, keep_blank_values=True)), time
    for name, one in reported.items():
        del widgets.states[name]
        view = views.get(name)
        if view is None or any(time > state.lost for *_, time in view.values()):
            state.unheard[name] = one
        if view is not None:
            before = {key: choice for key, choice in view.items() if choice[-1] <= state.lost}
            widgets.set_widget_from_proto(WidgetState(id=name, json_value=json.dumps(before)))


def reports() -> Any:
    """What the browser says of its widgets as it asks for this run."""
    return get_script_run_ctx().session_state._state._new_widget_state  # no public call gets there


def told() -> set[str]:
    """The keys of what the browser has drawn: the widgets of which it says something as it asks for a run."""
    return {name.rpartition("-")[2] for name in reports().states}


def choices(reported: str) -> dict[str, list]:
    """The choices in a picture that its view says in JSON: {state: [what was chosen, …, when]}, the time in
    milliseconds on the browser's clock. Nonsense is left out.
    """
    try:
        view = json.loads(reported)
    except (ValueError, RecursionError):
        return {}
    listed = view.items() if isinstance(view, dict) else ()
    return {
        key: choice
        for key, choice in listed
        if isinstance(choice, list) and choice and isinstance(choice[-1], int | float)
    }


def show_again() -> None:
    """Controls say what was put aside, but in the browser the first run has written over it: send it along
    until a run comes to its end, since what an interrupted one sends may not arrive.
    """
    state = st.session_state
    for key in state.get("written_over", ()):
        if key in state:
            state[key] = _choices.session().written[key] = state[
                key
            ]  # Streamlit sends along what a script has set


def hear() -> None:
    """After the page: say again what was put aside, if it has run for the first time."""
    state, run = st.session_state, get_script_run_ctx()
    state.heard, reported, state.unheard, state.written_over = True, state.unheard, {}, ()
    if reported:
        held = {id: one.WhichOneof("value") for id, one in reported.items()}
        state.written_over = [id.rpartition("-")[2] for id, kind in held.items() if kind not in NOT_HELD]
        kept = {name: getattr(run, name) for name in ("query_string", "page_script_hash", "context_info")}
        raise RerunException(RerunData(widget_states=WidgetStates(widgets=reported.values()), **kept))
