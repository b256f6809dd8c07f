"""Explore: move a lever, see both sides of the picture move."""

import streamlit as st

from .. import parts, pictures, state, tiles
from ..view import CHOICES, months
from ..words import words

MAKER = "huawei"  # of the picture of what binds


def explore_page() -> None:
    """Tiles, then the pictures; month, definition and reference are shared by all of them."""
    st.title(words("explore.title"), anchor=False)
    st.caption(words("explore.lead"))
    how_to_read()
    view = state.view()
    top = st.container()
    left, right = st.columns(2, gap="large")
    with left:
        places = {name: pictures.place(name, view) for name in ("share", "use", "lag")}
    with right:
        places["ramp"] = pictures.place("ramp", view)
        st.caption(pictures.binding_title(MAKER))
        binds = st.container()
        places["price"] = pictures.place("price", view)
    with top:
        parts.part("readings", _readings, places, binds)


def _readings(places, binds) -> None:
    """What a lever moves: the tiles, and each chart in its place."""
    view, chosen, reference = state.shown(whole=False)
    with parts.in_turn():
        tiles.standing(chosen)
        tiles.show(chosen, reference, view)
        for name, place in places.items():
            with place:
                pictures.fill(name, chosen, reference, view)
                if name == "share":
                    st.caption(tiles.what_changed(chosen, view))
        with binds:
            pictures.fill_binding(MAKER, chosen, view)


def how_to_read() -> None:
    """The month at which tiles are read, and the four questions that fix what a share of compute means."""
    view = state.view()
    cells = st.columns([1.4, 1, 1.1, 1.2, 1.4])
    key = f"month#{state.generation()}"
    cells[0].select_slider(words("explore.month"), months(), view.month, key=key, on_change=_month, args=(key,))
    picked = []
    for cell, (name, options), part in zip(cells[1:], CHOICES.items(), view.definition.split("|"), strict=True):
        picked.append(cell.selectbox(words(f"definition.{name}"), options, options.index(part), format_func=_option,
                                     key=f"definition {name}#{state.generation()}"))  # fmt: skip
    state.change(definition="|".join(picked))


def _month(key):
    state.change(month=st.session_state[key])
    parts.again()


def _option(option):
    return words(f"definition.{option}")
