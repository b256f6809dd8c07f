"""Batch: a stored study of many runs, filtered, drawn and analysed; and a small one carried out from here."""

import streamlit as st

from ...errors import InputError
from ...scenario import library
from .. import batch_chart, draw, state, studies, tiles
from ..charts import number
from ..levers import escaped, front, title, title_of, unit
from ..limits import limit
from ..runs import finding_of
from ..view import USUAL
from ..words import words

AXES = 6  # inputs on the parallel coordinates
BARS = 10
OUTCOMES = 12  # series of a small study


def batch_page() -> None:
    """The stored studies, one opened; then the form that begins a small one."""
    st.title(words("batch.title"), anchor=False)
    st.caption(words("batch.lead"))
    doing = st.session_state.get("study")
    if doing is not None:
        _progress(doing)
    if told := st.session_state.pop("study told", ""):
        st.text(told)
    names = studies.stored()
    if names:
        name = st.selectbox(words("batch.pick"), names, key="study name")
        try:
            _study(name)
        except InputError as error:
            st.text(str(error))
    else:
        st.info(words("batch.none"))
    if limit("studies"):
        _form(doing is not None)
    else:
        st.caption(words("batch.closed"))


def _study(name: str) -> None:
    about = studies.described(name)
    st.text(about["title"])
    st.text(about["question"])
    st.caption(words("batch.size", runs=about["runs"], policies=len(about["policies"]), points=about["points"],
                     draws=about["draws"], design=words(f"design.{about['design']}"),
                     developers=about["settings"]["developers"]))  # fmt: skip
    cells = st.columns([2.2, 1, 1.4])
    key = cells[0].selectbox(words("batch.outcome"), about["series"], format_func=studies.series_title,
                             key=f"outcome {name}")  # fmt: skip
    month = cells[1].selectbox(words("batch.month"), about["months"][::-1], key=f"outcome month {name}")
    policy = cells[2].selectbox(words("batch.policy"), about["policies"], format_func=_named, key=f"policy {name}")
    found = studies.opened(name, key, month)
    inside = _filter(found, policy, name)
    _parallel(found, policy, inside, name)
    _levels(found, policy, inside)
    if about["few"]:
        st.caption(words("batch.few", draws=about["draws"]))
    for part in (_sensitivity, _box):
        try:
            part(found, name, key, month, policy)
        except InputError as error:  # too few runs for one of them, perhaps
            st.text(str(error))


def _named(policy: str) -> str:
    return title_of(policy) if policy in library() else policy


def _filter(found, policy, name):
    """Which runs lie within the ranges set for factors and outcome (bool)."""
    picked = {}
    with st.expander(words("batch.filter")):
        for column, (label, low, high) in studies.ranges(found, policy, AXES).items():
            if low < high:
                picked[column] = st.slider(escaped(label), low, high, (low, high), (high - low) / 100, format="%.4g",
                                           key=f"filter {name} {policy} {found.about} {column}")  # fmt: skip
    return studies.within(found, policy, picked)


def _parallel(found, policy, inside, name):
    st.header(words("batch.parallel"), anchor=False)
    st.caption(words("batch.parallel_how", kept=int(inside.sum()), runs=len(inside), most=studies.MOST_LINES))
    axes = found.names[: min(max(found.factors, 1), AXES)]
    more = st.multiselect(words("batch.axes"), [n for n in found.names if n not in axes], max_selections=AXES,
                          format_func=lambda n: found.titles[found.names.index(n)], key=f"axes {name}")  # fmt: skip
    axes = [*axes, *more]
    drawn = batch_chart.parallel(studies.lines(found, policy, axes, inside), studies.ends(found, policy, axes),
                                 found.unit)  # fmt: skip
    draw.chart(drawn, "chart parallel", words("batch.parallel_alt"))
    st.download_button("CSV", studies.csv(found, policy, inside), f"{name}_{policy}.csv", "text/csv",
                       key="csv batch", on_click="ignore")  # fmt: skip


def _levels(found, policy, inside):
    if inside.any():
        low, middle, high = (number(v) for v in studies.bands(found.y[policy][inside]))
        st.text(words("batch.levels", low=low, middle=middle, high=high, unit=found.unit, runs=int(inside.sum())))


def _sensitivity(found, name, key, month, policy):
    st.header(words("batch.sensitivity"), anchor=False)
    finding = finding_of(str(studies.place(name)), key, month, policy, None)
    for line in finding.words:
        st.text(line)
    total = "total" in finding.columns
    share = "mean effect" not in finding.columns
    titles = dict(zip(found.names, found.titles, strict=True))
    rows = [(titles.get(row[0], row[0]), float(row[3 if total else 1]), float(row[4 if total else 2]))
            for row in finding.rows[:BARS]]  # fmt: skip
    drawn = batch_chart.bars(rows, words("batch.share" if share else "batch.effect"), share)
    draw.chart(drawn, "chart sensitivity", words("batch.table_alt"))
    _table(finding)


def _box(found, name, key, month, policy):
    st.header(words("batch.box"), anchor=False)
    cells = st.columns([1, 1, 2])
    side = cells[0].selectbox(words("batch.side"), ("high", "low"), format_func=lambda s: words(f"batch.{s}"),
                              key=f"side {name}")  # fmt: skip
    threshold = cells[1].number_input(f"{words('batch.threshold')} ({found.unit})",
                                      value=studies.quarter(found, policy, side), format="%.4g",
                                      key=f"threshold {name} {found.about} {policy} {side}")  # fmt: skip
    finding = finding_of(str(studies.place(name)), key, month, policy, (side, float(threshold)))
    for line in finding.words:
        st.text(line)
    if not finding.rows:
        return
    limits = {row[0]: (_end(row[1]), _end(row[2])) for row in finding.rows}
    two = [*limits, *(n for n in found.names if n not in limits)][:2]
    if len(two) == 2:
        points = studies.points(found, policy, two, side, float(threshold))
        sides = (words("batch.holds", side=words(f"batch.{side}"), threshold=number(threshold)), words("batch.not"))
        titles = [found.titles[found.names.index(n)] for n in two]
        drawn = batch_chart.box(points, [limits.get(n, (None, None)) for n in two], (titles[0], titles[1]), sides)
        draw.chart(drawn, "chart box", words("batch.table_alt"))
    _table(finding)


def _end(value) -> float | None:
    return float(value) if abs(value) < float("inf") else None


def _table(finding):
    st.dataframe([{column: number(cell) if isinstance(cell, float) else cell
                   for column, cell in zip(finding.columns, row, strict=True)} for row in finding.rows],
                 hide_index=True)  # fmt: skip


def _form(busy: bool) -> None:
    """A small study: scenarios, ranges of levers, numbers of points and draws."""
    view = state.view()
    register = view.base.register
    levers = [e for e in front(register) if e.domain.type in ("number", "integer") and not e.choices and e.levels]
    names = {e.name: e for e in levers}
    st.header(words("batch.small"), anchor=False)
    st.caption(words("batch.small_lead", **studies.SIZES))
    with st.form("small study"):
        scenarios = st.multiselect(words("batch.scenarios"), sorted(library()), [view.scenario],
                                   format_func=title_of, max_selections=studies.SIZES["scenarios"])  # fmt: skip
        factors = st.multiselect(words("batch.factors"), list(names), list(names)[:2],
                                 max_selections=studies.SIZES["factors"],
                                 format_func=lambda n: f"{title(names[n])} ({unit(names[n])})")  # fmt: skip
        runs = st.slider(words("batch.runs"), 32, studies.SIZES["runs"], 128, step=32)
        asked = st.form_submit_button(words("batch.begin"), type="primary", disabled=busy)
    if not asked:
        return
    if not scenarios or not factors:
        st.info(words("batch.choose"))
        return
    ranges = {f"{n}@{view.start}": (min(names[n].levels.values()), max(names[n].levels.values())) for n in factors}
    kept = [tile.key(USUAL) for tile in tiles.TILES][:OUTCOMES]
    text = studies.study_text(words("batch.study_title", count=len(factors)), scenarios, ranges, runs, kept,
                              sorted({view.month, "2028-12", "2030-12"}))  # fmt: skip
    st.session_state["study"] = studies.begin(text)
    st.rerun()


@st.fragment(run_every=1.0)
def _progress(doing) -> None:
    """How far the small study is, and a button that ends it."""
    if doing.over:
        st.session_state.pop("study", None)
        st.session_state["study told"] = doing.told()
        if doing.whole:
            st.session_state["study name"] = doing.name
        st.rerun()
    left = "" if doing.seconds_left is None else words("batch.left", seconds=int(doing.seconds_left) + 1)
    st.progress(doing.done / doing.of if doing.of else 0.0,
                words("batch.progress", done=doing.done, of=doing.of or "?", left=left))  # fmt: skip
    st.button(words("batch.cancel"), on_click=doing.cancel)
