"""Explore: move a lever, see both sides of the picture move."""

import streamlit as st

from .. import pictures, state, tiles
from ..view import CHOICES, months
from ..words import words


def explore_page() -> None:
    """Tiles, then the pictures; month, definition and reference are shared by all of them."""
    st.title(words("explore.title"), anchor=False)
    st.caption(words("explore.lead"))
    how_to_read()
    view = state.view()
    chosen, reference = state.pair(whole=False)
    tiles.standing(chosen)
    tiles.show(chosen, reference, view)
    left, right = st.columns(2, gap="large")
    with left:
        pictures.show("share", chosen, reference, view)
        st.caption(tiles.what_changed(chosen, view))
        pictures.show("use", chosen, reference, view)
        pictures.show("lag", chosen, reference, view)
    with right:
        pictures.show("ramp", chosen, reference, view)
        pictures.show_binding("huawei", chosen, view)
        pictures.show("price", chosen, reference, view)


def how_to_read() -> None:
    """The month at which tiles are read, and the four questions that fix what a share of compute means."""
    view = state.view()
    cells = st.columns([1.4, 1, 1.1, 1.2, 1.4])
    picked = {"month": cells[0].select_slider(words("explore.month"), months(), view.month,
                                              key=f"month#{state.generation()}")}  # fmt: skip
    parts = []
    for cell, (name, options), part in zip(cells[1:], CHOICES.items(), view.definition.split("|"), strict=True):
        parts.append(cell.selectbox(words(f"definition.{name}"), options, options.index(part), format_func=_option,
                                    key=f"definition {name}#{state.generation()}"))  # fmt: skip
    state.change(**picked, definition="|".join(parts))


def _option(option):
    return words(f"definition.{option}")
