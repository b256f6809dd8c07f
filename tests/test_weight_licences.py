"""What the licence of open weights permits: hosts, products under another name, own use."""

import numpy as np

from sim.mechanisms.weight_licence import licence_in_force, permitted
from sim.model import World
from sim.outputs import load_outputs
from sim.recorder import Recorder
from sim.scenario import load_scenario
from sim.units import month_number


def built(changes=None, end="2026-06", draws=6):
    scenario = load_scenario("baseline").with_changes(changes or {})
    months = month_number("2022-01"), month_number(end)
    world = World(scenario.resolve(range(draws), 1), range(draws), 1, *months, 300,
                  Recorder(load_outputs(), draws, months))
    world.run()
    return world


def on_offer(world, *kinds):
    """Lines on offer at some kind of host, bool array (draws, hosts of the kind, lines)."""
    a, c = world.catalogue.alternatives, world.catalogue
    by_host = a.by_host(c.available)[:, a.hosts_of(*kinds)]
    return by_host.reshape(*by_host.shape[:2], a.lines, a.kept).any(axis=3)


def test_the_latest_row_of_a_line_is_in_force_and_no_row_permits_all():
    row = licence_in_force([0, 0, 2, 2], [10, 30, 40, 5], 30, 3)
    assert row.tolist() == [1, -1, 3]
    rights = np.array([[True, False], [False, False]])  # two rights by two kinds
    assert permitted(np.array([0, 1, -1]), rights).tolist() == [[True, False, True], [False, False, True]]


def test_research_only_weights_are_on_the_hub_and_at_no_host():
    changes = {f"weight_licences.qwen_open_{month}.licence": "research" for month in ("2023_08", "2024_06")}
    free, closed = built(), built(changes)
    qwen = free.values.at(free.end).model_lines.index["qwen_open"]
    for kind in ("independent", "derivative", "self_hosted"):
        assert on_offer(free, kind)[:, :, qwen].any() and not on_offer(closed, kind)[:, :, qwen].any()
    assert on_offer(closed, "first_party")[:, 0, qwen].all()  # its maker serves it still
    assert closed.catalogue.line_open[:, qwen].all()
    family = free.values.at(free.end).families.index["qwen"]
    assert (closed.usage.downloads_m[:, family] > 0).all() and (closed.usage.derivative_share[:, family] > 0.05).all()


def test_conditions_keep_hosts_and_stop_products_under_another_name():
    lines = ("qwen_open_2024_06", "deepseek_flagship_2025_01", "deepseek_small_2025_01", "zhipu_flagship_2025_07",
             "zhipu_small_2025_04", "minimax_flagship_2025_10")
    named = built({f"weight_licences.{row}.licence": "custom" for row in lines})
    names = named.values.at(named.end).model_lines.names
    touched = [names.index(row.rsplit("_", 2)[0]) for row in lines]
    assert on_offer(named, "independent")[:, :, touched].any()
    assert not on_offer(named, "derivative")[:, :, touched].any()


def test_a_vintage_keeps_the_licence_it_came_with():
    """Weights once released stay usable: a later, stricter licence covers what comes after it."""
    month = "2026-03"
    late = built({f"weight_licences.qwen_open_2024_06.licence@{month}": "research"}, "2026-06")
    c, a = late.catalogue, late.catalogue.alternatives
    hosted = a.by_host(c.available)[:, a.hosts_of("independent")[0]]
    mine = a.line_of_vintage == late.values.at(late.end).model_lines.index["qwen_open"]
    old = mine & c.vintage_open & (c.vintage_release_month >= 0) & (c.vintage_release_month < month_number(month))
    new = mine & (c.vintage_release_month >= month_number(month))
    assert hosted[old].all() and old.any()
    assert not hosted[new].any() and new.any()
