"""Rules as data: every named product has the status that history gave it."""

import numpy as np
import pytest

from sim.agents.government import Government
from sim.mechanisms.export_rules import CASE_BY_CASE, DENIAL, FREE, NOTIFY, STATUS
from sim.scenario import load_scenario
from sim.units import month_label, month_number

HISTORY = [
    ("a100", "2022-07", FREE), ("a100", "2022-10", DENIAL), ("a100", "2024-01", DENIAL),
    ("h100", "2022-08", FREE), ("h100", "2022-10", DENIAL), ("h100", "2025-12", DENIAL),
    ("a800", "2022-11", FREE), ("a800", "2023-10", FREE), ("a800", "2023-11", DENIAL),
    ("h800", "2023-03", FREE), ("h800", "2023-11", DENIAL),
    ("h20", "2023-12", FREE), ("h20", "2025-03", FREE), ("h20", "2025-04", DENIAL), ("h20", "2025-08", CASE_BY_CASE),
    ("mi308x", "2025-03", NOTIFY), ("mi308x", "2025-04", DENIAL),
    ("rtx_4090", "2023-10", FREE), ("rtx_4090", "2023-11", DENIAL), ("rtx_5090d", "2025-03", FREE),
    ("h200", "2025-12", DENIAL), ("h200", "2026-01", CASE_BY_CASE), ("mi325x", "2026-01", CASE_BY_CASE),
    ("b200", "2025-03", DENIAL), ("b200", "2026-01", DENIAL), ("b300", "2026-07", DENIAL), ("b30a", "2026-01", DENIAL),
    ("ascend_910c", "2026-01", FREE), ("v100", "2022-10", FREE),
]


class FakeWorld:
    """Just enough of a world for a government: a clock and parameters."""

    def __init__(self, scenario="baseline", sets=()):
        self.values = load_scenario(scenario).with_sets(list(sets)).resolve(np.arange(2), 1)
        self.month = month_number("2022-01")
        self.agents = []

    def register_agent(self, agent):
        self.agents.append(agent)

    def government(self, month):
        self.month = month_number(month)
        p = self.values.at(self.month)
        agent = Government.__new__(Government)
        agent.model, agent.index, agent.name, agent._seen = self, 0, "united_states", None
        agent.set_rules(p)
        return agent, p


@pytest.mark.parametrize("product, month, expected", HISTORY)
def test_status_for_china_is_as_in_history(product, month, expected):
    agent, p = FakeWorld().government(month)
    got = agent.status[0, p.products.index[product]]
    assert STATUS[got] == STATUS[expected], f"{product} in {month}"


def test_without_rules_everything_is_free():
    agent, _ = FakeWorld(sets=["export.accelerator_rules_on=false"]).government("2026-06")
    assert (agent.status == FREE).all() and (agent.granted == 1).all()


def test_one_rule_can_be_switched_alone():
    agent, p = FakeWorld(sets=["rules.apr_2025_bandwidth.in_force=false"]).government("2025-06")
    assert agent.status[0, p.products.index["h20"]] == FREE
    assert agent.status[0, p.products.index["h200"]] == DENIAL


def test_a_lower_line_catches_more_and_never_less():
    month = "2024-06"
    before, p = FakeWorld().government(month)
    after, _ = FakeWorld(sets=["export.tpp_threshold=1600"]).government(month)
    assert (after.status >= before.status).all()
    assert after.status[0, p.products.index["h20"]] == DENIAL


def test_a_rule_on_memory_is_announced_before_it_bites():
    world = FakeWorld()
    assert world.government("2024-11")[0].hbm_deadline == 0
    assert world.government("2024-12")[0].hbm_deadline == 1
    assert world.government("2024-12")[0].hbm_open == 1
    assert world.government("2025-01")[0].hbm_open == 0


def test_the_parent_test_closes_purchases_abroad_from_june_2026():
    world = FakeWorld()
    assert [world.government(m)[0].offshore_open for m in ("2024-01", "2026-05", "2026-06")] == [1, 1, 0]


def test_at_least_thirty_five_products_carry_a_rating():
    p = load_scenario("baseline").resolve(np.arange(1), 1).at(month_number("2026-01"))
    assert (p.products.tpp > 0).sum() >= 35 and (p.products.tops_8bit > 0).sum() >= 35
    assert month_label(p.products.introduced[p.products.index["h20"]]) == "2023-12"
