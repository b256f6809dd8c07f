"""A chart onto the page: its rows as a table, its colours for a light or a dark ground."""

from typing import Any

import pyarrow as pa
import streamlit as st

INK = {"light": ("#1A1A1A", "#767676"), "dark": ("#F2F2F2", "#A8A8A8")}  # letters, lines of axes
SWAP = {"#000000": "#FFFFFF", "#0072B2": "#4DA6DC", "#6E6E6E": "#B0B0B0"}  # on a dark ground: contrast at least 4.5
ROWS = "rows"  # the name of a chart's own rows
Drawn = tuple[dict[str, bytes], dict[str, Any]]


def prepared(spec: dict[str, Any]) -> Drawn:
    """A Vega-Lite specification with its rows apart, as {name: Arrow table}: a page then changes rows in one chart.

    The rows of a layer are taken out where they have a name.
    """
    sets, layers = {ROWS: spec["data"]["values"]}, []
    for layer in spec["layer"]:
        data = layer.get("data", {})
        if "name" in data:
            sets[data["name"]] = data["values"]
            layer = layer | {"data": {"name": data["name"]}}
        layers.append(layer)
    return {name: _arrow(rows) for name, rows in sets.items()}, spec | {"data": {"name": ROWS}, "layer": layers}


def _arrow(rows):
    table, sink = pa.Table.from_pylist(rows), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def chart(drawn: "Drawn | dict[str, Any]", key: str, alt: str) -> None:
    """Draw a chart.

    Parameters
    ----------
    drawn : a specification, or one that is `prepared`
    key, alt : what tells it from the others; the text that stands for it
    """
    sets, spec = prepared(drawn) if isinstance(drawn, dict) else drawn
    st.vega_lite_chart(coloured(spec, ground()) | {"datasets": sets}, width="stretch", theme=None, key=key, alt=alt)


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
