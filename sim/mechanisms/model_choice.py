"""Which models each developer uses: random utility with portfolios, inertia, contacts and legal bars, compiled.

Each month a few developers reconsider one slot of their portfolio (all who lost a model, some who choose to). For
those alone the utility of every alternative (model vintage × host) on offer is computed,

    V_vh = w · g(c_v + k · coding_v − need) + o · open_v + appeal_v + lift_v
           − p · (ln(cost_vh) + cost_vh / worth) + hosting_svh − f · foreign_rvh + home_rh + s · self_h + loyalty,
    g(x) = saturation · x / (saturation + x) above the need, slope · x below it,

and one is drawn, by conditional logit (probability proportional to exp(V)) or by nested logit: the nest with
probability proportional to exp(λ · ln Σ exp(V / λ)) over its members, then one of them with exp(V / λ).

A developer considers some hosts: each by chance, once for all, and one's own accelerators above a volume; some also
look at former vintages, and everybody at what is in use. What a vintage is worth is worked out once and shared by
hosts: vintages are packed with those at most hosts first, so that each host is a block that starts with the same
vintages, and blocks that are not considered are left out.
Arithmetic is single precision, plain multiplications and additions, and weights exp(V − max) are counted in units of
2^-22, so that their sums are exact in any order; `model_choice_reference.py` repeats it in NumPy.

Source: McFadden (1974), in Zarembka (ed.), Frontiers in Econometrics, 105–142, and McFadden (1978), in Karlqvist and
others (eds.), Spatial Interaction Theory and Planning Models, 75–96.

Leaves out
----------
* Learning about quality by trial: capability is known to all who look.
* Bargaining, bundles and contracts, except as inertia and bars.
* Wants that depend on what others build, beyond contacts.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from llvmlite import binding
from numba.core import types
from numba.extending import intrinsic

# Blocks of vintages are short: one register at a time reaches all of them. LLVM left alone takes four at a time, and
# what is left of a block one number at a time, which costs a tenth of the whole.
binding.set_option("aicompute", "-force-vector-interleave=1")

F32, I32, U64 = np.float32, np.int32, np.uint64
LANES = 8
SLOTS = 4
EMPTY = 65535  # a portfolio slot without a model
NOBODY = 255  # the line of somebody who uses no model
NEVER = F32(-1e30)
FORMS = ("conditional_logit", "nested_logit")  # developers.choice_form

# columns of `People.tastes`
PRICE, CAPABILITY, NEED, CODING, OPEN, AVERSION, SELF_HOST, BAR = range(8)
# rows of `Offer.features`; appeal outside China and in China
LEVEL, CODING_GAP, OPENNESS, APPEAL, APPEAL_CHINA = range(5)
# columns of `Terms.rules`
(SATURATION, SHORTFALL, CONTRACT_LOYALTY, CALL_LOYALTY, MODEL_LOYALTY, CONTACT, SAME_LAB, SLOT_STEP, FRONTIER,
 BREAK_EVEN, REWIRE, UPGRADE, FIRST, OWN_FROM, LOOKS_BACK) = range(15)  # fmt: skip
# bits of `Offer.access`: the legal class of an alternative on offer, 0 if it is not on offer
NEUTRAL, CHINESE_SERVED, CHINESE_OPEN, CHINESE_DERIVATIVE, US_SERVED, US_OPEN = 1, 2, 4, 8, 16, 32
BARRED_CLASSES = 5
# columns of `Tally.by_group`
TOKENS, CHINESE_TOKENS, TASKS, COST, OWN_HOURS, CHAT, CHINESE_CHAT = range(7)
ACCOUNTS = 7

UNITS = F32(4194304.0)  # a weight of one, 2^22

_LOG2E, _LN2 = F32(1.44269504), F32(0.69314718)
_U24 = F32(1.0 / 16777216.0)


class People(NamedTuple):
    """Developers, arrays (draws, developers, …)."""

    keys: np.ndarray  # uint64 (draws,), hash keys of (seed, draw)
    group: np.ndarray  # uint16, region × segment
    entry: np.ndarray  # float32, quantile at which a developer comes to build on models
    volume: np.ndarray  # float32, own Mtok / month in the base month
    size: np.ndarray  # uint8, models in a full portfolio, 1 to 4
    tastes: np.ndarray  # float32 (…, 8), utils per unit of each driver (need in ECI points, bar as a quantile)
    portfolio: np.ndarray  # uint16 (…, 4), alternative in each slot, or EMPTY; updated
    changed: np.ndarray  # int32, month number of the last change of main vendor, or -1; updated


class Offer(NamedTuple):
    """What can be chosen this month."""

    features: np.ndarray  # float32 (draws, 5, vintages): ECI points twice, 0/1, utils twice
    log_cost: np.ndarray  # float32 (draws, hosts, vintages), ln USD per task-Mtok and its share of worth
    access: np.ndarray  # int32 (draws, hosts, vintages), legal class bit if on offer
    successor: np.ndarray  # int32 (draws, vintages), the vintage that this one's users are moved to this month, or -1
    newest: np.ndarray  # bool (draws, vintages), the present vintage of its line
    gone: np.ndarray  # bool (draws, vintages), what stood at this place until last month is no longer on offer
    first: np.ndarray  # int16 (draws, 2, levels), laboratory first above a level, in general and in coding, or -1
    lab: np.ndarray  # int32 (vintages,)
    line: np.ndarray  # int32 (vintages,)
    foreign: np.ndarray  # float32 (regions, hosts, vintages), 0 to about 2 (dimensionless)
    hosting: np.ndarray  # float32 (segments, hosts, vintages), utils
    reach: np.ndarray  # float32 (draws, regions, hosts), share of buyers who consider a host
    at_home: np.ndarray  # float32 (draws, regions, hosts), utils
    own: np.ndarray  # float32 (hosts,), 1 for one's own accelerators
    nest: np.ndarray  # int32 (hosts, 2), nest of a host's closed and open models
    length: np.ndarray  # float64 (draws, vintages), tokens a task takes over those of a plain answer
    cost: np.ndarray  # float64 (draws, hosts, vintages), USD per Mtok of plain answer
    hours: np.ndarray  # float64 (draws, hosts, vintages), H100e-hours per Mtok
    marks: np.ndarray  # float64 (hosts × vintages, 4), 0/1: Chinese, self-hosted, first party, both first and last


class Groups(NamedTuple):
    """Groups of developers (region × segment) and how they are seen."""

    region: np.ndarray  # int64 (groups,)
    segment: np.ndarray  # int64 (groups,)
    market: np.ndarray  # int64 (groups,), 1 in China, else 0
    adoption: np.ndarray  # float32 (draws, groups), share of developers who build on models
    bars: np.ndarray  # float32 (draws, groups, 5), share barred from a legal class
    activity: np.ndarray  # float64 (draws, groups), tokens now per token in the base month
    reconsider: np.ndarray  # float32 (groups, 2), monthly probability at contract and at call level
    standing: np.ndarray  # float64 (groups,), developers that one simulated developer stands for
    surveyed: np.ndarray  # float64 (groups,), survey weight of a firm
    views: np.ndarray  # float64 (views, groups), weights of instruments
    own_rent: np.ndarray  # float32 (draws, regions), ln of rent of own accelerators over that in the price


class Terms(NamedTuple):
    """Parameters of the choice."""

    rules: np.ndarray  # float32 (draws, 15), see the column names
    dissimilarity: np.ndarray  # float32 (draws, nests), λ of each nest, 0 < λ ≤ 1 (dimensionless)
    slot_share: np.ndarray  # float64 (segments, 5, 4), share of tokens by slot for each number of models held
    offsets: np.ndarray  # int64 (contacts,), ring distances


class Tally(NamedTuple):
    """What a month's choices come to, filled by the kernel; to be zeroed before."""

    by_view: np.ndarray  # float64 (draws, views, alternatives), Mtok of plain answers / month
    by_group: np.ndarray  # float64 (draws, groups, 7), see the column names: Mtok, USD and H100e-hours / month
    users: np.ndarray  # float64 (draws, 2, alternatives), developers by main model, outside China and in China
    firms: np.ndarray  # float64 (draws, 3), surveyed firms: weight, with three or more labs, new vendor in 12 months


@intrinsic
def _as_float(typingctx, x):
    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], context.get_value_type(types.float32))

    return types.float32(types.int32), codegen


@intrinsic
def _as_int(typingctx, x):
    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], context.get_value_type(types.int32))

    return types.int32(types.float32), codegen


@nb.njit(inline="always")
def _mix(key, i):
    """A 64-bit hash of (key, i), dimensionless (the finaliser of SplitMix64)."""
    z = key + U64(i) * U64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
    return z ^ (z >> U64(31))


@nb.njit(inline="always")
def _uniform(h):
    """The top 24 bits of a hash as a number in [0, 1), dimensionless."""
    return F32(I32(h >> U64(40))) * _U24


@nb.njit(inline="always")
def _exp(x):
    """e^x in single precision for x ≤ 0, dimensionless: a polynomial, so that it vectorises and never varies."""
    z = x * _LOG2E
    if z < F32(-126.0):
        z = F32(-126.0)
    k = np.floor(z)
    f = z - k
    p = F32(1.3534166e-2)
    p = p * f + F32(5.2011464e-2)
    p = p * f + F32(2.4144275e-1)
    p = p * f + F32(6.9300383e-1)
    p = p * f + F32(1.0000026)
    return p * _as_float((I32(k) + I32(127)) << I32(23))  # type: ignore[call-arg]


@nb.njit(inline="always")
def _log(x):
    """Natural logarithm in single precision of x > 0, dimensionless; error below 1e-5."""
    bits: Any = _as_int(x)  # type: ignore[call-arg]
    e = F32((bits >> I32(23)) - I32(127))
    m = _as_float((bits & I32(0x007FFFFF)) | I32(0x3F800000)) - F32(1.0)  # type: ignore[call-arg]
    p = F32(-0.02024458)
    p = p * m + F32(0.09118901)
    p = p * m + F32(-0.1999248)
    p = p * m + F32(0.3207187)
    p = p * m + F32(-0.4985423)
    p = p * m + F32(0.9999488)
    return (e + p * m * _LOG2E) * _LN2


@nb.njit(inline="always")
def _rank(x):
    """A number as an integer of the same order (dimensionless): integers have a vector maximum, floats do not."""
    bits: Any = _as_int(x)  # type: ignore[call-arg]
    return I32(bits ^ I32(I32(bits >> I32(31)) & I32(0x7FFFFFFF)))


@nb.njit(inline="always")
def _unrank(i):
    """The number of a `_rank`, dimensionless."""
    return _as_float(I32(i ^ I32(I32(i >> I32(31)) & I32(0x7FFFFFFF))))  # type: ignore[call-arg]


@nb.njit(inline="always")
def _fill(value, base, cost, abroad, host, bits, r, s, start, low, size, price, averse, constant, allowed):
    """Utilities of one host's vintages, utils, filled into `value`; returns the `_rank` of the largest.

    Whole arrays and unsigned places: a slice would cost a reference count, a signed place a test for being negative.
    """
    best = _rank(NEVER)
    for j in range(size):
        a = start + j
        x = base[low + j] - price * cost[a] - averse * abroad[r, a] + host[s, a] + constant
        x = x if I32(bits[a] & allowed) != I32(0) else NEVER
        value[a] = x
        rank = _rank(x)
        best = rank if rank > best else best
    return best


@nb.njit(inline="always")
def _weigh(weight, value, start, size, peak):
    """Weights of utilities against the largest, units of 2^-22, filled into `weight`; returns their sum."""
    summed = I32(0)
    for j in range(size):
        w = I32(_exp(value[start + j] - peak) * UNITS)
        weight[start + j] = w
        summed = I32(summed + w)  # unless told so, sums of 32 bits are taken in 64
    return summed


@nb.njit(inline="always")
def _part(h, whole):
    """A whole number drawn evenly below `whole` (units of 2^-22) from the top 24 bits of a hash."""
    return np.int64(((h >> U64(40)) * U64(whole)) >> U64(24))


@nb.njit
def _choose(value, weight, inside, start, blocks, among, peak, h):
    """Position drawn by conditional logit among some blocks, or EMPTY when every utility is `NEVER`."""
    if peak <= F32(-1e29):
        return np.int64(EMPTY)
    whole = np.int64(0)
    for m in range(among.shape[0]):
        inside[m] = _weigh(weight, value, start[among[m]], blocks[among[m]], peak)
        whole += inside[m]
    rest = _part(h, whole)
    for m in range(among.shape[0]):
        if rest >= inside[m]:
            rest -= inside[m]
            continue
        for b in range(blocks[among[m]] // U64(LANES)):  # row by row, then within the row
            a = start[among[m]] + b * U64(LANES)
            row = weight[a] + weight[a + U64(1)] + weight[a + U64(2)] + weight[a + U64(3)]
            row += weight[a + U64(4)] + weight[a + U64(5)] + weight[a + U64(6)] + weight[a + U64(7)]
            if rest < row:
                for j in range(U64(LANES)):
                    rest -= weight[a + j]
                    if rest < 0:
                        return np.int64(a + j)
            rest -= row
    return np.int64(EMPTY)


@nb.njit
def _choose_nested(value, weight, start, blocks, among, nest, dissimilarity, peak, summed, h, h2):
    """The same by nested logit: a nest by one hash, then one of its members by another; nest of each position."""
    nests = dissimilarity.shape[0]
    for g in range(nests):
        peak[g], summed[g] = NEVER, I32(0)
    for k in among:
        for a in range(start[k], start[k] + blocks[k]):
            peak[nest[a]] = max(value[a], peak[nest[a]])
    for k in among:
        for a in range(start[k], start[k] + blocks[k]):
            g = nest[a]
            weight[a] = I32(0)
            if value[a] > F32(-1e29):
                weight[a] = I32(_exp((value[a] - peak[g]) / dissimilarity[g]) * UNITS)
            summed[g] += weight[a]
    top = NEVER
    for g in range(nests):  # the inclusive value takes the peak's place
        if summed[g] > 0:
            peak[g] = peak[g] + dissimilarity[g] * _log(F32(summed[g]) / UNITS)
            top = max(peak[g], top)
    whole = np.int64(0)
    for g in range(nests):
        if summed[g] > 0:
            whole += I32(_exp(peak[g] - top) * UNITS)
    if whole == 0:
        return np.int64(EMPTY)
    rest, chosen = _part(h, whole), 0
    for g in range(nests):
        if summed[g] > 0:
            chosen = g
            rest -= I32(_exp(peak[g] - top) * UNITS)
            if rest < 0:
                break
    rest = _part(h2, summed[chosen])
    for k in among:
        for a in range(start[k], start[k] + blocks[k]):
            if nest[a] == chosen:
                rest -= weight[a]
                if rest < 0:
                    return np.int64(a)
    return np.int64(EMPTY)


@nb.njit(nogil=True, cache=True, error_model="numpy")  # division by zero must not branch
def choose_month(month, nested, people, offer, groups, terms, tally):
    """One month of all developers of all draws; updates portfolios and fills the tally.

    Parameters
    ----------
    month : int, month number; nested : bool, nested instead of conditional logit
    people, offer, groups, terms : `People`, `Offer`, `Groups`, `Terms`, whose fields give shapes and units
    tally : `Tally`, out, to be zeroed before
    """
    keys, group, entry, volume, size = people.keys, people.group, people.entry, people.volume, people.size
    tastes, portfolio, changed = people.tastes, people.portfolio, people.changed
    lab, line, access, rules = offer.lab, offer.line, offer.access, terms.rules
    region, segment, market, standing = groups.region, groups.segment, groups.market, groups.standing
    surveyed, views, offsets, slot_share = groups.surveyed, groups.views, terms.offsets, terms.slot_share
    marks = offer.marks
    draws, developers = group.shape
    hosts, vintages = access.shape[1:]
    kinds, cells, regions, segments = hosts * vintages, region.shape[0], offer.foreign.shape[0], offer.hosting.shape[0]
    wide, parts = -(-vintages // LANES) * LANES + LANES, 2 * hosts
    width, nests = hosts * wide, terms.dissimilarity.shape[1]
    # what does not change from draw to draw: where the vintages of a laboratory and of a line stand
    labs, lines = lab.max() + 1, line.max() + 1
    lab_from, lab_to = np.zeros(labs, U64), np.zeros(labs, U64)  # unsigned: no test for being negative
    line_from, line_to = np.zeros(lines, U64), np.zeros(lines, U64)
    for v in range(vintages - 1, -1, -1):
        lab_from[lab[v]], line_from[line[v]] = v, v
    for v in range(vintages):
        lab_to[lab[v]], line_to[line[v]] = v + 1, v + 1
    lab_at, line_at = np.full(kinds + 1, -1, np.int32), np.full(kinds + 1, NOBODY, np.uint8)
    for a in range(kinds):
        lab_at[a], line_at[a] = lab[a % vintages], line[a % vintages]
    # this draw's offer, packed
    order, seat, at_hosts = np.zeros(wide, np.int64), np.empty(vintages, U64), np.empty(vintages, np.int64)
    start, blocks, lowest = np.zeros(parts, U64), np.zeros(parts, U64), np.zeros(parts, U64)
    first = np.zeros(3, np.int64)
    index, place, block_of = np.zeros(width, np.int64), np.empty(kinds + 1, np.int64), np.zeros(kinds + 1, np.int64)
    seen = np.zeros((5, wide), F32)
    seen_cost, seen_offer, seen_nest = np.zeros(width, F32), np.zeros(width, I32), np.zeros(width, I32)
    seen_foreign, seen_host = np.zeros((regions, width), F32), np.zeros((segments, width), F32)
    standing_offer = np.full(kinds + 1, I32(-1))  # an empty slot cannot be lost
    successor = np.full(kinds + 1, -1)
    # room to work in
    base, value, weights = np.zeros(wide + 1, F32), np.empty(width, F32), np.empty(width, I32)
    peak, summed = np.empty(nests, F32), np.empty(nests, I32)
    considered, inside = np.zeros(parts, np.bool_), np.zeros(parts, np.int64)
    listed = np.zeros(parts + 1, np.int64)  # blocks considered, side by side
    ring = offsets % developers
    table, used = np.zeros((cells, width + 1)), np.zeros(cells, np.bool_)
    worth, shown = np.zeros((width, 6)), np.zeros((views.shape[0], width))
    leader = np.empty(developers, np.uint8)
    todo = np.zeros(SLOTS, np.bool_)
    for d in range(draws):
        month_key = _mix(keys[d], U64(month) + U64(1))
        contact_key, host_key = _mix(keys[d], U64(0xC0117AC7)), _mix(keys[d], U64(0x40575))
        place[:] = -1
        place[kinds] = width
        for v in range(vintages):
            at_hosts[v], seat[v] = 0, wide
            for h in range(hosts):
                at_hosts[v] += access[d, h, v] != 0
        count = 0
        for part in range(2):  # the newest vintages, then former ones; of each those at most hosts first
            first[part] = count
            for k in range(hosts, 0, -1):
                for v in range(vintages):
                    if at_hosts[v] == k and offer.newest[d, v] == (part == 0):
                        order[count], seat[v] = v, count
                        count += 1
            while count % LANES != 0:
                order[count] = -1
                count += 1
        first[2] = count
        for j in range(count):
            for row in range(5):
                seen[row, j] = offer.features[d, row, max(order[j], 0)]
        n = 0
        for b in range(parts):
            h, low, high = b % hosts, first[b // hosts], first[b // hosts + 1]
            last = low
            for j in range(low, high):
                if order[j] >= 0 and access[d, h, order[j]] != 0:
                    last = j + 1
            start[b], blocks[b], lowest[b] = n, -(-(last - low) // LANES) * LANES, low
            for j in range(low, low + np.int64(blocks[b])):
                v = max(order[j], 0)
                a = h * vintages + v
                on_offer = order[j] >= 0 and access[d, h, v] != 0
                index[n] = a
                if on_offer:
                    place[a], block_of[a] = n, b
                seen_offer[n] = access[d, h, v] if on_offer else 0
                seen_cost[n] = offer.log_cost[d, h, v]
                worth[n, 0], worth[n, 1], worth[n, 2] = offer.length[d, v], marks[a, 0], offer.cost[d, h, v]
                worth[n, 3], worth[n, 4], worth[n, 5] = offer.hours[d, h, v] * marks[a, 1], marks[a, 2], marks[a, 3]
                seen_nest[n] = offer.nest[h, 1 if offer.features[d, OPENNESS, v] > F32(0.0) else 0]
                for r in range(regions):
                    seen_foreign[r, n] = offer.foreign[r, h, v]
                for s in range(segments):
                    seen_host[s, n] = offer.hosting[s, h, v]
                n += 1
        any_new = False
        for a in range(kinds):
            h, v = a // vintages, a % vintages
            standing_offer[a] = 0 if offer.gone[d, v] else access[d, h, v]
            successor[a] = -1
            if offer.successor[d, v] >= 0:
                successor[a] = a - v + offer.successor[d, v]
                any_new = True
        level, gap, openness = seen[LEVEL], seen[CODING_GAP], seen[OPENNESS]
        saturation, shortfall, contact = rules[d, SATURATION], rules[d, SHORTFALL], rules[d, CONTACT]
        same_lab, first_bonus, rewire = rules[d, SAME_LAB], rules[d, FIRST], rules[d, REWIRE]
        for i in range(developers):
            leader[i] = line_at[min(portfolio[d, i, 0], kinds)]
        for i in range(developers):
            c = group[d, i]
            if entry[d, i] >= groups.adoption[d, c]:
                continue
            allowed = I32(NEUTRAL)
            for k in range(BARRED_CLASSES):
                if tastes[d, i, BAR] >= groups.bars[d, c, k]:
                    allowed = I32(allowed | (2 << k))
            # who reconsiders what
            h_i = _mix(month_key, U64(i))
            u = _uniform(h_i)
            held = np.int64(size[d, i])
            for k in range(held):
                todo[k] = (standing_offer[min(portfolio[d, i, k], kinds)] & allowed) == 0
            if any_new:  # a share of those on a vintage that has a successor is moved on
                for k in range(held):
                    mine = min(portfolio[d, i, k], kinds)
                    new = successor[mine]
                    if new >= 0 and _uniform(_mix(h_i, U64(20 + k))) < rules[d, UPGRADE]:
                        if (access[d, new // vintages, new % vintages] & allowed) != 0:
                            portfolio[d, i, k] = new
                            todo[k] = False
            any_slot = False
            for k in range(held):
                any_slot |= todo[k]
            if portfolio[d, i, 0] == EMPTY:
                todo[0] = True
                any_slot = True
            contract, call = groups.reconsider[c, 0], groups.reconsider[c, 1]
            if u < contract:
                todo[0] = True
                any_slot = True
            elif u < contract + call and held > 1:
                turn = min(1 + np.int64((u - contract) / call * F32(held - 1)), held - 1)
                for k in range(held - 1, 0, -1):
                    if portfolio[d, i, k] == EMPTY:  # an unfilled slot comes first
                        turn = np.int64(k)
                todo[turn] = True
                any_slot = True
            if any_slot:
                r, s = region[c], segment[c]
                price, weight, coding = tastes[d, i, PRICE], tastes[d, i, CAPABILITY], tastes[d, i, CODING]
                likes_open, averse = tastes[d, i, OPEN], tastes[d, i, AVERSION]
                use = volume[d, i] * F32(groups.activity[d, c])
                who = _mix(host_key, U64(i))
                for h in range(hosts):
                    considered[h] = _uniform(_mix(who, U64(h))) < offer.reach[d, r, h] and (
                        offer.own[h] == F32(0.0) or use >= rules[d, OWN_FROM])  # fmt: skip
                looks_back = _uniform(_mix(who, U64(hosts))) < rules[d, LOOKS_BACK]
                for h in range(hosts):
                    considered[hosts + h] = looks_back and considered[h]
                own = tastes[d, i, SELF_HOST] - price * (groups.own_rent[d, r] + _log(
                    F32(1.0) + rules[d, BREAK_EVEN] / use
                ))  # fmt: skip
                appeal = APPEAL + market[c]
                for k in range(held):
                    if not todo[k]:
                        continue
                    now = portfolio[d, i, k]
                    mine = min(now, kinds)
                    stays = now != EMPTY and standing_offer[mine] != 0
                    before = considered[block_of[mine]]
                    if stays:  # what is used is always considered
                        considered[block_of[mine]] = True
                    n_base = first[2] if looks_back or (stays and block_of[mine] >= hosts) else first[1]
                    need = rules[d, FRONTIER] - tastes[d, i, NEED] - F32(k) * rules[d, SLOT_STEP]
                    for a in range(n_base):
                        x = level[a] + coding * gap[a] - need
                        above = x if x > F32(0.0) else F32(0.0)
                        below = x if x < F32(0.0) else F32(0.0)
                        base[a] = weight * (saturation * above / (saturation + above) + shortfall * below)
                    for a in range(n_base):
                        base[a] += likes_open * openness[a] + seen[appeal, a]
                    for j in range(held):  # a second slot looks for a second lab
                        other = lab_at[min(portfolio[d, i, j], kinds)]
                        if j != k and other >= 0:
                            for v in range(lab_from[other], lab_to[other]):
                                base[seat[v]] -= same_lab
                    mine = lab_at[mine]
                    if now != EMPTY:
                        loyalty = rules[d, CONTRACT_LOYALTY] if k == 0 else rules[d, CALL_LOYALTY]
                        for v in range(lab_from[mine], lab_to[mine]):
                            base[seat[v]] += loyalty
                    step = min(max(np.int64(need), 0), offer.first.shape[2] - 1)
                    pioneer = offer.first[d, 1 if coding >= F32(0.5) else 0, step]
                    if pioneer >= 0:  # whoever first did what is needed is still preferred
                        for v in range(lab_from[pioneer], lab_to[pioneer]):
                            base[seat[v]] += first_bonus
                    for m in range(ring.shape[0]):
                        hc = _mix(contact_key, U64(i) * U64(ring.shape[0]) + U64(m))
                        if _uniform(hc) < rewire:
                            friend = np.int64(((hc & U64(0xFFFFFFFF)) * U64(developers)) >> U64(32))
                        else:
                            friend = i + ring[m]
                            friend = friend - developers if friend >= developers else friend
                        theirs = leader[friend]
                        if theirs != NOBODY:
                            for v in range(line_from[theirs], line_to[theirs]):
                                base[seat[v]] += contact
                    some = 0
                    for b in range(parts):  # a list: a branch on what is drawn by chance is often mispredicted
                        listed[some] = b
                        some += considered[b] and blocks[b] > U64(0)
                    among = listed[:some]
                    best = _rank(NEVER)
                    for b in among:
                        h = b if b < hosts else b - hosts
                        constant = offer.at_home[d, r, h] + own * offer.own[h]
                        rank = _fill(value, base, seen_cost, seen_foreign, seen_host, seen_offer, r, s, start[b],
                                     lowest[b], blocks[b], price, averse, constant, allowed)  # fmt: skip
                        best = rank if rank > best else best
                    if stays:
                        value[place[now]] += rules[d, MODEL_LOYALTY]
                        best = max(best, _rank(value[place[now]]))
                    draw = _mix(h_i, U64(k) + U64(1))
                    if nested:
                        pick = _choose_nested(value, weights, start, blocks, among, seen_nest,
                                              terms.dissimilarity[d], peak, summed, draw,
                                              _mix(h_i, U64(k) + U64(11)))  # fmt: skip
                    else:
                        pick = _choose(value, weights, inside, start, blocks, among, _unrank(best), draw)
                    if stays:
                        considered[block_of[now]] = before
                    if pick != EMPTY:
                        pick = index[pick]
                    if k == 0 and now != EMPTY and pick != EMPTY and mine != lab_at[pick]:
                        changed[d, i] = month
                    portfolio[d, i, k] = pick
                    todo[k] = False
            # what they use
            filled = 0
            for k in range(SLOTS):
                filled += portfolio[d, i, k] != EMPTY
            if filled == 0:
                continue
            amount = float(volume[d, i]) * groups.activity[d, c] * standing[c]
            used[c] = True
            j = 0
            for k in range(SLOTS):  # what an empty slot gets goes to a column nobody reads: cheaper than a branch
                table[c, place[min(portfolio[d, i, k], kinds)]] += amount * slot_share[segment[c], filled, j]
                j = min(j + (portfolio[d, i, k] != EMPTY), SLOTS - 1)
            main = portfolio[d, i, 0]
            if main != EMPTY:
                tally.users[d, market[c], main] += standing[c]
            if surveyed[c] > 0.0:
                w = surveyed[c] * standing[c]
                different = 0
                for k in range(held):
                    theirs_lab = lab_at[min(portfolio[d, i, k], kinds)]
                    fresh = theirs_lab >= 0
                    for j in range(k):
                        if lab_at[min(portfolio[d, i, j], kinds)] == theirs_lab:
                            fresh = False
                    different += fresh
                tally.firms[d, 0] += w
                if different >= 3:
                    tally.firms[d, 1] += w
                if changed[d, i] >= 0 and month - changed[d, i] < 12:
                    tally.firms[d, 2] += w
        shown[:] = 0.0
        for c in range(cells):
            if not used[c]:
                continue
            row = table[c]
            tokens = chinese = tasks = cost = hours = chat = chinese_chat = 0.0
            for j in range(n):
                x = row[j]
                if x > 0.0:
                    t = x * worth[j, 0]
                    tokens += t
                    chinese += t * worth[j, 1]
                    tasks += x
                    cost += x * worth[j, 2]
                    hours += t * worth[j, 3]
                    chat += t * worth[j, 4]
                    chinese_chat += t * worth[j, 5]
            account = tally.by_group[d, c]
            account[TOKENS], account[CHINESE_TOKENS], account[TASKS], account[COST] = tokens, chinese, tasks, cost
            account[OWN_HOURS], account[CHAT], account[CHINESE_CHAT] = hours, chat, chinese_chat
            for v in range(views.shape[0]):
                w = views[v, c]
                if w > 0.0:
                    for j in range(n):
                        shown[v, j] += w * row[j]
            row[:] = 0.0
            used[c] = False
        for v in range(views.shape[0]):
            for j in range(n):
                tally.by_view[d, v, index[j]] += shown[v, j]
