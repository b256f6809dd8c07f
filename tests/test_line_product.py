"""Chip makers answer a rule that stops all their parts with one designed to its line, after a lag."""

import numpy as np
import pytest

from sim import run
from sim.markets.line_product import COLUMNS
from sim.model import World
from sim.numerics import total
from sim.scenario import load_scenario
from sim.units import month_label, month_number

SETTINGS = {"draws": 6, "developers": 50, "end": "2028-06"}
LINE = {"definition": "", "region": "", "detail": "nvidia_to_the_line"}


def delivered(results):
    months, values = results.series("accelerators_delivered", **LINE)
    return [month_label(m) if not isinstance(m, str) else m for m in months], values


def test_no_part_is_solved_while_a_listed_one_may_be_sold():
    assert not delivered(run("baseline", **SETTINGS))[1].any()


@pytest.mark.parametrize("lag, first", [(3, "2026-04"), (8, "2026-09")])
def test_in_tight_controls_the_part_comes_after_the_lag(lag, first):
    months, units = delivered(run("tight_controls", set={"accelerators.redesign_lag_months": lag}, **SETTINGS))
    start = months.index(first)
    assert not units[:, :start].any() and (units[:, start:start + 3].max(axis=1) > 0).all()


def test_a_tighter_line_in_2027_stops_the_part_until_there_is_a_new_one():
    months, units = delivered(run("tight_controls", set={"accelerators.redesign_lag_months": 4,
                                                          "export.tpp_threshold@2027-01": 900}, **SETTINGS))
    gap = slice(months.index("2027-03"), months.index("2027-05"))  # what was ordered before is still delivered
    later = slice(months.index("2027-08"), months.index("2028-06"))
    assert (units[:, gap].sum(axis=1) < units[:, later].sum(axis=1)).all() and (units[:, later].sum(axis=1) > 0).all()


def world_at(scenario, month, sets=()):
    values = load_scenario(scenario).with_sets(list(sets)).resolve(np.arange(2), 1)
    world = World(values, np.arange(2), 1, month_number("2022-01"), month_number("2028-12"), 20, None)
    world.record = lambda p: None
    while world.month < month_number(month):
        world.step()
    return world


def test_the_part_lies_just_under_the_line_of_the_scenario():
    # By hand: a third of 4,800 puts the line at 1,600 TPP and the one on bandwidth at 467 GB/s
    world = world_at("tight_controls", "2027-03")
    part = dict(zip(COLUMNS, world.maker["nvidia"].line_product.part[0], strict=False))
    assert 500 < part["tpp"] < 1600
    assert part["bandwidth_tb_s"] < 1.4 / 3


def test_with_solutions_switched_off_nothing_is_sold():
    off = delivered(run("tight_controls", set={"redesign.by_solution@2026-01": False}, **SETTINGS))[1]
    assert not off.any()


def test_a_draw_is_the_same_alone_and_in_a_block():
    block = delivered(run("tight_controls", **SETTINGS))[1]
    split = delivered(run("tight_controls", block=1, **SETTINGS))[1]
    assert block.tobytes() == split.tobytes() and total(block).min() > 0
    assert np.isfinite(block).all()
