"""What a maker designs where the rules of the month stop its products: its limits, the solved part, and its ratings."""

import numpy as np

from ..mechanisms.export_rules import DENIAL, FREE
from ..mechanisms.line_design import Limits, Worth, between, design_to_line

BITS_8, BITS_16 = 8.0, 16.0  # TPP is operations a second times bit length


def shown(products, maker, month):
    """Rows of the data-centre products that a maker has on sale with known silicon and memory, int array."""
    return np.array([i for i, name in enumerate(products.maker) if name == maker and products.data_centre[i]
                     and not products.hypothetical[i] and products.introduced[i] <= month and products.tpp[i] > 0
                     and products.die_area_cm2[i] > 0 and products.hbm_stacks[i] > 0], dtype=np.int64)


def limits_of(p, maker, month):
    """What a maker has shown by a month (month number): `Limits`, and rows of its best and its last part for China.

    The largest silicon in a package, the highest TPP / mm², the fastest stack and links of its products on sale.
    None if it has shown nothing; the best product stands in where no part was made for China.
    """
    products, r = p.products, p.redesign
    rows = shown(products, maker, month)
    if not rows.size:
        return None
    area, links = products.die_area_cm2[rows] * 100.0, products.interconnect_gb_s[rows]
    best = int(rows[products.tpp[rows].argmax()])
    for_china = [int(i) for i in rows if products.market[i] == "china"]
    last = max(for_china, key=lambda i: products.introduced[i], default=best)
    limits = Limits(
        density=float((products.tpp[rows] / area).max()), area=float(area.max()),
        stacks=float(max(products.hbm_stacks[rows].max(), r.stack_sites)),
        stack_bandwidth=float((products.bandwidth_tb_s[rows] * 1000.0 / products.hbm_stacks[rows]).max()),
        interconnect=float(np.nan_to_num(links).max()), stack_area=r.stack_area,
        die_area_per_stack=r.die_area_per_stack)
    return limits, (best, last)


def worth_of(p):
    """The exponents of `Worth` from the register, dimensionless."""
    r = p.redesign
    return Worth(r.worth_of_tpp, r.worth_of_bandwidth, r.worth_of_interconnect, r.cost_of_silicon)


def _tests_of(tests, titles, which, draw):
    """Some rules as list of (title, {limb: bound}); one that names its parts does not reach a new one."""
    rows = {limb: np.atleast_2d(bound) for limb, bound in tests["tests"].items()}
    found = []
    for rule in np.flatnonzero(which & tests["active"] & tests["named"].all(axis=1) & _subject(tests, draw)):
        bounds = {limb: float(row[min(draw, len(row) - 1), rule]) for limb, row in rows.items()}
        found.append((titles[rule], {limb: bound for limb, bound in bounds.items() if bound == bound}))
    return found


def _subject(tests, draw):
    """Whether the rules apply to any product in a draw, bool."""
    subject = np.atleast_2d(tests["subject"])
    return bool(subject[min(draw, len(subject) - 1)].any())


def ways_to_pass(tests, titles, draw=0, aim=FREE):
    """The ways in which a new part may be sold at a status: list of (rules to escape, window to be inside or None).

    Parameters
    ----------
    tests : dict of the arguments of `judge`; titles : text by rule; draw : row of the bounds
    aim : the strictest status that the maker accepts, FREE to DENIAL
    """
    code, eases, since = tests["rule_status"], tests["eases"], tests["since"]
    ways = [(_tests_of(tests, titles, ~eases & (code > aim), draw), None)]
    for window in np.flatnonzero(eases & (code <= aim)):
        inside = _tests_of(tests, titles, np.arange(len(code)) == window, draw)
        if inside:  # a window lifts denials that are no newer than itself
            left = ~eases & (code > aim) & ((code < DENIAL) | (since > since[window]))
            ways.append((_tests_of(tests, titles, left, draw), inside[0]))
    return ways


def best_under(p, tests, maker, month, draw=0, aim=FREE):
    """The best part that a maker could design in a month (month number), and rows to scale it by, or None.

    Parameters
    ----------
    p : values in force; tests : dict of the arguments of `judge`; draw : row of the bounds
    aim : the strictest status that the maker accepts, FREE to DENIAL
    """
    found = limits_of(p, maker, month)
    if found is None:
        return None
    designs = [design_to_line(rules, found[0], worth_of(p), p.redesign.margin, inside)
               for rules, inside in ways_to_pass(tests, p.rules.title, draw, aim)]
    designs = [design for design in designs if design is not None]
    return (max(designs, key=lambda design: design.worth), found[1]) if designs else None


def part_of(p, design, rows):
    """A solved part as a row of the record of products: dict of float, in the units of its columns.

    Its 8-bit and 16-bit throughput are what its TPP allows and the process gives; packages to a wafer follow the area
    of silicon and stacks. Below the last part made for China price follows worth, and power follows throughput above
    what an idle die draws; beyond it both run to those of the maker's best.

    Parameters
    ----------
    p : values in force; design : Design; rows : int, int, the maker's best product and its last one for China
    """
    products, worth, r = p.products, worth_of(p), p.redesign
    best, last = rows
    area = products.die_area_cm2[best] * 100.0
    links = float(np.nan_to_num(products.interconnect_gb_s[last]))
    silicon = design.area / area
    known = worth.of(products.tpp[last], products.bandwidth_tb_s[last] * 1000.0, links, 1.0)
    top = worth.of(products.tpp[best], products.bandwidth_tb_s[best] * 1000.0,
                   float(np.nan_to_num(products.interconnect_gb_s[best])), 1.0) / known
    value = worth.of(design.tpp, design.bandwidth, design.interconnect, 1.0) / known
    price, tdp = products.price_usd, products.tdp_w
    faster = design.tpp / products.tpp[last]
    busy = r.idle_power + (1.0 - r.idle_power) * faster
    hotter = between(faster, products.tpp[best] / products.tpp[last], tdp[best] / tdp[last])
    dearer = between(value, top, price[best] / price[last])
    package = (area + products.hbm_stacks[best] * r.stack_area) / (design.area + design.stacks * r.stack_area)
    return {
        "tpp": design.tpp, "performance_density": design.density, "bandwidth_tb_s": design.bandwidth / 1000.0,
        "interconnect_gb_s": design.interconnect, "die_area_cm2": design.area / 100.0,
        "hbm_stacks": float(design.stacks),
        "tops_8bit": min(design.tpp / BITS_8, products.tops_8bit[best] * silicon),
        "tflops_16bit": min(design.tpp / BITS_16, products.tflops_16bit[best] * silicon),
        "tdp_w": min(tdp[last] * (busy if faster <= 1.0 else hotter), tdp[best]),
        "price_usd": price[last] * (value if value <= 1.0 else dearer),
        "packages_per_wafer": products.packages_per_wafer[best] * package,
        "dies_per_package": float(max(np.ceil(design.area / (area / products.dies_per_package[best]) - 1e-9), 1.0)),
    }
