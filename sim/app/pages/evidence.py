"""Evidence: what was observed against what the model says, how forecasts fared, and a card for every parameter."""

import streamlit as st

from .. import state
from ..levers import title
from ..runs import results_of
from ..targets import hindcasts, scores
from ..view import scenario_named
from ..words import words


def evidence_page() -> None:
    """Targets and hindcasts, misses first; then any parameter with its value, range, source and reason."""
    st.title(words("evidence.title"), anchor=False)
    st.caption(words("evidence.lead"))
    view = state.view()
    rows, hit, of = scores(results_of(scenario_named(view.reference)))
    st.header(words("evidence.targets", hit=hit, of=of, name=view.reference), anchor=False)
    st.caption(words("evidence.fitted"))
    st.dataframe([{words(f"evidence.{name}"): text for name, text in row.items()} for row in rows], hide_index=True,
                 height=420)  # fmt: skip
    judged = hindcasts()
    if judged is not None:
        st.header(words("evidence.hindcasts"), anchor=False)
        st.text(words("evidence.fared", **judged[1]))
        st.dataframe([{words(f"evidence.{name}"): text for name, text in row.items()} for row in judged[0]],
                     hide_index=True, height=420)  # fmt: skip
    st.header(words("evidence.card"), anchor=False)
    register = view.base.register
    name = st.selectbox(words("levers.search"), list(register.entries), key="card",
                        format_func=lambda n: f"{title(register[n])} ({n})")  # fmt: skip
    card(register[name], view)


def card(entry, view) -> None:
    """Everything known about one parameter (values in its unit)."""
    with st.container(border=True):
        st.text(title(entry))
        shown = {row["name"]: row for row in view.chosen.show(search=entry.name)}
        fields = {"value": shown[entry.name]["value"] if entry.name in shown else entry.shown(entry.value),
                  "unit": entry.unit, "range": entry.domain.allowed, "prior": str(entry.prior) if entry.prior else "–",
                  "role": words(f"role.{entry.role}"), "source": ", ".join(entry.sources),
                  "confidence": words(f"confidence.{entry.confidence}"), "why": entry.why,
                  "mind": words(f"mind.{entry.confidence}")}  # fmt: skip
        for field, text in fields.items():
            left, right = st.columns([1, 4])
            left.caption(words(f"evidence.{field}"))
            right.text(text)
