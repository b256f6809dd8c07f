"""The queue for accelerators: the compiled loops against the same in NumPy, to the last bit."""

import numpy as np
import pytest

from sim.markets.order_book import ask, hold, join, pay, revise
from sim.markets.structure import DIVERTED, DOMESTIC, LICENSED, OPEN
from sim.numerics import share, total, weighted_total

CHANNEL = np.array([OPEN, OPEN, OPEN, DIVERTED, LICENSED, LICENSED, LICENSED, LICENSED, DOMESTIC, DOMESTIC])
LINE = np.array([0, 0, 0, 0, 1, 1, 2, 2, 3, 4])
LICENSED_AT, AT_HOME = np.array([[4, 5], [6, 7]]), np.array([[8, 9], [9, 8]])
DRAWS, POSITIONS, LINES = 3, len(LINE), 5
random = np.random.default_rng(1)


def amounts(*shape):
    return random.random(shape)


def test_prices_are_those_of_the_line_and_diverted_parts_have_their_own():
    list_price, factor, package, premium = amounts(DRAWS, LINES), amounts(DRAWS, LINES), *amounts(2, DRAWS)
    list_price[1, 2] = 0.0
    asked, markup, price, on_sale = ask(list_price, factor, package, 0.15, premium, LINE, CHANNEL)
    expected = (list_price * factor)[:, LINE]
    expected[:, 3] = package * factor[:, 0]
    on_top = np.where(CHANNEL == LICENSED, 0.15, 0.0) + np.where(CHANNEL == DIVERTED, premium[:, None], 0.0)
    assert (asked == expected).all() and (markup == on_top).all() and (price == asked * (1.0 + markup)).all()
    assert (on_sale == (list_price > 0)[:, LINE]).all()


def test_orders_that_wait_are_cut_and_counted_as_numpy_does():
    waiting, before, price, refused = amounts(4, DRAWS, POSITIONS)
    on_sale = np.ones((DRAWS, POSITIONS))
    on_sale[1, 6:8] = 0.0
    stays = amounts(1, POSITIONS)  # the same in every draw
    kept, worth, returned, revalued = revise(waiting, before, price, on_sale, stays, refused, LICENSED_AT)
    void, waited = waiting * before * (1.0 - on_sale), waiting * price
    assert (kept == waiting * (stays * on_sale) * (1.0 - refused)).all() and (worth == void + waited).all()
    assert (returned == total((void + waited * refused)[:, LICENSED_AT], axis=1)).all()
    assert (revalued == total(waiting * (price - before) * on_sale)).all()


def test_new_orders_join_the_queue_at_their_price():
    kept, worth, orders, price = amounts(4, DRAWS, POSITIONS)
    on_sale = np.ones((DRAWS, POSITIONS))
    price[0, 2], on_sale[0, 2] = 0.0, 0.0
    waiting, unspent = join(kept, worth, orders, price, on_sale)
    assert (waiting == kept + share(orders, price) * on_sale).all()
    assert (unspent == total(worth - kept * price + orders * (1.0 - on_sale))).all()


def test_money_that_finds_no_licence_goes_to_domestic_parts():
    # By hand: of 100 USD at 10 each half needs a licence; licences for 6 and 2 waiting under one leave room for 40 USD.
    orders, price, waiting = np.zeros(POSITIONS), np.full(POSITIONS, 10.0), np.zeros(POSITIONS)
    orders[4], waiting[4] = 100.0, 4.0
    part, held, split = np.full((2, 2), 0.5), np.array([[6.0, 0.0], [0.0, 0.0]]), np.array([0.75, 0.25])
    usd, kept, ordered = hold(orders, price, waiting, part, held, split, LICENSED_AT, AT_HOME)
    assert usd[[4, 8, 9]] == pytest.approx([90.0, 7.5, 2.5]) and usd.sum() == pytest.approx(100.0)
    assert kept[4] == pytest.approx(4.0) and ordered[0, 0] == pytest.approx(9.0)
    _, kept, _ = hold(orders, price, waiting, part, np.zeros((2, 2)), split, LICENSED_AT, AT_HOME)
    assert kept[4] == pytest.approx(2.0)  # those under licence are cancelled when it lapses


def test_payments_are_split_as_numpy_does():
    delivered, asked, markup = amounts(3, DRAWS, POSITIONS)
    ways = np.stack([CHANNEL == LICENSED, CHANNEL == DIVERTED]).astype(float)
    before, paid, fee, premium = pay(delivered, asked, markup, ways)
    assert (before == delivered * asked).all() and (paid == before * (1.0 + markup)).all()
    assert (np.array([fee, premium]) == weighted_total(before * markup, ways[:, None])).all()
