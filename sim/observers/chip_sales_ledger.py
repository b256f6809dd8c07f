"""The chip-sales ledger: what makers have sold since 2022, without retirement or diverted parts; what China bought.

Sees
----
Sales by makers, cumulative, and of them what was licensed to China; domestic sales for the share.

Coverage
--------
all

Bias
----
Overstates what stands in service, since nothing retires; understates China, since what came by diversion is sold to
somebody else on paper [chip_supply, compute_stock]. Its published intervals are those of one estimator.
"""

from ..numerics import share


def sold_million(sold_h100e):
    """Million H100e sold, from H100e sold (draws,)."""
    return sold_h100e / 1e6


def observe(world, p):
    """Write cumulative sales: world in million H100e, licensed to China in H100e, China's share of what is known."""
    ledger = world.ledger
    world.recorder.write("sales_ledger_stock_mh100e", sold_million(ledger.sold_h100e))
    known = ledger.sold_h100e - ledger.diverted_sold_h100e
    sold = share(ledger.licensed_sold_h100e + ledger.domestic_sold_h100e, known)
    world.recorder.write("sales_ledger_share", sold, region="china")
    world.recorder.write("licensed_stock_china_h100e", ledger.licensed_sold_h100e)
