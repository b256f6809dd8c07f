"""A chart onto the page: its rows as a table, its colours for a light or a dark ground."""

from typing import Any

import pyarrow as pa
import streamlit as st

INK = {"light": ("#1A1A1A", "#767676"), "dark": ("#F2F2F2", "#A8A8A8")}  # letters, lines of axes
SWAP = {"#000000": "#FFFFFF", "#0072B2": "#4DA6DC", "#6E6E6E": "#B0B0B0"}  # on a dark ground: contrast at least 4.5
Drawn = tuple[pa.Table, dict[str, Any]]


def prepared(spec: dict[str, Any]) -> Drawn:
    """A Vega-Lite specification with its rows apart, as a table: the page then changes rows without a new chart."""
    return pa.Table.from_pylist(spec["data"]["values"]), {key: part for key, part in spec.items() if key != "data"}


def chart(drawn: "Drawn | dict[str, Any]", key: str, alt: str) -> None:
    """Draw a chart.

    Parameters
    ----------
    drawn : a specification, or one that is `prepared`
    key, alt : what tells it from the others; the text that stands for it
    """
    table, spec = prepared(drawn) if isinstance(drawn, dict) else drawn
    st.vega_lite_chart(table, coloured(spec, ground()), width="stretch", theme=None, key=key, alt=alt)


def ground() -> str:
    """Whether the page is "light" or "dark" for this visitor."""
    return "dark" if getattr(st.context.theme, "type", None) == "dark" else "light"


def coloured(spec: dict[str, Any], which: str) -> dict[str, Any]:
    """A specification with letters and lines that can be read on a light or a dark ground."""
    letters, lines = INK[which]
    text = {"labelColor": letters, "titleColor": letters}
    config = spec["config"] | {
        "background": "transparent", "axis": spec["config"]["axis"] | text | {"domainColor": lines, "tickColor": lines},
        "legend": spec["config"]["legend"] | text, "text": {"color": letters},
    }  # fmt: skip
    return (_swapped(spec) if which == "dark" else spec) | {"config": config}


def _swapped(part):
    if isinstance(part, dict):
        return {key: _swapped(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_swapped(value) for value in part]
    return SWAP.get(part, part) if isinstance(part, str) else part
