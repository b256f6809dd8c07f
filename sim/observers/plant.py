"""What leaks out of the plants: the yield of the reference die.

Sees
----
The share of good dies of the reference die at the Chinese fabs.

Coverage
--------
plant.yield_reading_bias

Bias
----
Of unknown sign: reports from 20 to 50 % mix dies with packages of two dies, and dates [ascend_ramp].
"""


def reported_yield(true_yield, bias):
    """Yield as reported, share (draws,): the true one times a bias, never above one."""
    return (true_yield * bias).clip(0.0, 1.0)


def observe(world, p):
    """Write the reported die yield (share)."""
    fabs = world.foundry["chinese_fabs"]
    world.recorder.write("chinese_die_yield", reported_yield(fabs.yield_share, p.plant.yield_reading_bias))
