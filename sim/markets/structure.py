"""Who may buy what from whom: product lines on offer, and one queue position per buyer, way of buying and line."""

from dataclasses import dataclass

import numpy as np

OPEN, LICENSED, DOMESTIC, OFFSHORE, DIVERTED = range(5)
CHANNELS = ("open_market", "licensed", "domestic", "offshore", "diverted")
GLOBAL_LINE, CHINA_LINE = "global", "china"
UNITS, H100E, USD, WATTS = 0, 2, 5, 6  # rows of a rating; 1 to 5 are METRICS
STACKS = ("cuda", "rocm", "tpu", "trainium", "cann", "other")  # software
BINDING = ("wafers", "yield", "dies", "hbm", "packaging", "orders", "permission", "power", "money")
WAFERS, YIELD, DIES, HBM, PACKAGING, ORDERS, PERMISSION, POWER, MONEY = range(len(BINDING))


@dataclass(frozen=True)
class TradeStructure:
    """Product lines (a maker and for whom it makes them) and queue positions, sorted by line.

    Attributes
    ----------
    line_names, line_maker, line_scope : tuples of length lines
    cloud, channel, line : int arrays (positions,)
    starts : int array (lines,), first position of each line
    maker_starts : int array (makers,), first line of each maker
    preference : float array (positions,), share of the buyer's budget in its channel, dimensionless
    """

    line_names: tuple[str, ...]
    line_maker: tuple[int, ...]
    line_scope: tuple[str, ...]
    cloud: np.ndarray
    channel: np.ndarray
    line: np.ndarray
    starts: np.ndarray
    maker_starts: np.ndarray
    preference: np.ndarray

    @property
    def positions(self) -> int:
        """Number of queue positions (dimensionless)."""
        return len(self.cloud)


def build_structure(p) -> TradeStructure:
    """Lines and positions from the records of makers and clouds; preferences are shares (dimensionless)."""
    lines = []
    for maker, sells in enumerate(p.makers.sells):
        lines.append((maker, GLOBAL_LINE))
        if sells == "merchant":
            lines.append((maker, CHINA_LINE))
    rows = []
    for at, (maker, scope) in enumerate(lines):
        name, sells = p.makers.names[maker], p.makers.sells[maker]
        for cloud, region in enumerate(p.clouds.region):
            if region != "china":
                taste = getattr(p.clouds, f"prefers_{name}")[cloud] if sells != "domestic" else 0.0
                if scope == GLOBAL_LINE and taste > 0:
                    rows.append((at, cloud, OPEN, taste))
                continue
            if sells == "domestic":
                rows.append((at, cloud, DOMESTIC, 1.0))
            elif sells == "merchant" and scope == CHINA_LINE:
                rows.append((at, cloud, LICENSED, p.budgets.nvidia_share_of_licensed if name == "nvidia" else
                             1.0 - p.budgets.nvidia_share_of_licensed))
            elif name == "nvidia":
                rows.append((at, cloud, OFFSHORE, 1.0))
                rows.append((at, cloud, DIVERTED, 1.0))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    names, line_maker = p.makers.names, tuple(maker for maker, _ in lines)
    return TradeStructure(
        tuple(names[m] if p.makers.sells[m] != "merchant" else f"{names[m]}_{scope}" for m, scope in lines),
        line_maker, tuple(scope for _, scope in lines),
        columns[1], columns[2], columns[0], np.searchsorted(columns[0], np.arange(len(lines))),
        np.searchsorted(line_maker, np.arange(len(names))), columns[3],
    )
