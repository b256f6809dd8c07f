"""What stopped one more accelerator of each maker, month by month, and since when."""

import numpy as np

from ..mechanisms import packaging as pk
from . import structure as st

LOGIC = (st.WAFERS, st.YIELD, st.DIES)
GROUPS = ("logic", *(name for at, name in enumerate(st.BINDING) if at not in LOGIC))
_GROUP_OF = np.array([0 if at in LOGIC else GROUPS.index(name) for at, name in enumerate(st.BINDING)])


class Bindings:
    """The ledger of binding constraints: by maker, month and draw.

    Attributes
    ----------
    now : int array (draws, makers), index into BINDING
    first : array (draws, makers, groups), month from which each first bound for long enough, nan if it has not
    last : the same, month in which each last did
    since : array (draws, makers), month from which the present one has bound
    """

    def __init__(self, world, p):
        self.world = world
        shape = world.draws, len(p.makers)
        self.now = np.full(shape, st.ORDERS)
        self.chinese = np.array([region == "china" for region in p.makers.region])
        self._by_home = [(region, np.flatnonzero(here), tuple(np.array(p.makers.names)[here].tolist()))
                         for region, here in (("china", self.chinese), ("united_states", ~self.chinese)) if here.any()]
        self.sells_to_china = np.array([sells == "merchant" for sells in p.makers.sells])
        self._group, self._start = np.full(shape, -1), np.full(shape, float(world.start))
        self._settled = np.full(shape, -1)
        self.first = np.full((*shape, len(GROUPS)), np.nan)
        self.last = self.first.copy()
        self.since = np.full(shape, np.nan)
        self._places = np.arange(self.now.size).reshape(shape) * len(GROUPS)
        self._home = np.where(self.chinese, p.regions.index["china"], p.regions.index["united_states"])

    def settle(self, p):
        """Name what binds this month and note how long it has."""
        self.now = self._name(p)
        group, month = _GROUP_OF[self.now], self.world.month
        self._start = np.where(group == self._group, self._start, float(month))
        self._group = group
        lasting = month - self._start + 1.0 >= p.accelerators.binding_months
        new = lasting & (group != self._settled)
        self.since = np.where(new, self._start, self.since)
        self._settled = np.where(new, group, self._settled)
        place = (self._places + group)[lasting]  # among all draws, makers and groups
        begun = np.isnan(self.first.take(place))
        self.first.put(place[begun], self._start[lasting][begun])
        self.last.put(place, float(month))

    def _name(self, p):
        """Index into BINDING, array (draws, makers): an input if one ran out, else why no more was asked for."""
        works, limit = self.world.works, self.world.works.limit
        gain = p.foundry.mature_yield / np.maximum(self._yields(), 1e-9)
        cured = (gain > 1.0) & (gain >= works.room)
        dies = np.where(works.bought_share > 0.5, st.DIES, np.where(cured, st.YIELD, st.WAFERS))
        short = np.where(limit == pk.DIES, dies, np.where(limit == pk.HBM, st.HBM, st.PACKAGING))
        return np.where((limit == pk.ORDERS) | ~self._awaited(), self._why_no_orders(p), short)

    def _awaited(self):
        """Whether anybody still waits for the main line, bool array (draws, makers): one more would be delivered."""
        market = self.world.accelerators
        return market.waiting.take(market.structure.maker_starts, axis=-1) > 1e-6

    def _yields(self):
        """Yield of the reference die where each maker has its dies made, array (draws, makers)."""
        at_home, abroad = (self.world.foundry[name].yield_share[:, None] for name in ("chinese_fabs", "tsmc"))
        return np.where(self.chinese, at_home, abroad)

    def _why_no_orders(self, p):
        """Power, a closed key, money or simply orders, index into BINDING, array (draws, makers)."""
        world, home = self.world, self._home
        gate = world.accelerators.terms.trade(p)[0] * world.government["china"].import_approval
        refused = (gate < 0.5)[:, None] & self.sells_to_china
        idle = np.where(world.compute.scarcity.take(home, axis=1) > 1.0, st.MONEY, st.ORDERS)
        return np.where(world.sites.fits.take(home, axis=1) < 0.999, st.POWER,
                        np.where(refused, st.PERMISSION, idle))

    def record(self, p, recorder):
        """What binds, and the dates of the changes (units as declared in outputs/supply.toml)."""
        flags = (self.now[:, :, None] == np.arange(len(st.BINDING))) * 1.0
        for region, makers, names in self._by_home:
            recorder.write("binding_constraint", flags[:, makers], definition=names, region=region, detail=st.BINDING)
            if region == "china":
                where = {"definition": names, "region": region}
                recorder.write("binding_first_year", self.first[:, makers] / 12.0, detail=GROUPS, **where)
                recorder.write("binding_last_year", self.last[:, makers] / 12.0, detail=GROUPS, **where)
                recorder.write("binding_since_year", self.since[:, makers] / 12.0, **where)
