"""What choices add up to: the compiled loop against the same in NumPy, to the last bit."""

import numpy as np

from sim.markets.tally import count_tokens
from sim.mechanisms.self_hosting import accelerators_in_use


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
