"""HBM by maker and wafers by node: one maker can be cut alone, shares sum to one, nodes sum to the foundry."""

import numpy as np
import pytest

from sim import run
from sim.markets.designs import NODES
from sim.mechanisms.supply import drawn_evenly, within_limits
from sim.numerics import total
from sim.scenario import load_scenario
from sim.units import month_number
from sim.values import Values

MAKERS = ("sk_hynix", "samsung", "micron")
TEXT = 'title = "t"\nquestion = "?"\nbased_on = "baseline"\nsources = ["assumption"]\n'
SHOCK = """
[[shock]]
parameter = "memory_makers.samsung.output"
from = "2024-03"
until = "2024-09"
factor = 0.5
why = "Half of one maker for six months."
"""


def sold(results, maker):
    return sum(results.series("hbm_made", maker, "", use)[1] for use in ("accelerators", "other_uses"))


def test_what_is_left_is_alike_in_months_of_output_by_hand_and_no_stock_is_overdrawn():
    taken = drawn_evenly(np.array([[10.0, 6.0]]), np.array([[3.0, 1.0]]), np.array([4.0]))
    assert taken == pytest.approx(np.array([[4.0 / 4.0, 3.0]]))  # left in all 12: 9 and 3
    rng = np.random.default_rng(1)
    stocks, weights = rng.uniform(0, 9, (50, 3)), rng.uniform(0, 9, (50, 3))
    wanted = total(stocks) * rng.uniform(0, 1, 50)
    taken = drawn_evenly(stocks, weights, wanted)
    assert total(taken) == pytest.approx(wanted)
    assert (taken <= stocks + 1e-9).all() and (taken >= 0.0).all()


def test_a_limit_cuts_the_orders_of_its_group_alike_by_hand():
    given = within_limits(np.array([[2.0, 6.0, 5.0]]), np.array([1, 1, 2]), [None, 4.0, np.array([9.0])])
    assert given == pytest.approx(np.array([[1.0, 3.0, 5.0]]))


def test_a_shock_to_one_maker_lowers_its_stacks_alone(tmp_path, monkeypatch):
    from sim.agents.memory_maker import MemoryMaker

    made = {}
    produce = MemoryMaker.produce

    def noted(self, p):
        produce(self, p)
        made[name, self.name, self.model.month] = self.made.copy()
    monkeypatch.setattr(MemoryMaker, "produce", noted)
    results = {}
    for name, text in (("calm", TEXT), ("shock", TEXT + SHOCK)):
        (tmp_path / f"{name}.toml").write_text(text)
        results[name] = run(tmp_path / f"{name}.toml", draws=2, developers=50, end="2024-12")
    for month in range(month_number("2022-01"), month_number("2025-01")):
        struck = month_number("2024-03") <= month < month_number("2024-09")
        for maker in (*MAKERS, "cxmt"):
            factor = 0.5 if struck and maker == "samsung" else 1.0
            assert made["shock", maker, month] == pytest.approx(factor * made["calm", maker, month])
    calm, shock = (sum(sold(results[name], maker) for maker in MAKERS).sum(axis=1) for name in ("calm", "shock"))
    assert (shock < calm).all()


def test_china_buys_mostly_from_samsung_and_from_the_others_what_it_lacks(monkeypatch):
    from sim.markets.memory import MemoryMarket

    bought = {}
    sell = MemoryMarket.sell

    def noted(self, p):
        sell(self, p)
        for name, maker in self.world.memory_maker.items():
            bought[name, self.world.month] = total(total(maker.stacks[:, self.chinese, :3]))
    monkeypatch.setattr(MemoryMarket, "sell", noted)
    run("baseline", draws=2, developers=50, end="2024-12")
    usual, rush = month_number("2024-06"), month_number("2024-12")
    assert bought["samsung", usual] == pytest.approx(0.85 / 0.15 * bought["sk_hynix", usual])
    assert bought["micron", usual] == pytest.approx(0.0, abs=1e-3)
    assert (bought["samsung", rush] > bought["samsung", usual]).all()


def test_shares_sum_to_one_in_every_month_and_one_moved_alone_takes_from_the_others():
    scenario = load_scenario("baseline")
    for month in range(month_number("2022-01"), month_number("2031-01")):
        m = Values(scenario, np.arange(1), 1).at(month).memory
        assert m.sk_hynix_share + m.samsung_share + m.micron_share == pytest.approx(1.0)
    made = {}
    for step in (0.0, 0.12):
        samsung = {"memory.samsung_share@2022-02": 0.4 + step}
        results = run("baseline", draws=1, developers=50, end="2022-03", set=samsung, uncertainty="none")
        made[step] = {name: sold(results, name)[0, -1] for name in MAKERS}
    assert sum(made[0.12].values()) == pytest.approx(sum(made[0.0].values()))  # weights: the sum stays
    assert made[0.12]["samsung"] / made[0.0]["samsung"] == pytest.approx(0.52 / 1.12 / 0.4)


def test_wafers_by_node_sum_to_the_foundry_and_a_limit_holds():
    node = "foundry.tsmc_n3_wafers@2026-01"
    base, cut = (run("baseline", draws=2, developers=50, end="2027-12", set=values) for values in ({}, {node: 5e3}))

    def wafers(results, foundry, detail):
        return results.series("wafers_started_by_node", foundry, "", detail)[1]

    for results in (base, cut):
        for foundry in ("tsmc", "chinese_fabs", "samsung"):
            by_node = sum(wafers(results, foundry, detail) for detail in NODES)
            assert by_node == pytest.approx(results.series("wafers_started", foundry, "", "accelerators")[1])
    at = month_number("2026-01") - month_number("2022-01")
    assert (wafers(base, "tsmc", "n3")[:, at:] > 5e3).any()
    assert (wafers(cut, "tsmc", "n3")[:, at:] <= 5e3 * (1 + 1e-9)).all()
    assert wafers(cut, "tsmc", "n3")[:, :at] == pytest.approx(wafers(base, "tsmc", "n3")[:, :at])
