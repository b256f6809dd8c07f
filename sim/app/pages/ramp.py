"""Ascend ramp: from wafer to shipped package, what is in stock on the way, and what binds."""

import streamlit as st

from ...outputs import load_outputs
from .. import charts, draw, parts, pictures, state
from ..levers import widget
from ..tiles import standing
from ..view import months
from ..words import unit_told, words

MAKERS = ("huawei", "cambricon", "other_chinese")
FLOW = (  # name in the texts, output, definition, details that are added up
    ("wafers", "wafers_started", "chinese_fabs", ("accelerators",)),
    ("dies", "dies_used", "huawei", ("made_at_home", "bought_abroad")),
    ("hbm", "hbm_used", "huawei", ("imported", "rush", "leaked", "made_in_china")),
    ("packages", "huawei_packages_per_year", "", ("total",)),
)
STOCKS = (
    ("dies", "die_stock", {"made_at_home": "#0072B2", "bought_abroad": "#56B4E9"}),
    ("hbm", "hbm_stock", {"imported": "#56B4E9", "rush": "#0072B2", "leaked": "#D55E00", "made_in_china": "#009E73"}),
)
LOCAL = ("foundry.chinese_build_out", "export.tool_control_strength")


def ramp_page() -> None:
    """The flow at one month, then over time, then what binds for each maker."""
    st.title(words("ramp.title"), anchor=False)
    st.caption(words("ramp.lead"))
    view = state.view()
    options = months()
    month = st.select_slider(words("ramp.month"), options, view.month, key=f"ramp month#{state.generation()}")
    state.change(month=month)
    parts.part("readings", _readings)


def _readings() -> None:
    view, chosen, reference = state.shown(whole=False)
    standing(chosen)
    _flow(chosen, view.month)
    with st.expander(words("ramp.local"), key="ramp local", on_change="rerun") as folded:
        if folded.open:
            st.caption(words("ramp.local_help"))
            for entry in local(view.base.register):
                widget(entry, state.view(), "ramp")
    left, right = st.columns(2, gap="large")
    with left:
        pictures.show("ramp", chosen, reference, view)
        pictures.show("yield", chosen, reference, view)
    with right:
        for name, output, details in STOCKS:
            _stock(name, output, details, chosen, view.month)
    for maker in MAKERS:
        pictures.show_binding(maker, chosen, view)


def local(register) -> list:
    """Uncertain parameters of foundries and memory on the second page of the register (Entry, each in its unit)."""
    return [e for e in register.entries.values()
            if e.section in ("foundry", "memory") and e.role == "uncertainty" and e.tier <= 2]  # fmt: skip


def _flow(results, month):
    at = results.months.index(month)
    for column, (name, output, definition, details) in zip(st.columns(len(FLOW)), FLOW, strict=True):
        region = "china" if definition == "huawei" else ""
        found = [results.series(output, definition, region, detail)[1][:, at] for detail in details
                 if results.has(output, definition, region, detail)]  # fmt: skip
        with column, st.container(border=True):
            total = sum(found)
            low, middle, high = pictures.quantiles_of(total)
            st.metric(words(f"ramp.{name}"), charts.figure(middle))
            st.caption(words("ramp.interval", low=charts.figure(low), high=charts.figure(high),
                             unit=unit_told(load_outputs()[output].unit)))  # fmt: skip


def _stock(name, output, parts, results, month):
    st.header(words(f"ramp.stock_{name}"), anchor=False)
    lines = []
    for detail, colour in parts.items():
        if results.has(output, "huawei", "china", detail):
            labels, q = results.quantiles(output, "huawei", "china", detail)
            lines.append(charts.Line(words(f"origin.{detail}"), colour, labels, q))
    drawn = charts.fan(lines, unit_told(load_outputs()[output].unit), "stock", (words("run.this"), ""), month)
    draw.chart(drawn, f"chart stock {name}",
                       f"{words(f'ramp.stock_{name}')}. {words('ramp.alt')}")  # fmt: skip
