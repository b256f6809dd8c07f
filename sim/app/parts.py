"""Parts of a page that a moved lever draws again by themselves; all else on the page stays as it is."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from contextvars import ContextVar
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ..errors import InputError
from .runs import settle
from .words import held, language, words

WHOLE = "whole page on its way"
_TURN = threading.Lock()
_WITHIN: ContextVar[bool] = ContextVar("within a part", default=False)


def begin() -> None:
    """The whole page is drawn from here on; until it is there, a lever draws it anew."""
    st.session_state["parts"] = {}
    st.session_state[WHOLE] = {}


def ready() -> None:
    """The whole page is there: from here on a lever draws only the parts of it that depend on levers."""
    st.session_state["parts"] = st.session_state.pop(WHOLE, {})


def part(name: str, draw: Callable[..., None], *given: Any) -> None:
    """Draw a part of a page, now and whenever a lever moves.

    Parameters
    ----------
    name : what tells it from the other parts of the page
    draw : called with ``given``, which stays the same until the whole page is drawn; asks the session for all else
    """
    follow(name, True)
    st.fragment(_drawn, key=name)(draw, *given)


def follow(name: str, wanted: bool) -> None:
    """Say whether a moved lever is to draw a part again."""
    st.session_state.setdefault(WHOLE if WHOLE in st.session_state else "parts", {})[name] = wanted


def again() -> None:
    """Within the answer to a moved lever: draw the parts that follow levers; the whole page where it has none."""
    names = [name for name, wanted in st.session_state.get("parts", {}).items() if wanted]
    if names:
        with suppress(StreamlitAPIException):  # a part that went with its page
            st.rerun(names)


def refusal(error: InputError) -> None:
    """Say that something could not be taken, and why."""
    st.warning(words("error.title"))
    st.text(str(error))


def in_turn() -> AbstractContextManager:
    """Draw for one visitor at a time: a hundred drawn side by side are all ready last, and all come again at once.

    Nothing is waited for within it.
    """
    return _TURN


def finish(scope: str = "app") -> None:
    """Draw the page, or the part being drawn ("fragment"), again where something of it is still on its way."""
    try:
        settle(scope)
    except InputError as error:
        refusal(error)


def _drawn(draw, *given):
    alone = WHOLE not in st.session_state and not _WITHIN.get()  # else the page or the part around it waits
    if alone:
        st.session_state.pop("unfinished", None)
    token = _WITHIN.set(True)
    try:
        with held(language()):
            draw(*given)
    except InputError as error:
        refusal(error)
    finally:
        _WITHIN.reset(token)
    if alone:
        finish("fragment")
