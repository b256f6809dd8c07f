"""Learn: a tour of five steps, three lessons that set the levers, and a glossary."""

import streamlit as st

from .. import state
from ..view import View
from ..words import group, words

LESSONS = {  # what a lesson sets: scenario, reference and levers (in their units)
    "chips": View("baseline", "baseline", changes={"foundry.chinese_build_out": 2.0}),
    "keys": View("baseline", "baseline", changes={"export.licence_volume_cap": 10.0}),
    "models": View("chinese_models_barred", "baseline"),
}


def learn_page() -> None:
    """Tour, lessons, glossary."""
    st.title(words("learn.title"), anchor=False)
    tour, lessons, glossary = st.tabs([words("learn.tour"), words("learn.lessons"), words("learn.glossary")])
    with tour:
        for step in range(1, 6):
            st.header(f"{step}. " + words(f"tour.{step}_title"), anchor=False)
            st.text(words(f"tour.{step}_text"))
    with lessons:
        for name, view in LESSONS.items():
            with st.container(border=True):
                st.header(words(f"lesson.{name}_title"), anchor=False)
                for part in ("set", "expect", "see", "discuss"):
                    st.caption(words(f"lesson.{part}"))
                    st.text(words(f"lesson.{name}_{part}"))
                st.button(words("lesson.open"), key=f"lesson {name}", on_click=_open, args=(view,))
    with glossary:
        for term, meaning in group("glossary").items():
            left, right = st.columns([1, 3])
            left.text(term)
            right.text(meaning)


def _open(view):
    state.open_view(view)
    st.session_state["opened"] = words("lesson.opened")
