"""The market for accelerators: what exports displace, whom makers serve first, and where the money goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.markets.purse import Purse
from sim.markets.structure import OPEN
from sim.mechanisms.allocation import tilt
from sim.mechanisms.packaging import Recipe, packages
from sim.model import World
from sim.numerics import total
from sim.outputs import load_outputs
from sim.recorder import Recorder
from sim.scenario import load_scenario
from sim.units import month_number

PLENTY = {"power__build_out_united_states": 3.0, "power__build_out_elsewhere": 3.0, "diversion__appetite": 0.0}
FIRST, START, LAST = (month_number(m) for m in ("2022-01", "2026-01", "2027-06"))


def built(others, exports, stacks, weight=None):
    """Packages of two lines with one product each, one of every input a package, where HBM is scarce."""
    asked, plenty, one = np.array([[[others], [exports]]]), np.array([1e9]), np.ones((1, 1))
    if weight is not None:
        reach = np.array([stacks / (others + exports)])
        asked = asked * tilt(asked[:, :, 0], reach, np.array([weight]))[:, :, None]
    takes = Recipe(one[None], one[None], one[None], np.array([[0]]), 1)
    made = packages(asked[None], plenty[None, None], np.array([[stacks]]), plenty[None], takes)
    return made.started[0, 0, :, 0]


def test_an_export_takes_from_others_what_was_not_lying_idle_anyway():
    # By hand: HBM for 100, others want 80, exports 40: others get 100 × 80/120 = 66.7, exports 33.3. Without exports
    # 20 lie idle: others lose 80 − 66.7 = 13.3 = 33.3 − 20.
    others, exports = built(80.0, 40.0, 100.0)
    assert (others, exports) == pytest.approx((66.667, 33.333), abs=1e-3)
    assert 80.0 - others == pytest.approx(exports - 20.0)


def test_a_line_of_weight_is_built_first_and_leaves_the_rest_to_others():
    # By hand: HBM for 90, wants 80 and 40, weights 1 and 3: at a rate of 90/200 the second would get 54, so it is full
    # with 40, and 50 are left for the first.
    assert built(80.0, 40.0, 90.0, [1.0, 3.0]) == pytest.approx([50.0, 40.0])
    assert built(80.0, 40.0, 240.0, [1.0, 3.0]) == pytest.approx([80.0, 40.0])


amount = st.floats(1.0, 1e6)


@given(amount, amount, st.floats(0.01, 2), st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_tilt_wastes_nothing_and_overfills_nobody(first, second, reach, w1, w2):
    stacks = reach * (first + second)
    made = built(first, second, stacks, [w1, w2])
    assert made.sum() == pytest.approx(min(stacks, first + second), rel=1e-9)
    assert (made <= np.array([first, second]) * (1 + 1e-9)).all()


def test_the_purse_notices_a_dollar_that_vanishes():
    purse, one = Purse(1), np.array([1.0])
    purse.follow(np.array([10.0]), 10 * one, 0 * one, 1 * one, 4 * one, 5 * one)  # by hand: 10 = 1 + 4 + 5
    assert purse.residual == pytest.approx([0.0]) and purse.waiting_usd == pytest.approx([5.0])
    purse.follow(np.array([10.0]), 10 * one, 1 * one, 2 * one, 6 * one, 7 * one)  # by hand: 5 + 1 + 10 − 2 − 6 = 8
    assert purse.residual == pytest.approx([0.1])


def supplied(scenario, draws=5, **sets):
    """From 2026 on: packaging wafers at TSMC for others and for exports, and left over; H100e to owners elsewhere."""
    found = load_scenario(scenario).with_changes({f"{k.replace('__', '.')}@2026-01": v for k, v in sets.items()})
    ids = np.arange(draws)
    world = World(found.resolve(ids, seed=1), draw_ids=ids, seed=1, start=FIRST, end=LAST, developers=50,
                  recorder=Recorder(load_outputs(), draws, (FIRST, LAST)))
    elsewhere = np.flatnonzero(world.accelerators.structure.channel == OPEN)
    others, exports, capacity, h100e = np.zeros((4, draws))
    while world.month <= LAST:
        world.step()
        if world.month <= START:
            continue
        for maker in (m for m in world.maker.values() if not m.chinese):
            wafers = maker.built * maker.needs[:, 2]
            others, exports = others + wafers[:, 0], exports + total(wafers[:, 1:])
            capacity = capacity + world.foundry["tsmc"].packaging[:, maker.index]
        h100e = h100e + total(world.accelerators.installed[:, 2, elsewhere])
    return others, exports, capacity - others - exports, h100e


@pytest.fixture(scope="module")
def displacement():
    """Exports with displacement, on top of everything, and none at all; no diversion, and power for everybody."""
    keys_open = "h200_licensed_two_keys_open"
    on, off = (supplied(keys_open, accelerators__displacement=switch, **PLENTY) for switch in (True, False))
    return on, off, supplied("baseline", export__importer_approval=0.0, **PLENTY)


def test_displacement_lowers_deliveries_to_others_by_exports_less_unused_supply(displacement):
    (others, exports, idle, _), (others_off, on_top, idle_off, _), _ = displacement
    idle_off = idle_off + on_top  # made on top, exports take no wafers
    assert (exports > 0).all() and (others < others_off).all()
    assert others_off - others == pytest.approx(exports - (idle_off - idle), rel=1e-6)
    full = idle_off < 1e-3 * exports  # nothing lies idle: every wafer for exports is taken from others
    assert full.any() and others_off[full] - others[full] == pytest.approx(exports[full], rel=1e-3)


def test_without_displacement_exports_take_nothing_from_others(displacement):
    (wafers_on, *_, on), (wafers_off, *_, off), (wafers, *_, none) = displacement
    assert wafers_off == pytest.approx(wafers, rel=1e-2) and off == pytest.approx(none, rel=1e-2)
    assert (wafers_on < wafers).all() and np.median(on / none) < 0.995


def test_a_priority_for_licensed_buyers_speeds_up_exports():
    # Where supply and not a licence holds them back: no quota or cap, review within a month, and wafers to be shared.
    free = {"export__licence_quota_per_buyer": 1e7, "export__licence_volume_cap": 10.0,
            "export__licence_review_months": 1.0, "foundry__tsmc_wafer_starts": 20_000.0}
    last, first = (supplied("h200_licensed_two_keys_open", accelerators__priority_licensed=w, **free)[1]
                   for w in (0.1, 10.0))
    assert (last <= first * 1.01).all() and np.median(last / first) < 0.99


def silicon_sold(wafer_starts, end="2026-12"):
    """cm² of TSMC silicon in what is built each month from 2025 on, where only wafers are scarce; the stated lag."""
    plenty = {"foundry.tsmc_packaging_wafers": 1e6, "memory.trio_stacks": 9e7, "foundry.tsmc_wafer_starts@2023-01": 2e4,
              "power.build_out_united_states": 3.0, "power.build_out_elsewhere": 3.0}
    found = load_scenario("baseline").with_changes(plenty | {"foundry.tsmc_wafer_starts@2025-01": wafer_starts})
    ids, last, hit = np.arange(3), month_number(end), month_number("2025-01")
    world = World(found.resolve(ids, seed=1), draw_ids=ids, seed=1, start=FIRST, end=last, developers=50,
                  recorder=Recorder(load_outputs(), 3, (FIRST, last)))
    months = []
    while world.month <= last:
        world.step()
        months.append(sum(total(m.built * m.needs[:, 0]) for m in world.maker.values() if not m.chinese))
    p = world.values.at(hit)
    return np.array(months[hit - FIRST :]).T, p.foundry.lag_months, p.foundry.expansion_months


def test_a_shock_to_wafer_starts_reaches_sales_after_the_stated_lag():
    (few, lag, expansion), (many, *_) = silicon_sold(15_000.0), silicon_sold(20_000.0)
    lost = many - few
    assert (np.abs(lost[:, :5]) < 0.02 * lost[:, -1:]).all()
    half = (lost > 0.5 * lost[:, -1:]).argmax(axis=1)  # capacity moves to plan over some months, then the line is long
    assert (half >= lag - 2).all() and (half <= lag + expansion).all()
