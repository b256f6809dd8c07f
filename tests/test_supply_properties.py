"""Two hundred random scenarios of supply: what goes in comes out, from wafers to accelerators and dollars."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.model import World
from sim.scenario import load_scenario
from sim.units import month_label, month_number

BASE = load_scenario("baseline")
PARTS = ("foundry", "memory", "accelerators", "export", "diversion", "budgets", "power")
ENTRIES = {name: entry for name, entry in BASE.register.entries.items()
           if name.split(".")[0] in PARTS and entry.role in ("lever", "uncertainty") and entry.domain.type != "month"}
FIRST, LAST = month_number("2022-01"), month_number("2022-12")
LONG = month_number("2025-02")  # past the rush for memory and the end of the die bank
CELLS = {
    "rules.dec_2024_hbm.from": st.integers(FIRST, LAST).map(month_label),
    "rules.sophgo_stop.from": st.integers(FIRST, LAST).map(month_label),
    "products.ascend_910c.dies_per_wafer": st.floats(1.0, 500.0),
    "products.ascend_910c.introduced": st.integers(FIRST - 12, LAST).map(month_label),
    "products.h100.hbm_stacks": st.floats(1.0, 16.0),
    "products.h200.introduced": st.integers(FIRST, LAST).map(month_label),
    "makers.huawei.foundry_share": st.floats(0.0, 0.72),
}  # fmt: skip


@st.composite
def scenarios(draw):
    """Changes of registered numbers and of cells of the records, and how long the run is."""
    chosen = {}
    for name in draw(st.lists(st.sampled_from(sorted(ENTRIES)), min_size=2, max_size=10, unique=True)):
        domain = ENTRIES[name].domain
        if domain.type == "boolean":
            value = draw(st.booleans())
        elif domain.choices:
            value = draw(st.sampled_from(domain.choices))
        else:
            value = draw(st.floats(domain.low, domain.high))
        chosen[f"{name}@{month_label(draw(st.integers(FIRST, LAST)))}"] = value
    for name in draw(st.lists(st.sampled_from(sorted(CELLS)), max_size=4, unique=True)):
        chosen[name] = draw(CELLS[name])
    return chosen, LONG if draw(st.integers(0, 9)) == 0 else LAST


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_nothing_made_or_bought_is_lost(scenario):
    changes, end = scenario
    ids = np.arange(2)
    values = BASE.with_changes(changes).resolve(ids, seed=1)
    world = World(values, ids, seed=1, start=FIRST, end=end, developers=50, recorder=None)
    while world.month <= end:  # the supply half of a month; every month checks itself and would raise
        world.step_supply(values.at(world.month))
        for maker in world.maker.values():
            assert (maker.dies >= 0).all() and (maker.stacks >= 0).all() and (maker.built >= 0).all()
            assert (maker.bank <= maker.dies * (1 + 1e-9) + 1e-6).all()
        for foundry in world.foundry.values():
            assert (foundry.started.sum(axis=-1) <= foundry.wafer_starts * (1 + 1e-9) + 1e-6).all()
            assert (foundry.packaging.sum(axis=-1) <= foundry.packaging_starts * (1 + 1e-9) + 1e-6).all()
        world.month += 1
    assert (world.production.residual <= 1e-9).all()
    assert (world.ledger.residual <= 1e-9).all()
