"""By hand: pick a scenario, move the levers, see both sides of the picture move. No model code here."""

import os

import streamlit as st

from sim import run
from sim.errors import InputError
from sim.outputs import load_outputs
from sim.scenario import library, load_scenario

DRAWS = int(os.environ.get("AICOMPUTE_APP_DRAWS", "32"))
DEVELOPERS = int(os.environ.get("AICOMPUTE_APP_DEVELOPERS", "1000"))
REFERENCE = "baseline"
CHARTS = (  # title and subtitle, output if all lines share one, then (label, definition, region, detail) of each line
    (["Share of AI compute", "by owner, diverted included, stock in service, dense 8-bit"], "compute_share",
     (("United States", "owner|all|stock|8bit", "united_states", ""), ("China", "owner|all|stock|8bit", "china", ""))),
    (["Huawei packages", "delivered in twelve months"], "huawei_packages_per_year",
     (("Huawei, all packages", "", "", "total"),)),
    (["Chinese models' share of use", "as two instruments see it"], "", (
        ("Router tokens: Chinese open-weight", "router_token_share", "chinese_open"),  # output and detail
        ("US enterprise workloads: Chinese", "enterprise_workload_share", "chinese"))),
    (["Months behind the US frontier", "released models, capability index"], "capability_lag_months",
     (("Best Chinese model", "", "", "china"), ("Best open-weight model", "", "", "open"))),
)  # fmt: skip


@st.cache_data(max_entries=64, show_spinner="Running the ensemble …")
def quantiles_of(scenario: str, changes: tuple) -> dict:
    """P10, P50, P90 of every charted series: {(output, definition, region, detail): (months, quantiles)}."""
    results = run(scenario, draws=DRAWS, developers=DEVELOPERS, set=dict(changes))
    return {key: results.quantiles(*key) for _, key in series()}


def series():
    """Every charted series: (label, (output, definition, region, detail))."""
    for _, output, lines in CHARTS:
        for label, *rest in lines:
            yield label, (output, *rest) if output else (rest[0], "", "", rest[1])


def widget(entry):
    """The widget of a lever; returns the chosen value."""
    value = entry.values[-1].value
    help_text = f"{entry.why} Source: {', '.join(entry.sources)}; confidence {entry.confidence}."
    if entry.domain.type == "boolean":
        return st.sidebar.toggle(entry.title, value, key=entry.name, help=help_text)
    if entry.choices:
        return st.sidebar.selectbox(entry.title, entry.choices, entry.choices.index(value), key=entry.name)
    low, high = entry.range
    label = entry.title if f"({entry.unit})" in entry.title else f"{entry.title} ({entry.unit})"
    return st.sidebar.slider(label, float(low), float(high), float(value), key=entry.name, help=help_text)


def chart(title, output, lines, chosen, reference):
    """One Vega-Lite chart with bands; the reference run is dashed."""
    rows = []
    for label, *rest in lines:
        key = (output, *rest) if output else (rest[0], "", "", rest[1])
        for run_name, table in (("this run", chosen), (REFERENCE, reference)):
            months, (low, middle, high) = table[key]
            rows += [
                {"month": m, "series": label, "run": run_name, "low": a, "value": b, "high": c}
                for m, a, b, c in zip(months, low, middle, high, strict=True)
                if b == b
            ]
        unit = load_outputs()[key[0]].unit
    legend = {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 400}
    colour = {"field": "series", "type": "nominal", "legend": legend, "scale": {"range": ["#0072B2", "#E69F00"]}}
    x = {"field": "month", "type": "temporal", "title": None}
    spec = {
        "title": {"text": title[0], "subtitle": title[1], "anchor": "start"},
        "layer": [
            {"transform": [{"filter": "datum.run == 'this run'"}], "mark": {"type": "area", "opacity": 0.2},
             "encoding": {"x": x, "y": {"field": "low", "type": "quantitative", "title": unit},
                          "y2": {"field": "high"}, "color": colour}},
            {"mark": {"type": "line"},
             "encoding": {"x": x, "y": {"field": "value", "type": "quantitative", "title": unit}, "color": colour,
                          "strokeDash": {"field": "run", "type": "nominal", "sort": ["this run", REFERENCE],
                                         "legend": {"orient": "bottom", "title": None}}}},
        ],
    }  # fmt: skip
    st.vega_lite_chart(spec | {"data": {"values": rows}}, width="stretch")


st.set_page_config(page_title="AI Compute Scenario Simulator", layout="wide")
st.title("AI Compute Scenario Simulator")
name = st.sidebar.selectbox("Scenario", sorted(library()), index=sorted(library()).index(REFERENCE))
scenario = load_scenario(name)
st.text(f"{scenario.title}. {scenario.question}")
st.sidebar.caption("Levers hold from January 2027 on. Outputs are conditional on assumptions, not a forecast.")
levers = [e for e in scenario.register.entries.values() if e.role == "lever" and e.tier == 1]
changes = {f"{e.name}@2027-01": new for e in levers if (new := widget(e)) != e.values[-1].value}
try:
    chosen = quantiles_of(name, tuple(sorted(changes.items())))
    reference = quantiles_of(REFERENCE, ())
except InputError as error:
    st.error(str(error))
    st.stop()

columns = st.columns(2)
for place, (title, output, lines) in enumerate(CHARTS):
    with columns[place % 2]:
        chart(title, output, lines, chosen, reference)
st.caption(
    f"Bands: P10 to P90 over {DRAWS} draws; dashed: {REFERENCE}. Shares of compute depend on the definition named in "
    "the title; other definitions are in the data. Evidence includes data by Epoch AI (CC BY 4.0)."
)
