"""Licences for exports to China: what the volume cap lets through, counted by product."""

import numpy as np

from ..mechanisms.export_rules import CASE_BY_CASE
from ..numerics import col, share, total
from .structure import DOMESTIC, LICENSED


class Licences:
    """Counts what was sold elsewhere and under licence, and holds licensed orders to the cap.

    Attributes
    ----------
    lines : list of (maker, line, positions), makers with a line for China, that line, and who buys it under licence
    sold : dict by line of array (2, draws, products), packages since the start: elsewhere, under licence
    """

    def __init__(self, world, structure, lines_of):
        self.world, self.structure = world, structure
        self.lines = [
            (maker, lines.start + 1, np.flatnonzero((structure.line == lines.start + 1)
                                                    & (structure.channel == LICENSED)))
            for maker, lines in zip(world.maker.values(), lines_of, strict=True) if len(maker.scopes) > 1]
        self.sold = {line: np.zeros((2, world.draws, len(maker.products))) for maker, line, _ in self.lines}
        cloud, channel = structure.cloud, structure.channel
        buyers = sorted({int(c) for _, _, at in self.lines for c in cloud[at]})
        self.at_home = {buyer: np.flatnonzero((cloud == buyer) & (channel == DOMESTIC)) for buyer in buyers}

    def cap(self, p, orders_usd, unit_price, backlog, domestic_split):
        """Hold licensed orders to the volume cap: of a product judged case by case, a share of all sold elsewhere.

        Parameters
        ----------
        orders_usd : array (draws, positions), USD / month; what may not be imported is moved to domestic parts
        unit_price : array (draws, positions), USD
        backlog : array (draws, positions), accelerators waited for
        domestic_split : array (draws, domestic lines), share of money for domestic parts by line
        """
        status = self.world.government["united_states"].status
        for maker, line, at in self.lines:
            case = status.take(maker.products, axis=1) == CASE_BY_CASE
            case = case & maker.for_all  # a part made for China alone has no sales elsewhere to be measured by
            if not case.any():
                continue
            mix, sold = maker.mix[:, 1], self.sold[line]
            wanted = total(share(orders_usd[:, at], unit_price[:, at]))[:, None]
            taken = sold[1] + total(backlog[:, at])[:, None] * mix
            room = np.maximum(col(p.export.licence_volume_cap) * sold[0] - taken, 0.0)
            allowed = total(np.where(case, np.minimum(mix * wanted, room), mix * wanted))[:, None]
            refused = orders_usd[:, at] * np.where(wanted > allowed, 1.0 - share(allowed, wanted), 0.0)
            orders_usd[:, at] -= refused
            for buyer, home in self.at_home.items():  # what may not be imported is spent at home
                money = total(refused * (self.structure.cloud[at] == buyer))[:, None]
                orders_usd[:, home] += money * domestic_split

    def count(self, sold):
        """Add this month's sales, array (draws, lines), packages, to those since the start."""
        for maker, line, _ in self.lines:
            so_far = self.sold[line]
            so_far[0] += sold[:, line - 1, None] * maker.mix[:, 0]
            so_far[1] += sold[:, line, None] * maker.mix[:, 1]
