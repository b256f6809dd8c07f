"""Three ledgers of one state: who owns, where it stands, who uses; with or without diverted parts; how each came."""

import numpy as np
from numba import njit

from ..mechanisms.accelerator_rating import METRICS
from ..numerics import GroupSums, share, shares_of_total, total
from .structure import DIVERTED, DOMESTIC, H100E, LICENSED, OFFSHORE

DEFINITIONS = tuple(f"{basis}|{scope}|{kind}|{metric}" for basis in ("owner", "location", "user")
                    for scope in ("all", "tracked") for kind in ("stock", "flow12") for metric in METRICS)
WAYS = {"domestic": DOMESTIC, "licensed": LICENSED, "bought_abroad": OFFSHORE, "diverted": DIVERTED}
KINDS = 2 * len(METRICS)  # stock and flow; a fixed number lets the compiled loop add up all kinds at once
RENTED = "rented"  # used, not owned


@njit("f8[:, :, ::1](f8[:, :, ::1], f8[:, :, ::1], f8[:, :, ::1], i8[::1], f8[:, ::1], f8[::1], f8[:, ::1], i8)",
      cache=True)  # fmt: skip
def _in_every_way(amounts, located, placed, owner, kept, at_home, leaked, china):
    """Shares of regions by owner, location and user, each with and without diverted parts.

    Parameters
    ----------
    amounts : array (draws, KINDS or more, holders), H100e held
    located : array (draws, regions, KINDS or more), the same by where they stand
    placed : array (draws, regions, holders), where each holder's accelerators stand, shares
    owner : int array (holders,), region of each owner
    kept : array (draws, holders), share that is not rented by Chinese users, 0 for Chinese owners
    at_home : array (draws or 1,), share of what owners keep that is used in their own region, the rest where it stands
    leaked : array (draws, KINDS), H100e diverted: they belong to China, stand and are used there
    china : int, its region

    Returns
    -------
    array (draws, regions, 6 KINDS), shares
    """
    draws, regions, _ = placed.shape
    location, user = 2 * KINDS, 4 * KINDS
    every, held = np.zeros((draws, regions, 6 * KINDS)), np.empty(KINDS)
    of_all, of_tracked = np.empty(KINDS), np.empty(KINDS)
    for draw in range(draws):
        found, home_use = every[draw], at_home[draw % len(at_home)]
        for holder in range(len(owner)):
            home, mine = owner[holder], kept[draw, holder]
            for kind in range(KINDS):
                held[kind] = amounts[draw, kind, holder]
            for kind in range(KINDS):
                found[home, kind] += held[kind]
                found[home, user + kind] += held[kind] * (mine * home_use)
                found[china, user + kind] += held[kind] * (1.0 - mine)
            for region in range(regions):
                used = placed[draw, region, holder] * (mine * (1.0 - home_use))
                if used != 0.0:
                    for kind in range(KINDS):
                        found[region, user + kind] += held[kind] * used
        for region in range(regions):
            for kind in range(KINDS):
                found[region, location + kind] = located[draw, region, kind]
        for basis in (0, location, user):
            for kind in range(KINDS):
                whole, diverted = 0.0, leaked[draw, kind]
                for region in range(regions):
                    whole += found[region, basis + kind]
                of_all[kind] = 1.0 / whole if whole > 0.0 else 0.0
                of_tracked[kind] = 1.0 / (whole - diverted) if whole > diverted else 0.0
            for region in range(regions):
                for kind in range(KINDS):
                    here = found[region, basis + kind]
                    left = max(here - leaked[draw, kind], 0.0) if region == china else here
                    found[region, basis + kind] = here * of_all[kind]
                    found[region, basis + KINDS + kind] = left * of_tracked[kind]
    return every


class Definitions:
    """Adds the installed base up in every way in which it is published."""

    def __init__(self, world):
        self.world = world
        ledger = world.ledger
        chinese = np.isin(ledger.cloud, np.unique(ledger.holder_cloud[ledger.chinese]))
        way = np.full(len(chinese), -1)
        for at, channel in enumerate(WAYS.values()):
            way[chinese & (ledger.channel == channel)] = at
        self._by_way = GroupSums(way, len(WAYS))

    def shares(self, p):
        """Compute by region under every definition (DEFINITIONS), array (draws, regions, definitions)."""
        ledger, leakage = self.world.ledger, self.world.leakage
        both = ledger.everything[:, :10]  # stock and twelve months, by METRICS
        kept = ledger.foreign - leakage.rented_share[:, None] * leakage.abroad
        leaked = total(both.take(ledger.diverted, axis=-1))
        return _in_every_way(ledger.everything, ledger.located, ledger.placed, ledger.owner_region, kept,
                             np.array(p.budgets.home_use_share, dtype=float, ndmin=1), leaked, ledger.china)

    def by_way(self):
        """What Chinese owners have in service by how it came, then what Chinese users rent, (draws, 5), H100e."""
        found = np.empty((self.world.draws, len(WAYS) + 1))
        found[:, :-1] = self._by_way(self.world.ledger.stock[:, H100E])
        found[:, -1] = self.world.leakage.routes.rented_h100e
        return found

    def record(self, p, recorder):
        """Every definition of the compute share, ratios, stocks and flows (units as declared in supply.toml)."""
        ledger, regions = self.world.ledger, p.regions.names
        table, keys = self.shares(p), DEFINITIONS
        recorder.write("compute_share", table, definition=keys, region=regions)
        us = table[:, ledger.region_index["united_states"]]
        recorder.write("compute_ratio_us_china", share(us, table[:, ledger.china]), definition=keys)
        recorder.write("world_stock_h100e", total(ledger.stock[:, H100E]), definition="all")
        recorder.write("region_stock_h100e", ledger.located_h100e, region=regions)
        licensed, domestic, leaked = ledger.flow_by_way.sum().T
        recorder.write("licensed_h100e_per_year", licensed)
        recorder.write("diverted_h100e_per_year", leaked)
        bought = total(ledger.year[:, 1].take(ledger.chinese, axis=-1))
        recorder.write("self_sufficiency_china", share(domestic, bought))
        ways = self.by_way()
        owned = total(ways[:, :-1])
        recorder.write("china_stock_by_way_h100e", ways, detail=(*WAYS, RENTED))
        recorder.write("china_share_by_way", shares_of_total(ways), detail=(*WAYS, RENTED))
        recorder.write("domestic_share_china", share(ways[:, 0], owned))
