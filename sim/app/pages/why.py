"""Why: the difference from the reference, shared out over what was assumed, and where a number comes from."""

import streamlit as st

from ...outputs import load_outputs
from .. import charts, draw, state, tiles
from ..levers import title
from ..runs import changed_names, explained
from ..view import scenario_named
from ..words import unit_told, words
from .explore import how_to_read

ONE_BY_ONE = 5  # beyond so many changes they are taken together by section of the register
MOST_GROUPS = 8


def why_page() -> None:
    """A question, a waterfall, a table, and the trace of the number."""
    st.title(words("why.title"), anchor=False)
    st.caption(words("why.lead"))
    how_to_read()
    view = state.view()
    reference, chosen = scenario_named(view.reference), view.chosen
    tile = st.selectbox(words("why.output"), tiles.TILES, format_func=lambda t: words(f"tile.{t.name}"),
                        key="why output")  # fmt: skip
    names = changed_names(reference, chosen)
    if not names:
        st.info(words("why.nothing", name=view.reference))
    else:
        by = None if len(names) <= ONE_BY_ONE else "section"
        groups = len(names) if by is None else len({name.split(".")[0] for name in names})
        if groups > MOST_GROUPS:
            st.info(words("why.many", groups=groups, most=MOST_GROUPS))
        elif st.button(words("why.ask"), type="primary") or st.session_state.get("why asked") == _question(view, tile):
            st.session_state["why asked"] = _question(view, tile)
            _answer(tile, explained(reference, chosen, tile.key(view.definition), view.month, by), view)
    _trace(tile, chosen, names)


def _question(view, tile):
    return (view, tile)


def _answer(tile, found, view):
    kind = load_outputs()[tile.output].kind
    rows = found.rows()
    start, end = float(found.start.mean()), float(found.end.mean())
    steps = [(row["group"], row["mean"]) for row in rows]
    drawn = charts.waterfall((view.reference, start), (words("run.this"), end), steps, unit_told(found.unit), kind)
    draw.chart(drawn, "chart why", words("picture.alt"))
    points = words("difference.points") if kind == "share" else ""
    st.text(words("why.sum", gap=charts.number(found.gap, kind, "+") + points,
                  sum=charts.number(sum(size for _, size in steps), kind, "+") + points))  # fmt: skip
    st.dataframe([{
        words("why.assumption"): row["group"], words("why.mean"): charts.number(row["mean"], kind, "+"),
        words("why.interval"): f"{charts.number(row['low'], kind, '+')} … {charts.number(row['high'], kind, '+')}",
        words("why.draws"): f"{charts.number(row['p10'], kind, '+')} … {charts.number(row['p90'], kind, '+')}",
        words("why.told"): words("why.clear" if row["low"] > 0 or row["high"] < 0 else "why.unclear"),
    } for row in rows], hide_index=True)  # fmt: skip
    st.caption(words("why.how", draws=found.draws, runs=found.evaluations))


def _trace(tile, chosen, names):
    """From a number to its output, its changed parameters, and their sources."""
    output = load_outputs()[tile.output]
    with st.expander(words("why.trace"), key="why trace", on_change="rerun") as folded:
        if not folded.open:
            return
        st.text(words("why.output_is", title=output.title, name=output.name, unit=unit_told(output.unit)))
        st.text(output.definition)
        rows = {row["name"]: row for row in chosen.show()}
        st.dataframe([{
            words("why.assumption"): title(chosen.register[name]) if name in chosen.register.entries else name,
            words("evidence.value"): rows[name]["value"], words("evidence.unit"): rows[name]["unit"],
            words("evidence.why"): rows[name]["why"], words("evidence.source"): rows[name]["source"],
            words("evidence.confidence"): rows[name]["confidence"],
        } for name in names if name in rows], hide_index=True)  # fmt: skip
        st.caption(words("why.more"))
