"""Compare: up to four runs on one axis, what they assume differently, and paired differences."""

from typing import Any

import streamlit as st

from ...outputs import load_outputs
from ...scenario import library
from .. import charts, draw, pictures, state, tiles
from ..levers import title, title_of, unit
from ..runs import results_of
from ..view import scenario_named, value_at
from ..words import unit_told, words
from .explore import how_to_read

MOST = 4
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#6E6E6E")
THIS = "this run"


def compare_page() -> None:
    """One picture with every run, a table of assumptions, a table of differences."""
    st.title(words("compare.title"), anchor=False)
    st.caption(words("compare.lead"))
    view = state.view()
    names = [THIS, *sorted(library())]
    first = [THIS, view.reference] if view.chosen.name != view.reference or view.changes else [THIS, "no_controls"]
    picked = st.multiselect(words("compare.pick"), names, first, format_func=name_of, max_selections=MOST,
                            key="compare pick")  # fmt: skip
    how_to_read()
    view = state.view()
    if len(picked) < 2:
        st.info(words("compare.two"))
        return
    scenarios = {name: view.chosen if name == THIS else scenario_named(name) for name in picked}
    runs = {name: results_of(scenario) for name, scenario in scenarios.items()}
    tile = st.selectbox(words("compare.output"), tiles.TILES, format_func=lambda t: words(f"tile.{t.name}"),
                        key="compare output")  # fmt: skip
    _chart(tile, runs, view)
    st.header(words("compare.assumptions"), anchor=False)
    rows = assumptions(scenarios, view.month)
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.text(words("compare.same"))
    st.header(words("compare.differences", name=name_of(picked[0])), anchor=False)
    st.caption(words("compare.paired"))
    st.dataframe(differences(runs, view), hide_index=True)


def name_of(name: str) -> str:
    """What a run is called (text)."""
    return words("run.this") if name == THIS else title_of(name)


def _chart(tile, runs, view):
    key = tile.key(view.definition)
    output = load_outputs()[key[0]]
    lines = []
    for (name, results), colour in zip(runs.items(), COLOURS, strict=False):
        months, q = results.quantiles(*key)
        lines.append(charts.Line(name_of(name), colour, months, q))
    drawn = charts.fan(lines, unit_told(output.unit), output.kind, ("", ""), view.month, log=tile.name == "price")
    draw.chart(drawn, "chart compare",
                       f"{words(f'tile.{tile.name}')}. {words('compare.alt')}")  # fmt: skip
    st.caption(pictures.definition_text(view.definition) if "*" in tile.definition else output.definition)


def assumptions(scenarios: dict[str, Any], month: str) -> list[dict[str, str]]:
    """A row a parameter that some scenario changes, with its value in each in a month (YYYY-MM), as text."""
    moved = sorted({name for scenario in scenarios.values() for name in scenario.moves()})
    rows = []
    for name in moved:
        values = {run: value_at(scenario, name, month) for run, scenario in scenarios.items()}
        if len(set(values.values())) > 1:
            entry = next(iter(scenarios.values())).register.entries.get(name)
            row = {words("compare.parameter"): title(entry) if entry else name}
            row |= {name_of(run): text(value) for run, value in values.items()}
            rows.append(row | {words("compare.unit"): unit(entry) if entry else ""})
    return rows


def text(value: Any) -> str:
    """A value of a parameter as text, in its unit."""
    if isinstance(value, bool):
        return words("compare.on") if value else words("compare.off")
    return charts.number(value) if isinstance(value, int | float) else str(value)


def differences(runs: dict[str, Any], view) -> list[dict[str, str]]:
    """A row a tile: the value of the first run, and for each other run the paired difference in words."""
    first, *others = runs
    rows = []
    for tile in tiles.TILES:
        key, kind = tile.key(view.definition), load_outputs()[tile.output].kind
        months, q = runs[first].quantiles(*key)
        row = {words("compare.output"): words(f"tile.{tile.name}"),
               name_of(first): tiles.reading(tile, float(q[1, months.index(view.month)]), kind)}  # fmt: skip
        for name in others:
            row[name_of(name)] = tiles.difference(runs[name], runs[first], key, view.month, kind, name_of(first))
        rows.append(row)
    return rows
