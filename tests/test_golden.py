"""The keeper of golden rows notices what moved, and by how much."""

from sim.experiments.golden import moved

KEY = ("baseline", "world_stock_mh100e", "2025-12")


def rows(value):
    return {KEY: (value, "million H100e")}


def test_a_moved_row_is_named_with_its_change():
    assert moved(rows("20"), rows("21")) == ["baseline world_stock_mh100e 2025-12: 20 -> 21 +5.00%"]


def test_a_new_and_a_lost_row_are_named():
    assert moved({}, rows("20")) == ["baseline world_stock_mh100e 2025-12: - -> 20"]
    assert moved(rows("20"), {}) == ["baseline world_stock_mh100e 2025-12: 20 -> -"]


def test_a_last_bit_is_not_a_move_but_a_millionth_is():
    assert moved(rows("20"), rows("20.0000001")) == []
    assert len(moved(rows("20"), rows("20.0001"))) == 1
    assert len(moved(rows("0"), rows("0.001"))) == 1
