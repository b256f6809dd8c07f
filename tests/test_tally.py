"""What choices add up to: the compiled loop against the same in NumPy, to the last bit."""

import numpy as np

from sim.markets.tally import add_by_line, add_by_name, busy_by_region, count_tokens
from sim.mechanisms.self_hosting import accelerators_in_use
from sim.numerics import total


def test_the_compiled_loop_counts_as_numpy_does():
    draws, hosts, vintages = 3, 4, 5
    rng = np.random.default_rng(1)
    tasks, each = rng.random((draws, 3, hosts * vintages)), rng.random((3, draws, hosts * vintages))
    sells, others = np.array([True, True, True, False]), np.array([False, True, True, True])
    tokens, spend, busy = np.zeros((3, draws, hosts * vintages))
    by_vintage, elsewhere = np.ones((2, draws, vintages))
    count_tokens(tasks, *each, sells, others, tokens, spend, busy, by_vintage, elsewhere)
    expected = tasks[:, 0] * each[0]
    at_hosts = expected.reshape(draws, hosts, vintages)
    assert (tokens == expected).all()
    assert (spend == expected * each[1] * np.repeat(sells, vintages)).all()
    assert (busy == accelerators_in_use(expected, each[2])).all()
    assert (by_vintage == np.add.reduce(at_hosts, axis=1)).all()
    assert (elsewhere == np.add.reduce(at_hosts[:, others], axis=1)).all()


def test_lines_and_regions_are_added_up_as_numpy_does():
    amounts = np.random.default_rng(2).random((3, 4, 12))
    by_vintage = np.add.reduce(amounts, axis=1)
    assert (add_by_line(amounts, np.arange(6)) == by_vintage[:, ::2] + by_vintage[:, 1::2]).all()
    home, region_of_host = np.array([0, 2, 2] * 4), np.array([-1, 0, 1, 0])
    expected = np.stack([total(amounts[:, 0, home == region]) for region in range(4)], axis=1)
    for host in (1, 2, 3):
        expected[:, region_of_host[host]] += total(amounts[:, host])
    assert (busy_by_region(amounts, home, region_of_host, 4) == expected).all()
    sold = np.array([[True, False, True, True], [False, True, False, False]])
    assert (add_by_name(amounts, sold)[:, 0] == np.add.reduce(amounts[:, sold[0]], axis=1)).all()
    assert (add_by_name(amounts, sold)[:, 1] == amounts[:, 1]).all()
