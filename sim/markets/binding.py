"""What stopped one more accelerator of each maker, month by month, and since when."""

import numpy as np
from numba import vectorize

from ..mechanisms import packaging as pk
from . import structure as st

NOBODY, ALL_FIT = 1e-6, 0.999  # accelerators, and share of what is bought for which there is power
LOGIC = (st.WAFERS, st.YIELD, st.DIES)
GROUPS = ("logic", *(name for at, name in enumerate(st.BINDING) if at not in LOGIC))
_GROUP_OF = np.array([0 if at in LOGIC else GROUPS.index(name) for at, name in enumerate(st.BINDING)])


@vectorize(["int64(int64, float64, float64, float64, float64, float64, boolean, float64)"], nopython=True, cache=True)
def _what_binds(limit, bought_share, gain, room, waiting, fits, refused, scarcity):
    if limit == pk.ORDERS or waiting <= NOBODY:  # why no more was asked for
        if fits < ALL_FIT:
            return st.POWER
        if refused:
            return st.PERMISSION
        return st.MONEY if scarcity > 1.0 else st.ORDERS
    if limit == pk.DIES:
        if bought_share > 0.5:
            return st.DIES
        return st.YIELD if gain > 1.0 and gain >= room else st.WAFERS
    return st.HBM if limit == pk.HBM else st.PACKAGING


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
        """Index into BINDING, array (draws, makers): an input if one ran out, else why no more was asked for.

        Power, a closed key, money, or simply that nobody still waits for the maker's main line.
        """
        world, works, market, home = self.world, self.world.works, self.world.accelerators, self._home
        gain = p.foundry.mature_yield / np.maximum(self._yields(), 1e-9)
        waiting = market.waiting.take(market.structure.maker_starts, axis=-1)
        gate = market.terms.trade(p)[0] * world.government["china"].import_approval
        refused = (gate < 0.5)[:, None] & self.sells_to_china
        return _what_binds.ufunc(works.limit, works.bought_share, gain, works.room, waiting,
                                 world.sites.fits.take(home, axis=1), refused,
                                 world.compute.scarcity.take(home, axis=1))

    def _yields(self):
        """Yield of the reference die where each maker has its dies made, array (draws, makers)."""
        at_home, abroad = (self.world.foundry[name].yield_share[:, None] for name in ("chinese_fabs", "tsmc"))
        return np.where(self.chinese, at_home, abroad)

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
