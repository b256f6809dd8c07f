"""What something was worked out from is remembered: objects by identity, plain values by what they are."""

import numpy as np

from sim.markets.seen import Seen


def test_it_asks_anew_only_when_something_has_changed():
    seen, section = Seen(), object()
    assert seen.anew(section, 0.2, "linear")
    assert not seen.anew(section, float("0.2"), "linear")
    assert seen.anew(section, 0.3, "linear")
    assert seen.anew(object(), 0.3, "linear")


def test_a_number_may_become_one_of_each_draw_and_back():
    seen, by_draw = Seen(), np.array([0.2, 0.2])
    assert seen.anew(0.2)
    assert seen.anew(by_draw) and not seen.anew(by_draw)
    assert seen.anew(0.2) and not seen.anew(0.2)
