"""The frame of every page: language, navigation, levers at the side, the page, and a line on what it all means."""

import gc

import streamlit as st

from ..errors import InputError
from ..scenario import library
from . import levers, parts, pictures, state
from .limits import limit
from .pages import PAGES
from .runs import begin
from .view import scenario_named
from .words import LANGUAGES, held, language, words


def prepare() -> None:
    """Begin the run of the first page, and read what its charts and lists show while it is computed."""
    begin()
    pictures.prepare()
    for name in library():
        scenario_named(name)


def show() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="AI Compute Scenario Simulator", layout="wide", initial_sidebar_state="auto")
    st.session_state.pop("unfinished", None)
    state.view()
    if len(LANGUAGES) > 1:
        with st.sidebar:
            _language()
    with held(language()):  # asked for hundreds of times
        _page()


def _page():
    pages = [st.Page(page, title=words(f"page.{name}"), url_path=name, default=name == "explore")
             for name, page in PAGES.items()]
    chosen = st.navigation(pages, position="top")
    for line in st.session_state.get("refused", ()):
        st.text(f"{words('link.refused')} {line}")
    if "opened" in st.session_state:
        st.info(st.session_state.pop("opened"))
    parts.begin()
    try:
        state.ask()
        levers.sidebar()
        chosen.run()
    except InputError as error:
        parts.refusal(error)
    st.divider()
    st.caption(words("footer", draws=limit("draws"), developers=limit("developers")))
    _calm()
    parts.finish()
    parts.ready()


def _language():
    codes = list(LANGUAGES)
    code = st.selectbox("Language · 语言", codes, codes.index(language()), format_func=LANGUAGES.__getitem__,
                        key="pick language")  # fmt: skip
    if code != language():
        st.session_state["language"] = code
        st.session_state["generation"] = state.generation() + 1
        st.rerun()


@st.cache_resource(show_spinner=False)
def _calm():
    """After the first whole page, take what is loaded out of the collector's sight, and let it look less often.

    A move makes some thousands of objects that do not outlive it; looking for cycles among them four times a move, and
    now and then among all of the libraries' objects, would be a tenth of what a move costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return True
