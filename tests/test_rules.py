"""Rules as data: switches, destinations, persons, and laws that hold for any rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.government import Government
from sim.markets.licensing import effect, judgement, ratings
from sim.markets.seen import Seen
from sim.mechanisms.export_rules import CASE_BY_CASE, DENIAL, FREE, NOTIFY, judge
from sim.parameters.records import Table, load_records
from sim.scenario import load_scenario
from sim.units import month_label, month_number


class FakeWorld:
    """Just enough of a world for a government: a clock and parameters."""

    def __init__(self, scenario="baseline", sets=()):
        self.values = load_scenario(scenario).with_sets(list(sets)).resolve(np.arange(2), 1)
        self.month = month_number("2022-01")
        self.agents = []

    def register_agent(self, agent):
        self.agents.append(agent)

    def government(self, month, name="united_states"):
        self.month = month_number(month)
        p = self.values.at(self.month)
        agent = Government.__new__(Government)
        agent.model, agent.index, agent.name, agent._seen = self, 0, name, Seen()
        agent.set_rules(p)
        return agent, p


def test_without_rules_everything_is_free():
    agent, _ = FakeWorld(sets=["export.accelerator_rules_on=false"]).government("2026-06")
    assert (agent.status == FREE).all() and (agent.granted == 1).all()


def test_one_rule_can_be_switched_alone():
    letters = [f"rules.apr_2025_{limb}.in_force=false" for limb in ("bandwidth", "interconnect", "sum")]
    agent, p = FakeWorld(sets=letters).government("2025-06")
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


def test_the_rule_on_memory_is_a_test_on_the_density_of_stacks():
    # The fastest stack of January 2025: 1,000 GB/s of B200 over 110 mm2 is 9.1 GB/s/mm2
    closed = [FakeWorld(sets=[f"rules.dec_2024_hbm.hbm_density_min_gb_s_mm2={bound}"]).government("2025-01")[0].hbm_open
              for bound in (2, 9, 9.2)]
    assert closed == [0, 0, 1]


def test_the_parent_test_closes_purchases_abroad_from_june_2026():
    world = FakeWorld()
    assert [world.government(m)[0].offshore_open for m in ("2024-01", "2026-05", "2026-06")] == [1, 1, 0]


def test_at_least_thirty_five_products_carry_a_rating():
    p = load_scenario("baseline").resolve(np.arange(1), 1).at(month_number("2026-01"))
    assert (p.products.tpp > 0).sum() >= 35 and (p.products.tops_8bit > 0).sum() >= 35
    assert month_label(p.products.introduced[p.products.index["h20"]]) == "2023-12"


HOOKS = {  # kind → what a rule of it moves, and a month
    "hbm": "hbm_open", "tools": "tool_strength", "foundry": "die_bank_open", "parent": "offshore_open",
    "cloud": "remote_access_open", "import": "import_approval", "quota": "state_quota",
}


def with_effect():
    """(rule, kind) of every rule of the record that says it moves something."""
    rules = Table(load_records()["rules"])
    return [(name, kind) for name, kind, destination, status in
            zip(rules.names, rules.kind, rules.destination, rules.status, strict=True)
            if effect(kind, destination, status)]


def test_every_rule_says_what_it_moves_or_that_it_moves_nothing():
    moving = with_effect()
    assert {kind for _, kind in moving} == {"accelerator", *HOOKS}
    assert len(moving) >= 28 and len(load_records()["rules"].rows) >= 60


@pytest.mark.parametrize("rule, kind", with_effect())
def test_every_switch_moves_what_it_names(rule, kind):
    rules = load_records()["rules"].rows
    month = month_label(min(max(rules[rule]["from"], month_number("2022-01")), month_number("2027-01")))
    others = [f"rules.{name}.in_force=false" for name, row in rules.items() if row["kind"] == kind and name != rule]
    if rules[rule]["eases"]:  # a window needs a denial to lift
        others = [f"rules.{name}.in_force=false" for name, row in rules.items() if row["eases"] and name != rule]

    def state(on):
        world = FakeWorld(sets=[*others, f"rules.{rule}.in_force={on}", "products.h20_3e.introduced=2022-01"])
        name = "china" if kind in ("import", "quota") else "united_states"
        agent, _ = world.government(month, name)
        return np.array(agent.status if kind == "accelerator" else getattr(agent, HOOKS[kind]))

    assert (state("true") != state("false")).any()


def test_a_proposed_rule_adds_to_the_rules_in_force():
    on = FakeWorld(sets=["rules.match_act.in_force=true"]).government("2027-02")[0]
    off = FakeWorld().government("2027-02")[0]
    assert (on.tool_strength, off.tool_strength) == (2.0, 1.0)  # its weight is that of all others together


def test_each_chinese_rule_takes_its_part_of_the_reduction():
    # By hand: weights 0.8, 0.05, 0.15 and 0.2 from January 2026; without the guidance 0.4 of 1.2 are left
    lever = 0.03
    left = FakeWorld(sets=["rules.h20_guidance_2025.in_force=false"]).government("2026-02", "china")[0].import_approval
    assert FakeWorld().government("2026-02", "china")[0].import_approval == lever
    assert left == pytest.approx(lever ** (0.4 / 1.2))


def test_the_parent_test_asks_as_much_as_the_rule_on_the_person():
    p = FakeWorld().values.at(month_number("2024-01"))
    h100 = p.products.index["h100"]
    status = {(month, person): judgement(FakeWorld().values.at(month_number(month)), month_number(month), person)[0]
              .status[0, h100] for month in ("2023-06", "2024-01", "2026-06")
              for person in ("chinese_parent_abroad", "chinese_user", "gulf", "tier_2")}
    assert [status[m, "chinese_parent_abroad"] for m in ("2023-06", "2024-01", "2026-06")] == [FREE, NOTIFY, DENIAL]
    assert {status[m, "chinese_user"] for m in ("2023-06", "2024-01", "2026-06")} == {FREE}
    assert [status[m, "gulf"] for m in ("2023-06", "2024-01")] == [FREE, CASE_BY_CASE]
    assert status["2026-06", "tier_2"] == FREE


def test_a_rescinded_rule_can_be_put_in_force():
    world = FakeWorld(sets=["rules.diffusion_caps.in_force=true"])
    p = world.values.at(month_number("2025-06"))
    assert judgement(p, month_number("2025-06"), "tier_2")[0].status[0, p.products.index["b200"]] == CASE_BY_CASE


LIMB = st.one_of(st.none(), st.floats(0.1, 60000))


@settings(max_examples=150, deadline=None)
@given(tpp=LIMB, density=LIMB, bandwidth=LIMB, interconnect=LIMB, easing=st.floats(0.2, 1.0), which=st.integers(0, 3))
def test_a_stricter_line_never_frees_a_product(tpp, density, bandwidth, interconnect, easing, which):
    p = FakeWorld().values.at(month_number("2026-01"))
    names = ("tpp_min", "performance_density_min", "bandwidth_min_gb_s", "interconnect_min_gb_s")
    bounds = [np.nan if b is None else b for b in (tpp, density, bandwidth, interconnect)]
    stricter = [b * easing if i == which else b for i, b in enumerate(bounds)]

    def status(of):
        tests = {name: np.array([bound]) for name, bound in zip(names, of, strict=True)}
        return judge(ratings(p), tests, np.array([DENIAL]), np.array([True]), np.array([False]),
                     np.array([0])).status

    assert (status(stricter) >= status(bounds)).all()
