"""Three ledgers of one state: who owns, where it stands, who uses; with or without diverted parts; how each came."""

import numpy as np

from ..mechanisms.accelerator_rating import METRICS
from ..numerics import GroupSums, added_by_place, share, total
from .structure import DIVERTED, DOMESTIC, LICENSED, OFFSHORE

DEFINITIONS = tuple(f"{basis}|{scope}|{kind}|{metric}" for basis in ("owner", "location", "user")
                    for scope in ("all", "tracked") for kind in ("stock", "flow12") for metric in METRICS)
WAYS = {"domestic": DOMESTIC, "licensed": LICENSED, "bought_abroad": OFFSHORE, "diverted": DIVERTED}
RENTED = "rented"  # used, not owned
H100E = 2  # row of the stock


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
        ledger, china = self.world.ledger, self.world.ledger.china
        both = ledger.everything[:, :10]
        table = np.empty((len(both), len(ledger.region_index), 3, 2, 10))  # owner, location, user; all, tracked
        ledger.whose(both, out=table[:, :, 0, 0])
        table[:, :, 1, 0] = ledger.located[:, :, :10]
        added_by_place(both, self._used(p), out=table[:, :, 2, 0])
        table[:, :, :, 1] = table[:, :, :, 0]
        leaked = total(both.take(ledger.diverted, axis=-1))[:, None]  # belongs to China, stands and is used there
        whole = total(table, axis=1)
        whole[:, :, 1] -= leaked
        table[:, china, :, 1] = np.maximum(table[:, china, :, 1] - leaked, 0.0)
        table = table.reshape(len(both), -1, len(DEFINITIONS))
        return table * share(1.0, whole.reshape(len(both), 1, -1))

    def _used(self, p):
        """Where what each holder has is used, array (draws, regions, holders), shares: by its owners or by tenants."""
        ledger, leakage = self.world.ledger, self.world.leakage
        at_home = np.asarray(p.budgets.home_use_share)
        at_home = at_home[:, None, None] if at_home.ndim else at_home
        kept = ledger.foreign - leakage.rented_share[:, None] * leakage.abroad
        used = ledger.placed * (1.0 - at_home)
        used += ledger.nationality * at_home
        used *= kept[:, None]
        used[:, ledger.china] += 1.0 - kept
        return used

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
        recorder.write("china_share_by_way", share(ways, total(ways)[:, None]), detail=(*WAYS, RENTED))
        recorder.write("domestic_share_china", share(ways[:, 0], owned))
