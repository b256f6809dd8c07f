"""The developers' month again, slowly, in NumPy: what `model_choice.py` compiles must agree choice by choice."""

from typing import Any

import numpy as np

from ..numerics import mix
from . import model_choice as k

F32 = np.float32
ONE = F32(1.0)


def _uniform(h):
    """The top 24 bits of a hash as a number in [0, 1), dimensionless."""
    return F32(int(h) >> 40) * F32(1.0 / 16777216.0)


def exponential(x):
    """e^x in single precision for x ≤ 0, the polynomial of the compiled kernel: float32 array, dimensionless."""
    z = np.maximum(x * F32(1.44269504), F32(-126.0))
    whole = np.floor(z)
    f = z - whole
    p: Any = F32(1.3534166e-2)
    for c in (5.2011464e-2, 2.4144275e-1, 6.9300383e-1, 1.0000026):
        p = p * f + F32(c)
    return p * ((whole.astype(np.int32) + np.int32(127)) << np.int32(23)).view(F32)


def logarithm(x):
    """ln x in single precision, the polynomial of the compiled kernel: float32, dimensionless."""
    bits = np.array([x], F32).view(np.int32)
    e = ((bits >> np.int32(23)) - np.int32(127)).astype(F32)
    m = ((bits & np.int32(0x007FFFFF)) | np.int32(0x3F800000)).view(F32) - F32(1.0)
    p: Any = F32(-0.02024458)
    for c in (0.09118901, -0.1999248, 0.3207187, -0.4985423, 0.9999488):
        p = p * m + F32(c)
    return ((e + p * m * F32(1.44269504)) * F32(0.69314718))[0]


def packed(access, newest):
    """Alternatives on offer in the kernel's order: newest and former, host after host, vintages at most hosts first.

    Parameters
    ----------
    access : int array (hosts, vintages), legal class of what is on offer, else 0; newest : bool array (vintages,)

    Returns
    -------
    int array (on offer,), alternative (dimensionless)
    """
    hosts, vintages = access.shape
    at_hosts = (access != 0).sum(axis=0)
    order = [v for number in range(hosts, 0, -1) for v in range(vintages) if at_hosts[v] == number]
    return np.array([h * vintages + v for now in (True, False) for h in range(hosts) for v in order
                     if access[h, v] and newest[v] == now], dtype=np.int64)  # fmt: skip


def weights(value, dissimilarity=ONE):
    """Weights of utilities (float32 array, utils) against the largest, whole units of 2^-22: int array."""
    return (exponential((value - value.max()) / dissimilarity) * k.UNITS).astype(np.int32).astype(np.int64)


def drawn(weight, h):
    """Where the running sum of whole weights first exceeds the part of the whole that a hash draws; dimensionless."""
    part = (int(h) >> 40) * int(weight.sum()) >> 24
    return int(np.searchsorted(np.cumsum(weight), part, side="right"))


def choose(value, places, h):
    """Alternative drawn by conditional logit, or EMPTY; dimensionless.

    Parameters
    ----------
    value : float32 array (alternatives,), utils; places : int array, alternatives in order; h : uint64, a hash
    """
    places = places[value[places] > F32(-1e29)]
    return int(places[drawn(weights(value[places]), h)]) if len(places) else k.EMPTY


def choose_nested(value, places, nest, dissimilarity, h, h2):
    """Alternative drawn by nested logit, or EMPTY; dimensionless.

    Parameters
    ----------
    value, places : as in `choose`; nest : int array (alternatives,); dissimilarity : float32 array (nests,)
    h, h2 : uint64, hashes for the nest and for the alternative in it
    """
    places = places[value[places] > F32(-1e29)]
    if len(places) == 0:
        return k.EMPTY
    nests = np.unique(nest[places])
    members = [places[nest[places] == g] for g in nests]
    inside = [weights(value[m], dissimilarity[g]) for m, g in zip(members, nests, strict=True)]
    inclusive: Any = np.array([
        value[m].max() + dissimilarity[g] * logarithm(F32(w.sum()) / k.UNITS)
        for m, w, g in zip(members, inside, nests, strict=True)], F32)  # fmt: skip
    chosen = drawn(weights(inclusive), h)
    return int(members[chosen][drawn(inside[chosen], h2)])


def utilities(d, i, slot, slots, leaders, a):
    """Utility of every alternative for one slot of one developer.

    Parameters
    ----------
    d, i, slot : int, draw, developer and slot
    slots : int list (4,), the developer's portfolio; leaders : int array (developers,), main models last month
    a : Month, the arguments of `choose_month`

    Returns
    -------
    float32 array (alternatives,), utils
    """
    people, offer, groups, rules = a.people, a.offer, a.groups, a.terms.rules[d]
    group, taste = people.group[d, i], people.tastes[d, i]
    region, segment = groups.region[group], groups.segment[group]
    hosts, vintages = offer.access.shape[1:]
    features = offer.features[d]
    need = rules[k.FRONTIER] - taste[k.NEED] - F32(slot) * rules[k.SLOT_STEP]
    x: Any = features[k.LEVEL] + taste[k.CODING] * features[k.CODING_GAP] - need
    above, below = np.maximum(x, F32(0.0)), np.minimum(x, F32(0.0))
    worth = taste[k.CAPABILITY] * (
        rules[k.SATURATION] * above / (rules[k.SATURATION] + above) + rules[k.SHORTFALL] * below)  # fmt: skip
    worth = worth + (taste[k.OPEN] * features[k.OPENNESS] + features[k.APPEAL + groups.market[group]])
    for j, held in enumerate(slots[: people.size[d, i]]):
        if j != slot and held != k.EMPTY:
            worth = worth - np.where(offer.lab == offer.lab[held % vintages], rules[k.SAME_LAB], F32(0.0))
    now = slots[slot]
    if now != k.EMPTY:
        loyalty = rules[k.CONTRACT_LOYALTY] if slot == 0 else rules[k.CALL_LOYALTY]
        worth = worth + np.where(offer.lab == offer.lab[now % vintages], loyalty, F32(0.0))
    table = offer.first[d, 1 if taste[k.CODING] >= 0.5 else 0]
    pioneer = table[min(max(int(need), 0), len(table) - 1)]
    worth = worth + np.where((pioneer >= 0) & (offer.lab == pioneer), rules[k.FIRST], F32(0.0))
    key, ties, n = mix(people.keys[d], 0xC0117AC7), len(a.offsets), len(leaders)
    for m, offset in enumerate(a.offsets):
        h = mix(key, i * ties + m)
        friend = (int(h) & 0xFFFFFFFF) * n >> 32 if _uniform(h) < rules[k.REWIRE] else (i + offset) % n
        if leaders[friend] != k.EMPTY:
            theirs = offer.line[leaders[friend] % vintages]
            worth = worth + np.where(offer.line == theirs, rules[k.CONTACT], F32(0.0))
    own_use = people.volume[d, i] * F32(groups.activity[d, group])
    own = taste[k.SELF_HOST] - taste[k.PRICE] * (
        groups.own_rent[d, region] + logarithm(F32(1.0) + rules[k.BREAK_EVEN] / own_use))  # fmt: skip
    constant = (offer.at_home[d, region] + own * offer.own)[:, None]
    value = worth - taste[k.PRICE] * offer.log_cost[d] - taste[k.AVERSION] * offer.foreign[region]
    value = value + offer.hosting[segment] + constant
    value = np.where((offer.access[d] & allowed_classes(d, i, a)) != 0, value, k.NEVER).ravel()
    seen = considered(d, i, a)
    if now != k.EMPTY and offer.access[d].ravel()[now] and not offer.gone[d, now % vintages]:
        value[now] += rules[k.MODEL_LOYALTY]
        seen[now // vintages] |= offer.newest[d] == offer.newest[d, now % vintages]  # its host's block, new or former
    return np.where(seen.ravel(), value, k.NEVER)


def considered(d, i, a):
    """What a developer considers, bool array (hosts, vintages), dimensionless; arguments as in `utilities`."""
    who, group = mix(mix(a.people.keys[d], 0x40575), i), a.people.group[d, i]
    reach = a.offer.reach[d, a.groups.region[group]]
    chance = np.array([_uniform(mix(who, h)) < share for h, share in enumerate(reach)])
    use = a.people.volume[d, i] * F32(a.groups.activity[d, group])
    at = chance & ((a.offer.own == 0) | (use >= a.terms.rules[d, k.OWN_FROM]))
    looks_back = _uniform(mix(who, len(reach))) < a.terms.rules[d, k.LOOKS_BACK]
    return at[:, None] & (a.offer.newest[d] | looks_back)


def allowed_classes(d, i, a):
    """Bits of the legal classes that one developer may use, int (dimensionless); arguments as in `utilities`."""
    bars, bits = a.groups.bars[d, a.people.group[d, i]], k.NEUTRAL
    for kind in range(k.BARRED_CLASSES):
        bits |= (2 << kind) if a.people.tastes[d, i, k.BAR] >= bars[kind] else 0
    return bits


def slots_to_choose(d, i, slots, h, a):
    """Slots a developer fills or reconsiders this month; some move on to the next vintage of what they use.

    Parameters
    ----------
    d, i : int, draw and developer; slots : int list (4,), the portfolio, changed in place
    h : uint64, hash of developer and month; a : Month, the arguments of `choose_month`

    Returns
    -------
    list of int, slots in order (dimensionless)
    """
    offer, size, allowed, u = a.offer, int(a.people.size[d, i]), allowed_classes(d, i, a), _uniform(h)
    vintages, access = offer.access.shape[2], offer.access[d].ravel()
    chosen = set()
    for j in range(size):
        if slots[j] == k.EMPTY:
            continue
        v = slots[j] % vintages
        if offer.successor[d, v] >= 0 and _uniform(mix(h, 20 + j)) < a.terms.rules[d, k.UPGRADE]:
            new = slots[j] - v + offer.successor[d, v]
            if access[new] & allowed:
                slots[j] = new
                continue
        if offer.gone[d, v] or not access[slots[j]] & allowed:
            chosen.add(j)
    chosen |= {0} if slots[0] == k.EMPTY else set()
    contract, call = a.groups.reconsider[a.people.group[d, i]]
    if u < contract:
        chosen.add(0)
    elif u < contract + call and size > 1:
        turn = min(1 + int((u - contract) / call * F32(size - 1)), size - 1)
        empty = [j for j in range(1, size) if slots[j] == k.EMPTY]
        chosen.add(empty[0] if empty else turn)
    return sorted(chosen)


def choose_month_reference(a):
    """Updates ``portfolio`` and ``changed`` as `choose_month` does, one developer after another.

    Parameters
    ----------
    a : object with the arguments of `choose_month` by name, in its units; the tally is left alone
    """
    people, offer = a.people, a.offer
    hosts, vintages = offer.access.shape[1:]
    for d in range(len(people.keys)):
        month_key, places = mix(people.keys[d], a.month + 1), packed(offer.access[d], offer.newest[d])
        leaders = people.portfolio[d, :, 0].copy()
        opened = (offer.features[d, k.OPENNESS] > 0).astype(int)
        nest = np.stack([offer.nest[h, opened] for h in range(hosts)]).ravel()
        for i in range(people.group.shape[1]):
            if people.entry[d, i] >= a.groups.adoption[d, people.group[d, i]]:
                continue
            slots, h = [int(x) for x in people.portfolio[d, i]], mix(month_key, i)
            for slot in slots_to_choose(d, i, slots, h, a):
                before, value = slots[slot], utilities(d, i, slot, slots, leaders, a)
                key = mix(h, slot + 1)
                if a.nested:
                    pick = choose_nested(value, places, nest, a.terms.dissimilarity[d], key, mix(h, slot + 11))
                else:
                    pick = choose(value, places, key)
                if slot == 0 and k.EMPTY not in (before, pick):
                    if offer.lab[before % vintages] != offer.lab[pick % vintages]:
                        people.changed[d, i] = a.month
                slots[slot] = pick
            people.portfolio[d, i] = slots
