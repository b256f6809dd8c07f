"""Whatever anybody sets within the ranges, the world runs, loses nothing and stays within bounds."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim import run
from sim.numerics import total
from sim.scenario import load_scenario
from sim.units import month_label, month_number

ENTRIES = {
    name: entry for name, entry in load_scenario("baseline").register.entries.items()
    if entry.role in ("lever", "uncertainty") and entry.domain.type != "month"
}  # fmt: skip
FIRST, LAST = month_number("2022-01"), month_number("2025-12")


def value_of(entry, quantile):
    """A value anywhere in an entry's range or among its choices, in its unit."""
    if entry.domain.type == "boolean":
        return quantile < 0.5
    if entry.choices:
        return entry.choices[int(quantile * len(entry.choices))]
    low, high = entry.range
    value = low + quantile * (high - low)
    return int(value) if entry.domain.type == "integer" else value


@st.composite
def changes(draw):
    names = draw(st.lists(st.sampled_from(sorted(ENTRIES)), min_size=1, max_size=8, unique=True))
    quantile, month = st.floats(0, 0.999), st.integers(FIRST, LAST)
    return {f"{name}@{month_label(draw(month))}": value_of(ENTRIES[name], draw(quantile)) for name in names}


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes())
def test_no_setting_within_its_range_breaks_the_world(chosen):
    # accelerators and dollars are checked to 1e-9 in every month of every run: a violation would raise here
    results = run("baseline", draws=2, developers=50, end="2026-06", set=chosen)
    for definition in ("owner|all|stock|8bit", "user|tracked|flow12|dollars"):
        regions = np.stack([results.series(*key)[1] for key in results.keys("compute_share", definition)], axis=-1)
        whole = total(regions)[:, -1]
        assert (np.abs(whole - (whole > 0)) < 1e-9).all()  # shares of nothing are none
    for key in results.keys():
        values, kind = results.series(*key)[1], results.output(key[0]).kind
        present = values[~np.isnan(values)]
        if kind in ("stock", "flow", "price", "share"):
            assert (present >= 0).all(), (key, present.min())
        if kind == "share":
            assert (present <= 1 + 1e-9).all(), key
