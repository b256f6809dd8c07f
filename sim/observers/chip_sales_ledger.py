"""The chip-sales ledger: what makers have sold since 2022, without retirement; what went to China by licence."""


def sold_million(sold_h100e):
    """Million H100e sold, from H100e sold (draws,)."""
    return sold_h100e / 1e6


def observe(world, p):
    """Write cumulative sales: world in million H100e, licensed to China in H100e."""
    ledger = world.ledger
    world.recorder.write("sales_ledger_stock_mh100e", sold_million(ledger.sold_h100e))
    world.recorder.write("licensed_stock_china_h100e", ledger.licensed_sold_h100e)
