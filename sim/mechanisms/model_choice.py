"""Which models each developer uses: random utility with portfolios, inertia, contacts and legal bars, compiled.

Each month a few developers reconsider one slot of their portfolio (all who lost a model, some who choose to). For
those alone the utility of every alternative (model line × host) on offer is computed,

    V_a = w · g(c_a + k · coding_a − need) − p · (ln(cost_a) + cost_a / worth) + o · open_a + appeal_a + hosting_sa
          − f · foreign_ra + s · self_a + loyalty + contacts − same-lab penalty,
    g(x) = saturation · x / (saturation + x) above the need, slope · x below it,

and one is drawn with probability proportional to exp(V) by inverse CDF, one uniform a choice. Alternatives are the fast
axis, in rows of eight lanes; sums run lane by lane, so that the order of additions is fixed whatever the processor.
Arithmetic is single precision, plain multiplications and additions; `model_choice_reference.py` repeats it in NumPy.

Source: conditional logit, McFadden (1974), in Zarembka (ed.), Frontiers in Econometrics, 105–142.
"""

from typing import Any

import numba as nb
import numpy as np
from numba.core import types
from numba.extending import intrinsic

F32, I32, U64 = np.float32, np.int32, np.uint64
LANES = 8
SLOTS = 4
EMPTY = 255  # a portfolio slot without a model
NEVER = F32(-1e30)

# columns of `tastes` (draws, developers, 8)
PRICE, CAPABILITY, NEED, CODING, OPEN, AVERSION, SELF_HOST, BAR = range(8)
# rows of `features` (draws, 6, alternatives); appeal outside China and in China
LEVEL, CODING_GAP, LOG_COST, OPENNESS, APPEAL, APPEAL_CHINA = range(6)
# columns of `rules` (draws, 11)
(SATURATION, SHORTFALL, CONTRACT_LOYALTY, CALL_LOYALTY, MODEL_LOYALTY, CONTACT, SAME_LAB, SLOT_STEP, FRONTIER,
 BREAK_EVEN, REWIRE) = range(11)  # fmt: skip
# bits of `access` (draws, alternatives): the legal class of an alternative on offer, 0 if it is not on offer
NEUTRAL, CHINESE_SERVED, CHINESE_OPEN, US_SERVED, US_OPEN = 1, 2, 4, 8, 16
BARRED_CLASSES = 4

_LOG2E, _LN2 = F32(1.44269504), F32(0.69314718)
_U24 = F32(1.0 / 16777216.0)


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
    p = F32(1.8775767e-3)
    p = p * f + F32(8.9893397e-3)
    p = p * f + F32(5.5826318e-2)
    p = p * f + F32(2.4015361e-1)
    p = p * f + F32(6.9315308e-1)
    p = p * f + F32(9.9999994e-1)
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
def _larger(x, y):
    """The larger of two numbers, same unit; unlike `max`, one instruction."""
    return x if x > y else y


@nb.njit(inline="always")
def _choose(value, weight, n, u):
    """Index drawn from utilities, or EMPTY when every one is `NEVER`; fills `weight` with exp(V - max), dimensionless.

    Utilities `value` (alternatives, utils), n a multiple of `LANES`; u in [0, 1). Lane l holds alternatives
    l, l + 8, …: weights are summed down each lane, then across lanes. Eight named sums become one vector register.
    """
    h0 = h1 = h2 = h3 = h4 = h5 = h6 = h7 = NEVER
    for b in range(0, n, LANES):
        h0 = _larger(value[b + 0], h0)
        h1 = _larger(value[b + 1], h1)
        h2 = _larger(value[b + 2], h2)
        h3 = _larger(value[b + 3], h3)
        h4 = _larger(value[b + 4], h4)
        h5 = _larger(value[b + 5], h5)
        h6 = _larger(value[b + 6], h6)
        h7 = _larger(value[b + 7], h7)
    peak = _larger(_larger(_larger(h0, h1), _larger(h2, h3)), _larger(_larger(h4, h5), _larger(h6, h7)))
    if peak <= F32(-1e29):
        return EMPTY
    for a in range(n):
        v = value[a]
        w = _exp(v - peak)
        weight[a] = w if v > F32(-1e29) else F32(0.0)
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = F32(0.0)
    for b in range(0, n, LANES):
        s0 += weight[b]
        s1 += weight[b + 1]
        s2 += weight[b + 2]
        s3 += weight[b + 3]
        s4 += weight[b + 4]
        s5 += weight[b + 5]
        s6 += weight[b + 6]
        s7 += weight[b + 7]
    lanes = (s0, s1, s2, s3, s4, s5, s6, s7)
    rest = u * (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7)
    lane = 0
    for k in range(LANES - 1):
        if lane == k and lanes[k] <= rest:
            rest -= lanes[k]
            lane += 1
    last, summed = EMPTY, F32(0.0)
    for b in range(lane, n, LANES):
        summed += weight[b]
        if weight[b] > F32(0.0):
            last = b
            if summed > rest:
                return b
    if last == EMPTY:  # rounding left a lane without weight: take the best
        for a in range(n):
            if value[a] == peak:
                return a
    return last


@nb.njit(nogil=True, cache=True, error_model="numpy")  # division by zero must not branch
def choose_month(
    seed_keys, month, cell, entry, volume, size, tastes, portfolio, changed, features, access, lab, self_hosted,
    foreign, hosting, region, segment, market, adoption, bars, activity, reconsider, standing, rules, slot_share,
    offsets, views, surveyed, length, by_region, by_segment, by_view, users, firms,
):  # fmt: skip
    """One month of all developers of all draws; updates `portfolio` and `changed`, fills the last five.

    Parameters
    ----------
    seed_keys : uint64 array (draws,), hash keys of (seed, draw); month : int, month number
    cell : uint16 array (draws, developers), region × segment of a developer
    entry : float32 array (draws, developers), quantile at which a developer comes to build on models
    volume : float32 array (draws, developers), own Mtok / month in the base month
    size : uint8 array (draws, developers), models in a full portfolio, 1 to 4
    tastes : float32 array (draws, developers, 8), utils per unit of each driver (need in ECI points, bar as a quantile)
    portfolio : uint8 array (draws, developers, 4), alternative in each slot, or EMPTY
    changed : int32 array (draws, developers), month number of the last change of main vendor, or -1
    features : float32 array (draws, 6, alternatives): ECI points twice, ln USD per task-Mtok, 0/1, utils twice
    access : int32 array (draws, alternatives), legal class bit if on offer; lab : int32 array (alternatives,)
    self_hosted : float32 array (alternatives,), 0/1
    foreign : float32 array (regions, alternatives), 0–1; hosting : float32 array (segments, alternatives), utils
    region, segment : int64 arrays (cells,), indices; market : int64 array (cells,), 1 in China, else 0
    adoption : float32 array (draws, cells), share of developers who build on models
    bars : float32 array (draws, cells, 4), share of developers barred from a legal class
    activity : float64 array (draws, cells), tokens now per token in the base month
    reconsider : float32 array (cells, 2), monthly probability at contract and at call level
    standing : float64 array (cells,), developers that one simulated developer stands for
    rules : float32 array (draws, 11), see the column names above
    slot_share : float64 array (5, 4), share of tokens by slot for each number of models held
    offsets : int64 array (contacts,), ring distances; views : float64 array (views, cells), weights of instruments
    surveyed : float64 array (cells,), survey weight of a firm
    length : float64 array (draws, alternatives), tokens a task takes over those of a plain answer
    by_region : float64 array (draws, regions, alternatives), out, Mtok / month
    by_segment, by_view : float64 arrays (draws, k, alternatives), out, Mtok of plain answers / month
    users : float64 array (draws, 2, alternatives), out, developers by main model, outside China and in China
    firms : float64 array (draws, 3), out, surveyed firms: weight, with three or more labs, new vendor in 12 months
    """
    draws, developers = cell.shape
    width, kinds, cells = features.shape[2], by_region.shape[2], region.shape[0]
    value, likelihood = np.empty(width, F32), np.empty(width, F32)
    index, place = np.zeros(width, np.uint8), np.empty(256, np.uint8)
    seen, seen_offer, seen_lab = np.zeros((6, width), F32), np.zeros(width, I32), np.zeros(width, I32)
    seen_self, standing_offer = np.zeros(width, F32), np.full(256, I32(-1))  # an empty slot cannot be lost
    seen_foreign, seen_host = np.zeros((foreign.shape[0], width), F32), np.zeros((hosting.shape[0], width), F32)
    table, used = np.zeros((cells, kinds + 1)), np.zeros(cells, np.bool_)
    leader = np.empty(developers, np.uint8)
    todo = np.zeros(SLOTS, np.bool_)
    for d in range(draws):
        month_key = _mix(seed_keys[d], U64(month) + U64(1))
        contact_key = _mix(seed_keys[d], U64(0xC0117AC7))
        offer = access[d]
        standing_offer[:kinds] = offer[:kinds]
        count = 0  # only what is on offer is looked at: pack it together
        place[:] = EMPTY
        for a in range(kinds):
            if offer[a] != 0:
                index[count], place[a] = a, count
                count += 1
        n = max(-(-count // LANES) * LANES, LANES)
        for j in range(n):
            a = index[j]
            seen_offer[j] = offer[a] if j < count else 0
            seen_lab[j], seen_self[j] = lab[a], self_hosted[a]
            for row in range(6):
                seen[row, j] = features[d, row, a]
            for r in range(foreign.shape[0]):
                seen_foreign[r, j] = foreign[r, a]
            for s in range(hosting.shape[0]):
                seen_host[s, j] = hosting[s, a]
        level, gap, cost, openness = seen[LEVEL], seen[CODING_GAP], seen[LOG_COST], seen[OPENNESS]
        saturation, shortfall = rules[d, SATURATION], rules[d, SHORTFALL]
        same_lab, contact = rules[d, SAME_LAB], rules[d, CONTACT]
        for i in range(developers):
            leader[i] = portfolio[d, i, 0]
        for i in range(developers):
            c = cell[d, i]
            if entry[d, i] >= adoption[d, c]:
                continue
            allowed = I32(NEUTRAL)
            for k in range(BARRED_CLASSES):
                if tastes[d, i, BAR] >= bars[d, c, k]:
                    allowed |= I32(2) << I32(k)
            # who reconsiders what
            h = _mix(month_key, U64(i))
            u = _uniform(h)
            held = np.int64(size[d, i])
            any_slot = False
            for k in range(SLOTS):
                todo[k] = (standing_offer[portfolio[d, i, k]] & allowed) == 0
                any_slot |= todo[k]
            if any_slot:
                for k in range(SLOTS):
                    portfolio[d, i, k] = EMPTY if todo[k] else portfolio[d, i, k]
            if portfolio[d, i, 0] == EMPTY:
                todo[0] = True
                any_slot = True
            contract, call = reconsider[c, 0], reconsider[c, 1]
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
                own = tastes[d, i, SELF_HOST] - price * _log(
                    F32(1.0) + rules[d, BREAK_EVEN] / (volume[d, i] * F32(activity[d, c]))
                )
                abroad, host, appeal = seen_foreign[r], seen_host[s], seen[APPEAL + market[c]]
                for k in range(held):
                    if not todo[k]:
                        continue
                    need = rules[d, FRONTIER] - tastes[d, i, NEED] - F32(k) * rules[d, SLOT_STEP]
                    for a in range(n):  # three passes over few arrays each: one over ten does not vectorise
                        x = level[a] + coding * gap[a] - need
                        above = x if x > F32(0.0) else F32(0.0)
                        below = x if x < F32(0.0) else F32(0.0)
                        value[a] = weight * (saturation * above / (saturation + above) + shortfall * below)
                    for a in range(n):
                        value[a] += likes_open * openness[a] - price * cost[a] + appeal[a]
                    for a in range(n):
                        value[a] += host[a] - averse * abroad[a] + own * seen_self[a]
                    for a in range(n):
                        value[a] = value[a] if (seen_offer[a] & allowed) != 0 else NEVER
                    for j in range(held):  # a second slot looks for a second lab
                        if j != k and portfolio[d, i, j] != EMPTY:
                            other = lab[portfolio[d, i, j]]
                            for a in range(n):
                                value[a] -= same_lab if seen_lab[a] == other else F32(0.0)
                    now = portfolio[d, i, k]
                    if now != EMPTY:
                        loyalty = rules[d, CONTRACT_LOYALTY] if k == 0 else rules[d, CALL_LOYALTY]
                        mine = lab[now]
                        for a in range(n):
                            value[a] += loyalty if seen_lab[a] == mine else F32(0.0)
                        value[place[now]] += rules[d, MODEL_LOYALTY]
                    for m in range(offsets.shape[0]):
                        hc = _mix(contact_key, U64(i) * U64(offsets.shape[0]) + U64(m))
                        if _uniform(hc) < rules[d, REWIRE]:
                            friend = np.int64((hc & U64(0xFFFFFFFF)) % U64(developers))
                        else:
                            friend = (i + offsets[m]) % developers
                        theirs = leader[friend]
                        if theirs != EMPTY:
                            first = (np.int64(theirs) // 3) * 3
                            for a in range(first, first + 3):
                                if place[a] != EMPTY:
                                    value[place[a]] += contact
                    pick = _choose(value, likelihood, n, _uniform(_mix(h, U64(k) + U64(1))))
                    if pick != EMPTY:
                        pick = np.int64(index[pick])
                    if k == 0 and now != EMPTY and pick != EMPTY and lab[now] != lab[pick]:
                        changed[d, i] = month
                    portfolio[d, i, k] = pick
                    todo[k] = False
            # what they use
            filled = 0
            for k in range(SLOTS):
                filled += portfolio[d, i, k] != EMPTY
            if filled == 0:
                continue
            amount = float(volume[d, i]) * activity[d, c] * standing[c]
            used[c] = True
            j = 0
            for k in range(SLOTS):  # what an empty slot gets goes to a column nobody reads: cheaper than a branch
                table[c, min(portfolio[d, i, k], kinds)] += amount * slot_share[filled, j]
                j = min(j + (portfolio[d, i, k] != EMPTY), SLOTS - 1)
            main = portfolio[d, i, 0]
            if main != EMPTY:
                users[d, market[c], main] += standing[c]
            if surveyed[c] > 0.0:
                w = surveyed[c] * standing[c]
                labs = 0
                for k in range(held):
                    fresh = portfolio[d, i, k] != EMPTY
                    for j in range(k):
                        if fresh and portfolio[d, i, j] != EMPTY and lab[portfolio[d, i, j]] == lab[portfolio[d, i, k]]:
                            fresh = False
                    labs += fresh
                firms[d, 0] += w
                if labs >= 3:
                    firms[d, 1] += w
                if changed[d, i] >= 0 and month - changed[d, i] < 12:
                    firms[d, 2] += w
        for c in range(cells):
            if not used[c]:
                continue
            r, s = region[c], segment[c]
            for a in range(kinds):
                by_region[d, r, a] += table[c, a] * length[d, a]
            for a in range(kinds):
                by_segment[d, s, a] += table[c, a]
            for v in range(views.shape[0]):
                w = views[v, c]
                if w > 0.0:
                    for a in range(kinds):
                        by_view[d, v, a] += w * table[c, a]
            table[c] = 0.0
            used[c] = False
