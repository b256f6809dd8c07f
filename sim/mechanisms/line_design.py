"""The best product just under a line: solved from the rules' limbs and what process and package allow.

Leaves out
----------
* Cost of masks, software and marketing of a part that only one market buys.
* Parts that escape by a limb nobody has written yet, and changes of a rule in answer to a part.
* Yield and binning: a part under the line may be a better part with units switched off.
"""

from dataclasses import dataclass, replace
from itertools import product as choices
from math import ceil, inf, isnan, log

from .export_rules import quantity

AXES = ("tpp", "performance_density", "bandwidth_gb_s", "interconnect_gb_s", "memory_and_interconnect_gb_s",
        "hbm_density_gb_s_mm2")


@dataclass(frozen=True)
class Limits:
    """What a maker can build in a month, whatever the rules say: what it has shown in products on sale.

    Attributes
    ----------
    density : TPP / mm² of die; area : mm² of compute silicon in a package; stacks : HBM stacks beside it
    stack_bandwidth : GB / s of one stack; interconnect : GB / s
    stack_area : mm² of a stack; die_area_per_stack : mm² of compute silicon that a stack needs beside it
    """

    density: float
    area: float
    stacks: float
    stack_bandwidth: float
    interconnect: float
    stack_area: float
    die_area_per_stack: float


@dataclass(frozen=True)
class Worth:
    """What a part is worth to its maker: tpp^a · bandwidth^b · interconnect^c / area^d; exponents, dimensionless."""

    tpp: float
    bandwidth: float
    interconnect: float
    silicon: float

    def of(self, tpp, bandwidth, interconnect, area):
        """Worth of a part, dimensionless; only ratios count.

        Parameters
        ----------
        tpp, bandwidth, interconnect, area : TPP, GB / s, GB / s, mm²

        Returns
        -------
        float, dimensionless
        """
        return (tpp ** self.tpp * bandwidth ** self.bandwidth * max(interconnect, 1.0) ** self.interconnect
                / area ** self.silicon)


@dataclass(frozen=True)
class Design:
    """A solved part: TPP, GB / s, GB / s, mm² of compute silicon, stacks, worth, and what binds each of them (text)."""

    tpp: float
    bandwidth: float
    interconnect: float
    area: float
    stacks: int
    worth: float
    binds: tuple[tuple[str, str], ...]

    @property
    def density(self):
        """Performance density, TPP / mm²."""
        return self.tpp / self.area


@dataclass(frozen=True)
class Bound:
    """A bound on one rating: at least ``low``, below ``high`` (units of the rating), and whose it is (text)."""

    low: float = 0.0
    high: float = inf
    who: str = ""

    def and_(self, other):
        """Both bounds at once, in the unit of the rating."""
        return Bound(max(self.low, other.low), min(self.high, other.high),
                     other.who if other.high < self.high else self.who)


def design_to_line(rules, limits, worth, margin=0.0, inside=None):
    """The part of the greatest worth that no rule catches.

        worth = tpp^a · bandwidth^b · interconnect^c / area^d,   highest over the boxes that escape

    A rule catches a part that meets all of its limbs, so a part escapes it by failing one. Every way of failing one
    limb of each rule is a box of bounds on the ratings. Within a box worth rises with each rating, as long as silicon
    counts for less than throughput and bandwidth; so its best part is the upper corner that process and package reach,
    with no more silicon than that needs. The best of the boxes is the best of all.

    Parameters
    ----------
    rules : list of (title, {limb: bound}), the rules to escape, limbs in the units of their ratings
    limits : Limits
    worth : Worth, with silicon below tpp and below bandwidth
    margin : share by which a maker stays under a line
    inside : (title, {limb: bound}) of a window, all of whose limbs the part must meet; None for no window

    Returns
    -------
    Design, or None where nothing that can be built escapes
    """
    found = {_key(box): box for box in _boxes(rules, margin, inside)}
    designs = [_corner(box, limits, worth) for box in found.values()]
    return max((design for design in designs if design is not None), key=lambda design: design.worth, default=None)


def between(ratio, top, worth):
    """What goes with a ratio between two known parts, on the straight line through both in logs: worth^(ln r / ln top).

    Parameters
    ----------
    ratio, top : float, a rating of the part, and of the better of the two, over that of the other, > 0
    worth : float, what goes with the better one, over that of the other, > 0

    Returns
    -------
    float, ratio; the rating's own ratio where both parts are alike
    """
    return ratio if top <= 1.0 else worth ** (log(ratio) / log(top))


def _key(box):
    return tuple((axis, bound.low, bound.high) for axis, bound in box.items())


def _boxes(rules, margin, inside=None):
    """Every way to fail one limb of each rule, as {rating: Bound}; empty ones and repetitions left out."""
    first = {axis: Bound() for axis in AXES}
    title, tests = inside or ("", {})
    for limb, bound in tests.items():
        met = Bound(high=bound * (1.0 - margin), who=title) if "_max" in limb else Bound(low=bound, who=title)
        first[quantity(limb)] = first[quantity(limb)].and_(met)
    ways = []
    for title, tests in rules:
        escapes = [(quantity(limb), Bound(low=bound, who=title) if "_max" in limb else
                    Bound(high=bound * (1.0 - margin), who=title))
                   for limb, bound in tests.items() if not isnan(bound)]
        ways.append(escapes)
    boxes = [first]
    for escapes in ways:
        grown: dict[tuple, dict[str, Bound]] = {}
        for box, (axis, bound) in choices(boxes, escapes):
            both = box[axis].and_(bound)
            if both.low < both.high:
                grown.setdefault(_key(box | {axis: both}), box | {axis: both})
        boxes = list(grown.values())
    return boxes


def _corner(box, limits, worth):
    """The best part in a box, or None if process and package do not reach into it."""
    per_stack = _least((limits.stack_bandwidth, "stacks of the generation"),
                       (box["hbm_density_gb_s_mm2"].high * limits.stack_area, box["hbm_density_gb_s_mm2"].who))
    density = _least((limits.density, "process"), (box["performance_density"].high, box["performance_density"].who))
    stacks_fit = min(limits.stacks, limits.area / limits.die_area_per_stack)
    memory = _least((int(stacks_fit) * per_stack[0], f"{int(stacks_fit)} stacks of {per_stack[0]:,.0f} GB/s"),
                    (box["bandwidth_gb_s"].high, box["bandwidth_gb_s"].who))
    links = _least((limits.interconnect, "links of the generation"),
                   (box["interconnect_gb_s"].high, box["interconnect_gb_s"].who))
    memory, links = _share_sum(memory, links, box["memory_and_interconnect_gb_s"], worth)
    tpp = _least((density[0] * limits.area, f"{density[1]} × package of {limits.area:,.0f} mm2"),
                 (box["tpp"].high, box["tpp"].who))
    if min(per_stack[0], density[0], memory[0], links[0], tpp[0]) <= 0:
        return None
    stacks = ceil(memory[0] / per_stack[0] - 1e-9)
    by_density, by_stacks = tpp[0] / density[0], stacks * limits.die_area_per_stack
    area = _least((-by_density, "throughput at the density allowed"), (-by_stacks, "edge for the stacks"))
    reached = {"tpp": tpp[0], "performance_density": tpp[0] / -area[0], "bandwidth_gb_s": memory[0],
               "interconnect_gb_s": links[0], "memory_and_interconnect_gb_s": memory[0] + links[0],
               "hbm_density_gb_s_mm2": per_stack[0] / limits.stack_area}
    if reached["performance_density"] < box["performance_density"].low:  # a denser die, with fewer stacks beside it
        smaller = int(by_density / limits.die_area_per_stack)
        if smaller < 1 or smaller >= stacks:
            return None
        return _corner(box, replace(limits, stacks=smaller), worth)
    if any(value < box[axis].low * (1.0 - 1e-9) for axis, value in reached.items()):
        return None
    return Design(tpp[0], memory[0], links[0], -area[0], stacks, worth.of(tpp[0], memory[0], links[0], -area[0]),
                  (("TPP", tpp[1]), ("bandwidth", memory[1]), ("interconnect", links[1]), ("silicon", area[1])))


def _least(*pairs):
    """The pair (value, who) of the smallest value; the first of equals."""
    return min(pairs, key=lambda pair: pair[0])


def _share_sum(memory, links, bound, worth):
    """Memory bandwidth and interconnect (GB / s, with who binds) under a bound on their sum: by weight."""
    if memory[0] + links[0] <= bound.high:
        return memory, links
    weight = worth.bandwidth / (worth.bandwidth + worth.interconnect)
    best = min(memory[0], max(bound.high * weight, bound.high - links[0]))
    return (best, bound.who if best < memory[0] else memory[1]), (bound.high - best, bound.who)
