"""What a session remembers: the view, and a count that makes widgets anew when a view is opened or reset."""

from dataclasses import replace
from typing import Any

import streamlit as st

from ..errors import InputError
from ..results import Results
from . import parts
from .runs import FIRST_DRAWS, Busy, first_draws, refused, results_of
from .runs import ask as runs_ask
from .view import View, from_query, scenario_named
from .words import LANGUAGES, words


def view() -> View:
    """The view of this session; the first time, the one of the link that was opened."""
    if "view" not in st.session_state:
        query = {key: str(text) for key, text in st.query_params.items()}
        st.session_state["view"], st.session_state["refused"] = from_query(query)
        if query.get("lang") in LANGUAGES:
            st.session_state["language"] = query["lang"]
    return st.session_state["view"]


def change(**parts: Any) -> None:
    """Change parts of the view."""
    st.session_state["view"] = replace(view(), **parts)


def open_view(new: View) -> None:
    """Put another view in place and make its widgets anew."""
    st.session_state["view"] = new
    st.session_state["generation"] = generation() + 1


def generation() -> int:
    """How often widgets were made anew in this session (a count)."""
    return st.session_state.get("generation", 0)


def move(name: str, value: Any) -> None:
    """Note that a parameter was moved by hand to a value in its unit, or back to where it stood."""
    changes = dict(view().changes)
    changes.pop(name, None)
    if value != view().in_force(name):
        changes[name] = value
    change(changes=changes)


def ask() -> None:
    """Begin the run of the view, which most pages want; it is worked on while the levers are drawn."""
    now = view()
    runs_ask(now.chosen, now.base, now.start)


def shown(whole: bool = True) -> tuple[View, Results, Results]:
    """What a page shows: a view, its run and the run of its reference (units of the outputs), over the same draws.

    It is the session's view; where the server is too busy to begin its run, the one shown before, and the page says so.

    Parameters
    ----------
    whole : bool; else the first draws will do until the others are there, and the page is then drawn again
    """
    now = view()
    try:
        found = _pair(now, whole)
    except Busy:
        asks = refused(now)
        if whole or "shown" not in st.session_state:
            raise
        parts.refusal(InputError(words("runs.kept" if asks else "runs.full")))
        return _before()
    st.session_state["shown"] = now, [first_draws(run, FIRST_DRAWS) for run in found]
    st.session_state.pop("refused", None)
    return now, *found


def _before():
    """What was shown before, from its first draws alone if its run is no longer kept."""
    before, few = st.session_state["shown"]
    try:
        return before, *_pair(before, False)
    except Busy:
        return before, *few


def _pair(now, whole):
    reference = results_of(scenario_named(now.reference), whole=whole)
    chosen = results_of(now.chosen, now.base, now.start, whole)
    draws = min(chosen.draws, reference.draws)
    return first_draws(chosen, draws), first_draws(reference, draws)
