"""Three ledgers of one state: who owns, where it stands, who uses; with or without diverted parts; how each came."""

import numpy as np

from ..compiled import guvectorize
from ..mechanisms.accelerator_rating import METRICS
from ..numerics import GroupSums, share, shares_of_total, total
from .structure import DIVERTED, DOMESTIC, LICENSED, OFFSHORE

DEFINITIONS = tuple(f"{basis}|{scope}|{kind}|{metric}" for basis in ("owner", "location", "user")
                    for scope in ("all", "tracked") for kind in ("stock", "flow12") for metric in METRICS)
WAYS = {"domestic": DOMESTIC, "licensed": LICENSED, "bought_abroad": OFFSHORE, "diverted": DIVERTED}
RENTED = "rented"  # used, not owned
H100E = 2  # row of the stock


def _in_every_way(amounts, located, placed, owner, kept, at_home, leaked, china, columns, found):
    """Shares of regions by owner, location and user, each with and without diverted parts.

    Parameters
    ----------
    amounts, located : arrays (k, holders) and (regions, k or more), H100e held, and the same by where they stand
    placed : array (regions, holders), where each holder's accelerators stand, shares
    owner : int array (holders,), region of each owner
    kept : array (holders,), share that is not rented by Chinese users, 0 for Chinese owners
    at_home : float, share of what owners keep that is used in their own region, the rest where it stands
    leaked : array (k,), H100e diverted: they belong to China, stand and are used there
    china : int, its region; columns : int array (6 k,), for their number alone
    found : array (regions, 6 k), out, shares
    """
    kinds, regions = amounts.shape[0], placed.shape[0]
    location, user = 2 * kinds, 4 * kinds
    found[:] = 0.0
    for holder in range(owner.shape[0]):
        home, mine = owner[holder], kept[holder]
        for kind in range(kinds):
            held = amounts[kind, holder]
            found[home, kind] += held
            found[home, user + kind] += held * (mine * at_home)
            found[china, user + kind] += held * (1.0 - mine)
        for region in range(regions):
            used = placed[region, holder] * (mine * (1.0 - at_home))
            if used != 0.0:
                for kind in range(kinds):
                    found[region, user + kind] += amounts[kind, holder] * used
    for region in range(regions):
        for kind in range(kinds):
            found[region, location + kind] = located[region, kind]
    for basis in (0, location, user):
        for column in range(basis, basis + kinds):
            whole, diverted = 0.0, leaked[column - basis]
            for region in range(regions):
                whole += found[region, column]
            of_all = 1.0 / whole if whole > 0.0 else 0.0
            of_tracked = 1.0 / (whole - diverted) if whole > diverted else 0.0
            for region in range(regions):
                here = found[region, column]
                left = max(here - diverted, 0.0) if region == china else here
                found[region, column], found[region, column + kinds] = here * of_all, left * of_tracked


_count = guvectorize(["void(float64[:, :], float64[:, :], float64[:, :], int64[:], float64[:], float64, float64[:], "
                      "int64, int64[:], float64[:, :])"],
                     "(k,h),(r,l),(r,h),(h),(h),(),(k),(),(d)->(r,d)")(_in_every_way).ufunc  # fmt: skip


class Definitions:
    """Adds the installed base up in every way in which it is published."""

    def __init__(self, world):
        self.world = world
        ledger = world.ledger
        chinese = np.isin(ledger.cloud, np.unique(ledger.holder_cloud[ledger.chinese]))
        way = np.full(len(chinese), -1)
        for at, channel in enumerate(WAYS.values()):
            way[chinese & (ledger.channel == channel)] = at
        self._columns = np.arange(len(DEFINITIONS))
        self._by_way = GroupSums(way, len(WAYS))

    def shares(self, p):
        """Compute by region under every definition (DEFINITIONS), array (draws, regions, definitions)."""
        ledger, leakage = self.world.ledger, self.world.leakage
        both = ledger.everything[:, :10]  # stock and twelve months, by METRICS
        kept = ledger.foreign - leakage.rented_share[:, None] * leakage.abroad
        leaked = total(both.take(ledger.diverted, axis=-1))
        return _count(both, ledger.located, ledger.placed, ledger.owner_region, kept, p.budgets.home_use_share, leaked,
                      ledger.china, self._columns)

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
