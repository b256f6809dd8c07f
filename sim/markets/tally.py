"""What developers' choices add up to in a month: a compiled loop over the alternatives."""

from numba import njit

from ..mechanisms.self_hosting import accelerators_in_use


@njit("void(f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], b1[::1], b1[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], "
      "f8[:, ::1], f8[:, ::1])", cache=True)  # fmt: skip
def count_tokens(tasks, tokens_per_task, price, hours, sells, others, tokens, spend, busy, by_vintage, elsewhere):
    """Put down the tokens of all developers, what they cost, and what serving them keeps busy.

    Parameters
    ----------
    tasks : array (draws, views, alternatives), tasks / month, first those of all developers
    tokens_per_task : array (draws, alternatives), Mtok / task
    price, hours : arrays of that shape, USD and H100e-hours / Mtok
    sells : bool array (hosts,), whether tokens are paid for there
    others : bool array (hosts,), whether a host is another than the laboratory itself
    tokens, spend, busy : arrays (draws, alternatives), Mtok / month, USD / month and H100e, out
    by_vintage, elsewhere : arrays (draws, vintages), Mtok / month at all hosts and at others, out
    """
    vintages = by_vintage.shape[1]
    for draw in range(len(tokens)):
        by_vintage[draw], elsewhere[draw] = 0.0, 0.0
        for host in range(len(sells)):
            paid, other = 1.0 if sells[host] else 0.0, 1.0 if others[host] else 0.0
            for vintage in range(vintages):
                at = host * vintages + vintage
                flow = tasks[draw, 0, at] * tokens_per_task[draw, at]
                tokens[draw, at], spend[draw, at] = flow, flow * price[draw, at] * paid
                busy[draw, at] = accelerators_in_use(flow, hours[draw, at])
                by_vintage[draw, vintage] += flow
                elsewhere[draw, vintage] += flow * other
