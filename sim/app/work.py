"""What worker processes of the pages do: runs over a part of the draws, and explanations."""

import os
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from multiprocessing import parent_process

import numpy as np

from .. import explain
from ..archive import canonical
from ..evidence.targets import targets
from ..experiments.branches import COPIES, Key, Trunk
from ..experiments.rebuild import unpacked
from ..outputs import load_headline

TRUNKS = 3  # worlds that wait in a worker, the one asked for longest ago let go first; one takes about 100 MB
CHINESE_MAKERS = ("huawei", "cambricon", "other_chinese")
SHOWN = {  # outputs that a page shows beyond headline and targets; the rest of a run is not kept
    "compute_share", "compute_ratio_us_china", "census_share", "census_lag_months", "census_seen_h100e",
    "region_stock_h100e", "huawei_packages_per_year", "binding_constraint", "binding_first_year", "binding_last_year",
    "router_token_share", "enterprise_workload_share", "hub_download_share_12m", "open_weight_token_share",
    "chinese_token_share", "flagship_price_ratio_china_us", "flagship_price_usd_per_mtok", "capability_lag_months",
    "frontier_capability", "china_stock_by_way_h100e", "china_share_by_way", "two_key_h100e", "wafers_started",
    "dies_used", "die_stock", "hbm_stock", "hbm_used", "hbm_made", "chinese_die_yield", "sales_ledger_share",
}  # fmt: skip
BY_REGION = ("compute_share", "census_share")
_WAITING: "OrderedDict[str, Trunk]" = OrderedDict()


def simulate(plain: dict, base: dict, month: str, draw_ids: Sequence[int], developers: int) -> dict[Key, np.ndarray]:
    """The series that pages show of a packed scenario, arrays (draws, months) in the units of their outputs.

    Parameters
    ----------
    plain, base : packed scenarios, the one asked for and the one it was made of by changes from ``month`` on
    month : YYYY-MM
    draw_ids : which draws
    developers : int, simulated developers a draw
    """
    scenario = unpacked(plain)
    trunk = _trunk(base, month, draw_ids, developers)
    if not trunk.serves(scenario):
        trunk = _trunk(plain, month, draw_ids, developers)
    return trunk.series(scenario, shown)


def give_way() -> None:
    """Let first pictures, the server and a browser on the same machine go before what this worker does."""
    if hasattr(os, "nice"):
        os.nice(10)


def _trunk(plain, month, draw_ids, developers):
    key = canonical([plain, month, list(draw_ids), developers])
    found = _WAITING.pop(key, None)
    if found is None:
        while len(_WAITING) >= TRUNKS:
            _, old = _WAITING.popitem(last=False)
            old.world.dissolve()
        found = Trunk(unpacked(plain), draw_ids, month, developers, COPIES and parent_process() is not None)
    if found.lasts:
        _WAITING[key] = found
    return found


def attribute(a: dict, b: dict, series: Key, month: str, by: str | None, draws: int, developers: int):
    """An explanation of two packed scenarios (called in a worker; output's unit)."""
    output, definition, region, detail = series
    return explain(unpacked(a), unpacked(b), output, month, definition, region, detail, groups=by, draws=draws,
                   developers=developers)  # fmt: skip


@cache
def _outputs() -> frozenset[str]:
    wanted = {entry.output for entry in load_headline()[1]} | SHOWN
    for target in targets().values():
        wanted |= {part["output"] for part in target["part"]}
    return frozenset(wanted)


def shown(key: Key) -> bool:
    """Whether a page shows a series; the rest of a run is not kept."""
    output, definition, region, _ = key
    if output not in _outputs() or (output in BY_REGION and region not in ("united_states", "china")):
        return False
    return not output.startswith("binding") or definition in CHINESE_MAKERS
