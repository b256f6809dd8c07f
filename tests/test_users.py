"""Compute added up for those who use it: the compiled loops against the same in NumPy, to the last bit."""

import numpy as np

from sim.markets.consignments import resettle
from sim.markets.contracts import cut_to_fit
from sim.markets.users import count_compute, idle, pass_on
from sim.numerics import added_by_place, share, shares_of_runs, shares_of_total, total

random = np.random.default_rng(1)


def test_what_is_in_service_is_added_up_position_by_position():
    stock, trains, serves = random.random((3, 7, 6)), random.random((3, 2)), random.random((3, 2))
    stack, cloud, holder = np.array([0, 1, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 2, 2, 3])
    by_cloud, useful = count_compute(stock, trains, serves, stack, cloud, holder, 3, 4)
    h100e = stock[:, 2]
    useful_parts = h100e * trains[:, stack], h100e * serves[:, stack]
    parts = np.stack([h100e, *useful_parts, stock[:, 5], stock[:, 6], stock[:, 0]], 1)
    expected, of_holders = np.zeros((3, 6, 3)), np.zeros((3, 2, 4))
    for at in range(6):
        expected[:, :, cloud[at]] += parts[:, :, at]
        of_holders[:, :, holder[at]] += parts[:, 1:3, at]
    assert (by_cloud == expected).all() and (useful == of_holders).all()


def test_what_is_let_moves_to_tenants_by_what_they_own_and_nothing_is_lost():
    by_cloud, let = random.random((3, 6, 4)), random.random((3, 4))
    tenants, rents, before = np.array([1, 3]), np.array([1.0, 0.0]), by_cloud.copy()
    pass_on(by_cloud, let, tenants, rents)
    moved = before * let[:, None]
    expected = before - moved
    expected[:, :, tenants] += total(moved)[:, :, None] * shares_of_total(before[:, 0, tenants] * rents)[:, None]
    assert (by_cloud == expected).all()
    np.testing.assert_allclose(by_cloud.sum(axis=-1), before.sum(axis=-1), rtol=1e-12)


def test_places_move_by_what_is_new_in_all_that_is_held():
    placed, sites = random.random((3, 5, 4)), random.random((3, 2, 5))
    new, held, owner, moving = random.random((3, 4)), random.random((3, 4)), np.array([0, 0, 1, 1]), np.array([1, 2])
    held[0, 1] = 0.0  # nothing is held, and nothing moves
    weight, before = np.minimum(share(new, held), 1.0)[:, None], placed.copy()
    expected = before + (sites[:, owner].swapaxes(1, 2) - before) * weight
    resettle(placed, moving, owner, sites, new, held)
    assert (placed[:, :, moving] == expected[:, :, moving]).all()
    assert (placed[:, :, [0, 3]] == before[:, :, [0, 3]]).all() and (placed[0, :, 1] == before[0, :, 1]).all()


def test_shares_of_runs_are_those_of_their_sums():
    part, whole, starts = random.random((3, 7)), random.random((3, 7)), np.array([0, 3, 4])
    whole[1, 3] = 0.0
    sums = (np.add.reduceat(values, starts, axis=-1) for values in (part, whole))
    assert (shares_of_runs(part, whole, starts) == share(*sums)).all()


def test_what_stands_without_power_is_weighted_by_what_each_owner_holds():
    unpowered, placed, h100e = random.random((3, 5)), random.random((3, 5, 6)), random.random((3, 6))
    starts, placed[0, 2, 1] = np.array([0, 3, 4]), 0.0
    part = added_by_place(unpowered[:, None], placed.swapaxes(1, 2))[..., 0]
    assert (idle(unpowered, placed, h100e, starts) == shares_of_runs(h100e * part, h100e, starts)).all()


def test_rented_shares_grow_and_are_cut_to_the_room_that_is_left():
    rented, owned, grown = random.random((4, 3)), random.random((4, 3)), random.random((5, 4, 2))
    rented[1, 2], home, room = 0.0, np.array([0, 1, 1]), np.array([0.1, 0.5, 9.0])
    asked = rented * grown[:, :, home]
    fits = np.where(total(asked, axis=1) > room, share(room, total(asked, axis=1)), 1.0)
    assert (cut_to_fit(rented, owned, grown, home, room) == owned + asked * fits[:, None]).all()
