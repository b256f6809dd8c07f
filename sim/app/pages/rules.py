"""Rules: every rated product against the rules of a month, and a rule of one's own."""

from typing import Any

import streamlit as st

from .. import draw, rule_data, state
from ..charts import number
from ..rule_chart import scatter
from ..view import View, file_of
from ..words import words

STATUS = ("free", "notify", "case by case", "presumption of denial", "policy of denial")


def rules_page() -> None:
    """The scatter with a slider of dates; then the sandbox."""
    st.title(words("rules.title"), anchor=False)
    st.caption(words("rules.lead"))
    view = state.view()
    scenario = view.chosen
    options = rule_data.rule_months()
    month = st.select_slider(words("rules.month"), options, "2026-11", key="rules month")
    against = st.radio(words("rules.against"), ("density", "bandwidth"), horizontal=True, key="rules against",
                       format_func=lambda name: words(f"rules.{name}"))  # fmt: skip
    rows = rule_data.products(scenario, month)
    boxes = rule_data.areas(scenario, month) if against == "density" else []
    statuses = {status: words(f"status.{status.replace(' ', '_')}") for status in STATUS}
    draw.chart(scatter(rows, boxes, against, statuses, _axes()), "chart rules", words("rules.alt"))
    counts = {s: sum(row["status"] == s for row in rows if row["out"]) for s in STATUS}
    st.text(words("rules.counts", counts=", ".join(f"{statuses[s]} {n}" for s, n in counts.items() if n)))
    left, right = st.columns(2)
    if (folded := left.expander(words("rules.products"), key="rules products", on_change="rerun")).open:
        folded.dataframe([_named(row, ("title", "introduced", "status", "rule", "bounds", "eased_by")) for row in rows],
                     hide_index=True)  # fmt: skip
    if (folded := right.expander(words("rules.list"), key="rules list", on_change="rerun")).open:
        folded.dataframe([_named(row, row) for row in rule_data.listed(scenario, month)], hide_index=True)
    _sandbox(view)


def _axes():
    return {name: words(f"rules.{name}") for name in ("tpp", "density", "bandwidth", "caught")}


def _named(row: dict[str, Any], names) -> dict[str, str]:
    return {words(f"rules.column_{name}"): row[name] for name in names}


def _sandbox(view: View) -> None:
    """A rule in three numbers; what it catches, the best part under it, and a button that runs it."""
    st.header(words("sandbox.title"), anchor=False)
    st.caption(words("sandbox.lead"))
    with st.form("sandbox"):
        cells = st.columns(5)
        tpp = cells[0].number_input(words("sandbox.tpp"), 0, 200_000, 2400, step=100)
        density = cells[1].number_input(words("sandbox.density"), 0.0, 100.0, 0.0, step=0.5)
        bandwidth = cells[2].number_input(words("sandbox.bandwidth"), 0, 50_000, 0, step=100)
        start = cells[3].selectbox(words("sandbox.start"), [m for m in rule_data.rule_months() if m >= "2026-11"])
        status = cells[4].selectbox(words("sandbox.status"), ("presumption_of_denial", "case_by_case"),
                                    format_func=lambda name: words(f"status.{name}"))  # fmt: skip
        asked = st.form_submit_button(words("sandbox.ask"), type="primary")
    tests = [f"{name}={value:g}" for name, value in (("tpp_min", tpp), ("performance_density_min", density),
                                                     ("bandwidth_min_gb_s", bandwidth)) if value > 0]  # fmt: skip
    if asked:
        st.session_state["sandbox rule"] = {"test": tests, "start": start, "status": status}
    rule = st.session_state.get("sandbox rule")
    if not rule:
        return
    if not rule["test"]:
        st.info(words("sandbox.none"))
        return
    base, ruled = rule_data.sandbox(view.chosen, rule)
    changed = rule_data.effect(base, ruled, rule["start"])
    st.text(words("sandbox.changed", count=len(changed), month=rule["start"]))
    if changed:
        st.dataframe([_named(row, row) for row in changed], hide_index=True)
    for name, scenario in (("before", base), ("after", ruled)):
        part = rule_data.best(scenario, rule["start"])
        if part is None:
            st.text(words(f"sandbox.best_{name}_none"))
        else:
            ratings = {"tpp": number(part["tpp"]), "bandwidth": number(part["bandwidth_tb_s"] * 1000)}
            worth = {"worth": number(part["worth"], "share"), "best": part["best"], "held": part["binds"]["TPP"]}
            st.text(words(f"sandbox.best_{name}", **ratings, **worth))
    st.button(words("sandbox.run"), on_click=_run, args=(ruled,))


def _run(ruled):
    view = state.view()
    text = file_of(view, words("share.file_title"), ruled)
    state.open_view(View(**(view.__dict__ | {"own": ruled, "text": text, "changes": {}})))
    st.session_state["opened"] = words("sandbox.opened")
