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

A draw's developers are taken a thousand at a time, in four passes: who may have to look (nearly nobody, so it only
reads); which slots, and what they need to know; the choice, those who see the same blocks one after the other, so that
the processor foresees its branches; and what all of them use. Alternatives are taken in rows of eight (`sim/lanes.py`).
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
from numba.core import types
from numba.extending import intrinsic

from ..lanes import (
    LANES,
    above,
    fetch,
    floor,
    largest,
    load,
    lowest_bit,
    maximum,
    minimum,
    power_of_two,
    spread,
    store,
    summed,
    truncated,
    where_any,
)  # fmt: skip

F32, I32, U64 = np.float32, np.int32, np.uint64
TIES = 6  # contacts of a developer
CHUNK = 1024  # developers from one adding up to the next; no number depends on it
SLOTS = 4
EMPTY = 65535  # a portfolio slot without a model
HELD = 65536  # numbers that a slot can hold
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
LOST = 64  # a class that nobody may use: what is not on offer
# columns of `Tally.by_group`
TOKENS, CHINESE_TOKENS, TASKS, COST, OWN_HOURS, CHAT, CHINESE_CHAT = range(7)
ACCOUNTS = 7

UNIT_BITS, UNITS = F32(22.0), F32(4194304.0)  # a weight of one is 2^22

_LOG2E, _LN2 = F32(1.44269504), F32(0.69314718)
_U24 = F32(1.0 / 16777216.0)


class People(NamedTuple):
    """Developers, arrays (draws, developers, …)."""

    keys: np.ndarray  # uint64 (draws,), hash keys of (seed, draw)
    group: np.ndarray  # uint16, region × segment
    entry: np.ndarray  # float32, quantile at which a developer comes to build on models
    volume: np.ndarray  # float32, own Mtok / month in the base month
    stands: np.ndarray  # float32, developers that one stands for, over the mean of the group (dimensionless, mean one)
    size: np.ndarray  # uint8, models in a full portfolio, 1 to 4
    legal: np.ndarray  # uint8, bits of the legal classes that a developer may use, see `legal_classes`
    looks: np.ndarray  # uint32, bits of the hosts considered, then of former vintages, see `hosts_considered`
    tastes: np.ndarray  # float32 (…, 8), utils per unit of each driver (need in ECI points, bar as a quantile)
    contacts: np.ndarray  # uint32 (…, 6), numbers of the developers whose main models count, see `contacts_of`
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
    standing: np.ndarray  # float64 (groups,), developers that one simulated developer stands for in the mean
    surveyed: np.ndarray  # float64 (groups,), survey weight of a firm
    views: np.ndarray  # float64 (views, groups), weights of instruments
    own_rent: np.ndarray  # float32 (draws, regions), ln of rent of own accelerators over that in the price


class Terms(NamedTuple):
    """Parameters of the choice."""

    rules: np.ndarray  # float32 (draws, 15), see the column names
    dissimilarity: np.ndarray  # float32 (draws, nests), λ of each nest, 0 < λ ≤ 1 (dimensionless)
    slot_share: np.ndarray  # float64 (segments, 5, 4), share of tokens by slot for each number of models held


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
    """e^x in single precision for x ≤ 0, dimensionless: a polynomial, so that it never varies."""
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
def _weights_of_eight(x):
    """The same of eight numbers, in whole units of 2^-22: scaling by a power of two is exact."""
    z = maximum(x * spread(_LOG2E), spread(F32(-126.0)))
    k = floor(z)
    f = z - k
    p = spread(F32(1.3534166e-2)) * f + spread(F32(5.2011464e-2))
    p = p * f + spread(F32(2.4144275e-1))
    p = p * f + spread(F32(6.9300383e-1))
    p = p * f + spread(F32(1.0000026))
    return truncated(p * power_of_two(truncated(k + spread(UNIT_BITS))))


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
def _part(h, whole):
    """A whole number drawn evenly below `whole` (units of 2^-22) from the top 24 bits of a hash."""
    return np.int64(((h >> U64(40)) * U64(whole)) >> U64(24))


@nb.njit
def _choose_nested(value, weight, rows, walk, nest, dissimilarity, peak, total, h, h2):
    """The same by nested logit: a nest by one hash, then one of its members by another; nest of each place."""
    nests = dissimilarity.shape[0]
    for g in range(nests):
        peak[g], total[g] = NEVER, I32(0)
    for a in range(U64(LANES) * rows):
        g = nest[walk[a // U64(LANES)] * U64(LANES) + a % U64(LANES)]
        peak[g] = max(value[a], peak[g])
    for a in range(U64(LANES) * rows):
        g = nest[walk[a // U64(LANES)] * U64(LANES) + a % U64(LANES)]
        weight[a] = I32(0)
        if value[a] > F32(-1e29):
            weight[a] = I32(_exp((value[a] - peak[g]) / dissimilarity[g]) * UNITS)
        total[g] += weight[a]
    top = NEVER
    for g in range(nests):  # the inclusive value takes the peak's place
        if total[g] > 0:
            peak[g] = peak[g] + dissimilarity[g] * _log(F32(total[g]) / UNITS)
            top = max(peak[g], top)
    whole = np.int64(0)
    for g in range(nests):
        if total[g] > 0:
            whole += I32(_exp(peak[g] - top) * UNITS)
    if whole == 0:
        return np.int64(EMPTY)
    rest, chosen = _part(h, whole), 0
    for g in range(nests):
        if total[g] > 0:
            chosen = g
            rest -= I32(_exp(peak[g] - top) * UNITS)
            if rest < 0:
                break
    rest = _part(h2, total[chosen])
    for a in range(U64(LANES) * rows):
        if nest[walk[a // U64(LANES)] * U64(LANES) + a % U64(LANES)] == chosen:
            rest -= weight[a]
            if rest < 0:
                return np.int64(a)
    return np.int64(EMPTY)


@nb.njit(nogil=True, cache=True)
def legal_classes(group, tastes, bars):
    """Legal classes that each developer may use; kept until the law changes.

    Parameters
    ----------
    group, tastes : as in `People`; bars : float32 array (draws, groups, 5), share barred from a legal class

    Returns
    -------
    uint8 array (draws, developers), bits (dimensionless)
    """
    found = np.empty(group.shape, np.uint8)
    for d in range(group.shape[0]):
        for i in range(group.shape[1]):
            legal = NEUTRAL
            for k in range(BARRED_CLASSES):
                if tastes[d, i, BAR] >= bars[d, group[d, i], k]:
                    legal = legal | (2 << k)
            found[d, i] = legal
    return found


@nb.njit(nogil=True, cache=True)
def hosts_considered(keys, group, region, reach, looks_back):
    """Hosts that each developer considers, by chance once for all, and whether former vintages too.

    Parameters
    ----------
    keys, group : as in `People`; region : int64 array (groups,)
    reach : float32 array (draws, regions, hosts), shares; looks_back : float32 array (draws,), share

    Returns
    -------
    uint32 array (draws, developers), one bit a host, then one for former vintages (dimensionless)
    """
    hosts, found = reach.shape[2], np.empty(group.shape, np.uint32)
    for d in range(group.shape[0]):
        host_key = _mix(keys[d], U64(0x40575))
        for i in range(group.shape[1]):
            who, looks = _mix(host_key, U64(i)), U64(0)
            for h in range(hosts):
                looks |= U64(_uniform(_mix(who, U64(h))) < reach[d, region[group[d, i]], h]) << U64(h)
            found[d, i] = looks | U64(_uniform(_mix(who, U64(hosts))) < looks_back[d]) << U64(hosts)
    return found


@nb.njit(nogil=True, cache=True)
def contacts_of(keys, developers, offsets, rewire):
    """Whom each developer listens to, once for all: neighbours on a ring, or by chance anybody instead.

    Parameters
    ----------
    keys : as in `People`; developers : int, how many; offsets : int64 array (6,), ring distances
    rewire : float32 array (draws,), share of contacts who are anybody

    Returns
    -------
    uint32 array (draws, developers, 6), numbers of developers
    """
    found, number = np.empty((keys.shape[0], developers, TIES), np.uint32), U64(developers)
    for d in range(keys.shape[0]):
        contact_key = _mix(keys[d], U64(0xC0117AC7))
        for i in range(number):
            for m in range(TIES):
                h = _mix(contact_key, i * U64(TIES) + U64(m))
                anybody = ((h & U64(0xFFFFFFFF)) * number) >> U64(32)
                found[d, i, m] = anybody if _uniform(h) < rewire[d] else U64((np.int64(i) + offsets[m]) % developers)
    return found


class Packed(NamedTuple):
    """One draw's offer as the kernel reads it: newest vintages and former ones, host after host, in blocks."""

    order: np.ndarray  # int64 (wide,), vintage at each seat, or -1
    first: np.ndarray  # uint64 (3,), where the seats of newest and of former vintages begin, and where they end
    row_block: np.ndarray  # uint64 (width / 8,), block of each row of eight places
    row_host: np.ndarray  # uint64 (width / 8,), its host
    row_seat: np.ndarray  # uint64 (width / 8,), seat of its first place
    alternative: np.ndarray  # int64 (width,), at each place
    seen: np.ndarray  # float32 (5, wide), features by seat
    cost: np.ndarray  # float32 (width,), ln USD
    bits: np.ndarray  # int32 (width,), legal class of what is on offer
    nest: np.ndarray  # int32 (width,)
    foreign: np.ndarray  # float32 (regions, width)
    hosting: np.ndarray  # float32 (segments, width), utils
    worth: np.ndarray  # float64 (width, 8), what a task adds to each column of accounts
    rows: np.ndarray  # float32 (rows, wide), utils that go to a whole laboratory or line, by seat; see `_fill_rows`
    # by what a slot holds, (65536,)
    place: np.ndarray  # uint16, place of an alternative, or the width
    block: np.ndarray  # uint8, its block
    successor: np.ndarray  # uint16, what its users are moved to, or EMPTY
    on_offer: np.ndarray  # uint8, its legal class, or 0
    to_keep: np.ndarray  # uint8, legal class that it takes to keep it, LOST if nobody can, 0 of an empty slot
    to_pass: np.ndarray  # uint8, the same, and LOST where there is a successor: whether one has to look


@nb.njit
def _room(offer):
    """An empty `Packed` for any draw of an offer."""
    hosts, vintages = offer.access.shape[1:]
    wide = -(-vintages // LANES) * LANES + LANES
    width, many, rows = hosts * wide, hosts * wide // LANES, 4 * (offer.lab.max() + 2) + offer.line.max() + 2
    place, successor, block = np.empty(HELD, np.uint16), np.empty(HELD, np.uint16), np.empty(HELD, np.uint8)
    on_offer, to_keep, to_pass = np.empty(HELD, np.uint8), np.empty(HELD, np.uint8), np.empty(HELD, np.uint8)
    place[EMPTY], successor[EMPTY], block[EMPTY] = width, EMPTY, 0  # between alternatives and this nothing is read
    on_offer[EMPTY], to_keep[EMPTY], to_pass[EMPTY] = 0, 0, 0
    return Packed(
        np.zeros(wide, np.int64), np.zeros(3, U64), np.zeros(many, U64), np.zeros(many, U64), np.zeros(many, U64),
        np.zeros(width, np.int64), np.zeros(5 * wide, F32), np.zeros(width, F32), np.zeros(width, I32),
        np.zeros(width, I32), np.zeros(offer.foreign.shape[0] * width, F32),
        np.zeros(offer.hosting.shape[0] * width, F32), np.zeros(width * LANES), np.zeros(rows * wide, F32), place,
        block, successor, on_offer, to_keep, to_pass)  # fmt: skip


@nb.njit
def _seat(d, offer, packed):
    """Give vintages on offer their seats: the newest, then former ones; of each those at most hosts first.

    A vintage's rank is the number of hosts that lack it; former ones follow after the newest, which take hosts + 1
    ranks, and the last rank of each kind is of what is at no host and has no seat.
    """
    hosts, vintages = offer.access.shape[1:]
    rank, start, order = np.zeros(vintages, np.int64), np.zeros(2 * hosts + 3, np.int64), packed.order
    for h in range(hosts):
        for v in range(vintages):
            rank[v] += offer.access[d, h, v] != 0
    for v in range(vintages):
        rank[v] = hosts - rank[v] + (0 if offer.newest[d, v] else hosts + 1)
        start[rank[v] + 1] += 1
    for part in range(2):
        low = part * (hosts + 1)
        packed.first[part] = start[low]
        for k in range(low, low + hosts):
            start[k + 1] += start[k]
        end = start[low + hosts]
        full = -(-end // LANES) * LANES
        order[end:full] = -1
        packed.first[part + 1], start[low + hosts + 1] = full, full
    for v in range(vintages):
        if rank[v] % (hosts + 1) != hosts:
            order[start[rank[v]]] = v
            start[rank[v]] += 1


@nb.njit
def _pack(d, offer, rules, packed):
    """Fill a `Packed` with one draw's offer; returns how many places are taken."""
    h: Any  # number of a host
    v: Any  # number of a vintage
    hosts, vintages = offer.access.shape[1:]
    access, gone, succeeded = offer.access.ravel(), offer.gone.ravel(), offer.successor.ravel()
    log_cost, cost, hours, marks = offer.log_cost.ravel(), offer.cost.ravel(), offer.hours.ravel(), offer.marks.ravel()
    order, alternative, worths = packed.order, packed.alternative, packed.worth
    wide, width, many = U64(order.shape[0]), U64(alternative.shape[0]), U64(vintages)  # unsigned, as in `choose_month`
    kinds, of_draw = U64(hosts) * many, U64(d) * U64(hosts) * many
    _seat(d, offer, packed)
    for row in range(U64(5)):
        for j in range(packed.first[2]):
            packed.seen[row * wide + j] = offer.features[d, row, max(order[j], 0)]
    packed.place[: hosts * vintages] = width
    n = U64(0)
    for b in range(U64(2 * hosts)):
        h, low, high = b % U64(hosts), packed.first[b // U64(hosts)], packed.first[b // U64(hosts) + U64(1)]
        at_host = of_draw + h * many
        while high > low and (order[high - U64(1)] < 0 or access[at_host + U64(order[high - U64(1)])] == 0):
            high -= U64(1)
        for row in range((high - low + U64(LANES - 1)) // U64(LANES)):
            here = n // U64(LANES)
            packed.row_block[here], packed.row_host[here], packed.row_seat[here] = b, h, low + row * U64(LANES)
            for lane in range(U64(LANES)):
                seat = order[low + row * U64(LANES) + lane]
                v = U64(max(seat, 0))
                a, at = h * many + v, at_host + v
                bits = access[at] if seat >= 0 else I32(0)
                alternative[n], packed.cost[n], packed.bits[n] = a, log_cost[at], bits
                if bits != 0:
                    packed.place[a], packed.block[a] = n, b
                worth, mark, tokens = U64(LANES) * n, a * U64(4), offer.length[d, v]
                worths[worth + U64(TOKENS)], worths[worth + U64(TASKS)] = tokens, 1.0
                worths[worth + U64(CHINESE_TOKENS)] = tokens * marks[mark]
                worths[worth + U64(COST)] = cost[at]
                worths[worth + U64(OWN_HOURS)] = tokens * hours[at] * marks[mark + U64(1)]
                worths[worth + U64(CHAT)] = tokens * marks[mark + U64(2)]
                worths[worth + U64(CHINESE_CHAT)] = tokens * marks[mark + U64(3)]
                packed.nest[n] = offer.nest[h, U64(offer.features[d, OPENNESS, v] > F32(0.0))]
                n += U64(1)
    foreign, hosting = offer.foreign.ravel(), offer.hosting.ravel()
    for r in range(U64(offer.foreign.shape[0])):
        for j in range(n):
            packed.foreign[r * width + j] = foreign[r * kinds + U64(alternative[j])]
    for s in range(U64(offer.hosting.shape[0])):
        for j in range(n):
            packed.hosting[s * width + j] = hosting[s * kinds + U64(alternative[j])]
    for h in range(U64(hosts)):
        for v in range(many):
            a, new, mine = h * many + v, succeeded[U64(d) * many + v], access[of_draw + h * many + v]
            packed.on_offer[a] = mine
            packed.to_keep[a] = LOST if gone[U64(d) * many + v] | (mine == 0) else mine
            packed.to_pass[a] = LOST if new >= 0 else packed.to_keep[a]
            packed.successor[a] = h * many + U64(new) if new >= 0 else U64(EMPTY)
    _fill_rows(d, offer, rules, packed)
    return n


@nb.njit
def _fill_rows(d, offer, rules, packed):
    """What a laboratory is worth less as a second one, more for loyalty or for being first, and a line for contacts.

    Four tables of one row a laboratory, then one of one row a line; the last row of each is nobody's and nil.
    """
    labs, wide = offer.lab.max() + 2, packed.order.shape[0]
    packed.rows[:] = 0.0
    for j in range(np.int64(packed.first[2])):
        v = packed.order[j]
        if v >= 0:
            packed.rows[offer.lab[v] * wide + j] = rules[d, SAME_LAB]
            packed.rows[(labs + offer.lab[v]) * wide + j] = rules[d, CONTRACT_LOYALTY]
            packed.rows[(2 * labs + offer.lab[v]) * wide + j] = rules[d, CALL_LOYALTY]
            packed.rows[(3 * labs + offer.lab[v]) * wide + j] = rules[d, FIRST]
            packed.rows[(4 * labs + offer.line[v]) * wide + j] = rules[d, CONTACT]


@nb.njit
def _routed(slot_share):
    """Share of tokens by slot, (segments, 16, 4), for every set of slots that are filled, one bit each."""
    routed = np.zeros((slot_share.shape[0], 1 << SLOTS, SLOTS))
    for s in range(slot_share.shape[0]):
        for mask in range(1 << SLOTS):
            filled = 0
            for k in range(SLOTS):
                filled += (mask >> k) & 1
            j = 0
            for k in range(SLOTS):
                if (mask >> k) & 1:
                    routed[s, mask, k] = slot_share[s, filled, j]
                    j += 1
    return routed


@nb.njit
def _bits_of(marked):
    """One bit for each number that is not nil."""
    bits = U64(0)
    for h in range(marked.shape[0]):
        if marked[h] != F32(0.0):
            bits |= U64(1) << U64(h)
    return bits


@nb.njit
def _account(d, n, packed, table, used, views, tally):
    """One draw's use by group and place, (groups, places), into the tally; leaves the table empty."""
    cells, width = used.shape[0], U64(table.shape[0] // used.shape[0])
    shown, worth, sums = np.zeros(n * LANES), packed.worth, np.empty(LANES)
    weights, nil = np.zeros(cells * LANES), spread(0.0)
    weights.reshape(cells, LANES)[:, : views.shape[0]] = views.T
    for c in range(U64(cells)):
        if not used[c]:
            continue
        account, weight = nil, load(weights, c * U64(LANES))
        for first in range(U64(0), U64(n // LANES), U64(LANES)):  # 64 places at a time: few branches to foresee
            filled = U64(0)
            for row in range(first, min(first + U64(LANES), U64(n // LANES))):
                bits = above(load(table, c * width + row * U64(LANES)), nil)
                filled |= bits << ((row - first) * U64(LANES))
            while filled != U64(0):
                j = first * U64(LANES) + lowest_bit(filled)
                filled &= filled - U64(1)
                x = spread(table[c * width + j])
                table[c * width + j] = 0.0
                account = account + x * load(worth, j * U64(LANES))
                store(shown, j * U64(LANES), load(shown, j * U64(LANES)) + x * weight)
        store(sums, U64(0), account)
        tally.by_group[d, c] = sums[:ACCOUNTS]
        used[c] = False
    for j in range(U64(n)):
        for v in range(U64(views.shape[0])):
            tally.by_view[d, v, packed.alternative[j]] += shown[j * U64(LANES) + v]


@nb.njit(nogil=True, cache=True, error_model="numpy")  # division by zero must not branch
def choose_month(month, nested, people, offer, groups, terms, tally):
    """One month of all developers of all draws; updates portfolios and fills the tally.

    Parameters
    ----------
    month : int, month number; nested : bool, nested instead of conditional logit
    people, offer, groups, terms : `People`, `Offer`, `Groups`, `Terms`, whose fields give shapes and units
    tally : `Tally`, out, to be zeroed before
    """
    keys, group, entry, volume, stands = people.keys, people.group, people.entry, people.volume, people.stands
    size, tastes, portfolio, changed = people.size, people.tastes.ravel(), people.portfolio, people.changed
    legal, looks, contacts = people.legal, people.looks, people.contacts.ravel()
    rules, standing, surveyed = terms.rules, groups.standing, groups.surveyed
    i: Any  # number of a developer
    draws, developers = group.shape
    hosts, vintages = offer.access.shape[1:]
    cells, nests = groups.region.shape[0], terms.dissimilarity.shape[1]
    region, segment = groups.region.astype(U64), groups.segment.astype(U64)  # unsigned: no test for being negative
    market = groups.market.astype(U64)
    labs, lines = U64(offer.lab.max() + 1), U64(offer.line.max() + 1)
    lab_at, line_at = np.empty(HELD, np.uint16), np.empty(HELD, np.uint16)
    lab_at[EMPTY], line_at[EMPTY] = labs, lines
    for kind in range(hosts * vintages):
        lab_at[kind], line_at[kind] = offer.lab[kind % vintages], offer.line[kind % vintages]
    per_lab, of_lines = labs + U64(1), U64(4) * (labs + U64(1))
    packed = _room(offer)
    row_block, row_host, row_seat = packed.row_block, packed.row_host, packed.row_seat
    place, block, successor, on_offer = packed.place, packed.block, packed.successor, packed.on_offer
    seen, rows, to_keep, to_pass = packed.seen, packed.rows, packed.to_keep, packed.to_pass
    wide, width = U64(packed.order.shape[0]), U64(packed.alternative.shape[0])
    # room to work in
    base, value, weights = np.zeros(wide, F32), np.empty(width, F32), np.empty(width, I32)
    peak, inside = np.empty(nests, F32), np.empty(nests, I32)
    walk, step_at = np.zeros(width // LANES + 1, U64), np.zeros(width // LANES, U64)  # rows considered, in order
    running = np.zeros(width // LANES, np.int64)
    people_here = U64(developers)
    table, used, routed = np.zeros(cells * (width + U64(1))), np.zeros(cells, np.bool_), _routed(terms.slot_share)
    leader, met = np.empty(developers, np.uint8), np.empty((CHUNK, TIES), U64)
    asking, hashes, present = np.empty(CHUNK, np.uint32), np.empty(CHUNK, U64), np.empty(CHUNK, np.uint32)
    todos, blocks_at, in_turn = np.empty(CHUNK, np.uint8), np.empty(CHUNK, U64), np.empty(CHUNK, U64)
    bucket = np.zeros(257, np.int64)
    either, share_on = np.zeros(cells, F32), np.zeros(cells, F32)
    either[:] = groups.reconsider[:, 0] + groups.reconsider[:, 1]
    not_own, all_hosts = ~_bits_of(offer.own), (U64(1) << U64(hosts)) - U64(1)
    for dd in range(draws):
        d = U64(dd)
        month_key = _mix(keys[d], U64(month) + U64(1))
        n = _pack(d, offer, rules, packed)
        newest, everything = packed.first[1], packed.first[2]
        saturation, shortfall = spread(rules[d, SATURATION]), spread(rules[d, SHORTFALL])
        nil, nevers, listed, some = spread(F32(0.0)), spread(NEVER), U64(0), U64(0)
        gap, openness = U64(CODING_GAP) * wide, U64(OPENNESS) * wide
        share_on[:] = groups.adoption[d]
        for i in range(people_here):
            leader[i] = line_at[portfolio[d, i, 0]]
        for at in range(0, developers, CHUNK):
            # who is there, and who may have to look
            asks, there = U64(0), U64(0)
            for i in range(U64(at), U64(min(at + CHUNK, developers))):
                c, h_i = group[d, i], _mix(month_key, i)
                lost = to_pass[portfolio[d, i, 0]] | to_pass[portfolio[d, i, 1]]
                lost |= to_pass[portfolio[d, i, 2]] | to_pass[portfolio[d, i, 3]]
                active = entry[d, i] < share_on[c]
                asking[asks], present[there] = i, i
                looks_on = (portfolio[d, i, 0] == EMPTY) | (_uniform(h_i) < either[c])
                asks += U64(active & (looks_on | ((lost & ~legal[d, i]) != 0)))
                there += U64(active)
            # which slots
            looking = U64(0)
            bucket[:] = 0
            for q in range(asks):
                i = U64(asking[q])
                h_i = _mix(month_key, i)
                c, lawful, held, u = U64(group[d, i]), legal[d, i], U64(size[d, i]), _uniform(h_i)
                todo, empty = U64(0), U64(0)
                for k in range(U64(SLOTS)):
                    now = U64(portfolio[d, i, k])
                    lost, new = U64((to_keep[now] & ~lawful) != 0), U64(successor[now])
                    if new != U64(EMPTY):  # a share of those on a vintage that has a successor is moved on
                        moves = U64(_uniform(_mix(h_i, U64(20) + k)) < rules[d, UPGRADE])
                        moves &= U64((on_offer[new] & lawful) != 0)
                        portfolio[d, i, k] = now ^ ((now ^ new) & (U64(0) - moves))
                        lost &= ~moves
                    todo |= lost << k
                    empty |= U64(now == EMPTY) << k
                contract, call = groups.reconsider[c, 0], groups.reconsider[c, 1]
                todo |= (empty & U64(1)) | U64(u < contract)
                turn = min(U64(1) + U64(I32((u - contract) / call * F32(held - U64(1)))), held - U64(1))
                empty &= (U64(1) << held) - U64(2)
                if empty != U64(0):  # an unfilled slot comes first
                    turn = lowest_bit(empty)
                todo |= U64((u >= contract) & (u < contract + call) & (held > U64(1))) << turn
                asking[looking], hashes[looking], todos[looking] = i, h_i, todo
                fetch(tastes, (d * people_here + i) * U64(8))
                fetch(contacts, (d * people_here + i) * U64(TIES))
                use = volume[d, i] * F32(groups.activity[d, c])
                at_hosts = U64(looks[d, i]) & (not_own if use < rules[d, OWN_FROM] else ~U64(0))
                blocks_at[looking] = at_hosts
                bucket[(at_hosts & U64(255)) + U64(1)] += todo != U64(0)
                looking += U64(todo != U64(0))
            for number in range(256):
                bucket[number + 1] += bucket[number]
            for q in range(looking):  # those who see the same blocks one after the other: branches are foreseen
                b = blocks_at[q] & U64(255)
                in_turn[U64(bucket[b])] = q
                bucket[b] += 1
            for q in range(looking):
                a = (d * people_here + U64(asking[q])) * U64(TIES)
                for m in range(U64(TIES)):
                    met[q, m] = of_lines + U64(leader[contacts[a + m]])
            for following in range(looking):
                q = in_turn[following]
                i, h_i, todo = U64(asking[q]), hashes[q], U64(todos[q])
                c, lawful = U64(group[d, i]), I32(legal[d, i])
                r, s = region[c], segment[c]
                mood = (d * people_here + i) * U64(8)
                price, coding, point = tastes[mood + U64(PRICE)], tastes[mood + U64(CODING)], tastes[mood + U64(NEED)]
                weight, averse = spread(tastes[mood + U64(CAPABILITY)]), spread(tastes[mood + U64(AVERSION)])
                likes_open, prices, codings = spread(tastes[mood + U64(OPEN)]), spread(price), spread(coding)
                use = volume[d, i] * F32(groups.activity[d, c])
                at_hosts, looks_back = blocks_at[q] & all_hosts, (blocks_at[q] >> U64(hosts)) & U64(1)
                blocks_seen = at_hosts | ((at_hosts * looks_back) << U64(hosts))
                own = tastes[mood + U64(SELF_HOST)] - price * (groups.own_rent[d, r] + _log(
                    F32(1.0) + rules[d, BREAK_EVEN] / use
                ))  # fmt: skip
                f0, f1, f2 = met[q, 0] * wide, met[q, 1] * wide, met[q, 2] * wide
                f3, f4, f5 = met[q, 3] * wide, met[q, 4] * wide, met[q, 5] * wide
                appeal = (U64(APPEAL) + market[c]) * wide
                abroad, hosted, lawfuls = r * width, s * width, spread(lawful)
                while todo != U64(0):
                    k = lowest_bit(todo)
                    todo &= todo - U64(1)
                    now = portfolio[d, i, k]
                    stays = now != EMPTY and to_keep[now] != LOST
                    considered = blocks_seen
                    if stays:  # what is used is always considered
                        considered |= U64(1) << U64(block[now])
                    n_base = everything if considered >> U64(hosts) != U64(0) else newest
                    need = rules[d, FRONTIER] - point - F32(I32(k)) * rules[d, SLOT_STEP]
                    step = U64(min(max(np.int64(need), 0), offer.first.shape[2] - 1))
                    pioneer = offer.first[d, U64(coding >= F32(0.5)), step]
                    loyal = ((per_lab if k == U64(0) else U64(2) * per_lab) + U64(lab_at[now])) * wide
                    first = (U64(3) * per_lab + (U64(pioneer) if pioneer >= 0 else labs)) * wide
                    # a second slot looks for a second lab
                    one = U64(lab_at[portfolio[d, i, U64(k == U64(0))]]) * wide
                    two = U64(lab_at[portfolio[d, i, U64(2) - U64(k > U64(1))]]) * wide
                    three = U64(lab_at[portfolio[d, i, U64(3) - U64(k > U64(2))]]) * wide
                    needs = spread(need)
                    for row in range(n_base // U64(LANES)):
                        a = U64(LANES) * row
                        x = load(seen, a) + codings * load(seen, gap + a) - needs
                        above, below = maximum(x, nil), minimum(x, nil)
                        x = weight * (saturation * above / (saturation + above) + shortfall * below)
                        x = x + (likes_open * load(seen, openness + a) + load(seen, appeal + a))
                        x = x - load(rows, one + a) - load(rows, two + a) - load(rows, three + a)
                        x = x + load(rows, loyal + a) + load(rows, first + a)
                        x = x + load(rows, f0 + a) + load(rows, f1 + a) + load(rows, f2 + a)
                        x = x + load(rows, f3 + a) + load(rows, f4 + a) + load(rows, f5 + a)
                        store(base, a, x)
                    if considered != listed:
                        listed, some = considered, U64(0)
                        for row in range(U64(n // LANES)):  # no branches: what is considered cannot be foreseen
                            walk[some], step_at[row] = row, some
                            some += (considered >> row_block[row]) & U64(1)
                    tops = nevers
                    for number in range(some):
                        row = walk[number]
                        a, h = U64(LANES) * row, row_host[row]
                        constant = offer.at_home[d, r, h] + own * offer.own[h]
                        x = load(base, row_seat[row]) - prices * load(packed.cost, a)
                        x = x - averse * load(packed.foreign, abroad + a) + load(packed.hosting, hosted + a)
                        x = where_any(load(packed.bits, a), lawfuls, x + spread(constant), nevers)
                        tops = maximum(tops, x)
                        store(value, U64(LANES) * number, x)
                    best = largest(tops)
                    if stays:
                        a = U64(place[now])
                        a = step_at[a // U64(LANES)] * U64(LANES) + a % U64(LANES)
                        value[a] += rules[d, MODEL_LOYALTY]
                        best = max(best, value[a])
                    draw = _mix(h_i, k + U64(1))
                    pick = np.int64(EMPTY)
                    if nested:
                        pick = _choose_nested(value, weights, some, walk, packed.nest, terms.dissimilarity[d],
                                              peak, inside, draw, _mix(h_i, k + U64(11)))  # fmt: skip
                    elif best > F32(-1e29):  # written out: a function would count its arrays each time
                        whole, top = np.int64(0), spread(best)
                        for number in range(some):
                            w = _weights_of_eight(load(value, U64(LANES) * number) - top)
                            store(weights, U64(LANES) * number, w)
                            whole += np.int64(summed(w))
                            running[number] = whole
                        rest, stop = _part(draw, whole), U64(0)
                        for row in range(some):  # counted, not searched: where it stops cannot be foreseen
                            stop += U64(running[row] <= rest)
                        rest -= running[stop - U64(1)] if stop > U64(0) else np.int64(0)
                        passed, lane, a = np.int64(0), U64(0), U64(LANES) * stop
                        for j in range(U64(LANES)):
                            passed += weights[a + j]
                            lane += U64(passed <= rest)
                        pick = np.int64(a + lane)
                    if pick != EMPTY:
                        pick = packed.alternative[walk[U64(pick) // U64(LANES)] * U64(LANES) + U64(pick) % U64(LANES)]
                        if k == U64(0) and now != EMPTY and lab_at[now] != lab_at[U64(pick)]:
                            changed[d, i] = month
                    portfolio[d, i, k] = pick
            # what they use
            firms = U64(0)
            for q in range(there):
                i = U64(present[q])
                c = U64(group[d, i])
                a0, a1, a2, a3 = portfolio[d, i, 0], portfolio[d, i, 1], portfolio[d, i, 2], portfolio[d, i, 3]
                mask = U64(a0 != EMPTY) | U64(a1 != EMPTY) << U64(1)
                mask |= U64(a2 != EMPTY) << U64(2) | U64(a3 != EMPTY) << U64(3)
                if mask == U64(0):
                    continue
                stood = float(stands[d, i]) * standing[c]
                amount = float(volume[d, i]) * groups.activity[d, c] * stood
                used[c] = True
                s, at_group = segment[c], c * (width + U64(1))
                table[at_group + U64(place[a0])] += amount * routed[s, mask, 0]
                table[at_group + U64(place[a1])] += amount * routed[s, mask, 1]
                table[at_group + U64(place[a2])] += amount * routed[s, mask, 2]
                table[at_group + U64(place[a3])] += amount * routed[s, mask, 3]
                if a0 != EMPTY:
                    tally.users[d, market[c], U64(a0)] += stood
                present[firms] = i  # who has been passed gives room to the firms among them
                firms += U64(surveyed[c] > 0.0)
            for q in range(firms):
                i = U64(present[q])
                c = group[d, i]
                w = surveyed[c] * standing[c] * float(stands[d, i])
                l0, l1 = lab_at[portfolio[d, i, 0]], lab_at[portfolio[d, i, 1]]
                l2, l3 = lab_at[portfolio[d, i, 2]], lab_at[portfolio[d, i, 3]]
                different = (l0 < labs) + ((l1 < labs) & (l1 != l0)) + ((l2 < labs) & (l2 != l0) & (l2 != l1))
                different += (l3 < labs) & (l3 != l0) & (l3 != l1) & (l3 != l2)
                tally.firms[d, 0] += w
                tally.firms[d, 1] += w * (different >= 3)
                tally.firms[d, 2] += w * (changed[d, i] >= 0 and month - changed[d, i] < 12)
        _account(d, n, packed, table, used, groups.views, tally)
