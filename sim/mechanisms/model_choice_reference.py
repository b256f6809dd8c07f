"""The developers' month again, slowly, in NumPy: what `model_choice.py` compiles must agree choice by choice."""

from typing import Any

import numpy as np

from . import model_choice as k
from .population import mix

F32 = np.float32


def _uniform(h):
    """The top 24 bits of a hash as a number in [0, 1), dimensionless."""
    return F32(int(h) >> 40) * F32(1.0 / 16777216.0)


def exponential(x):
    """e^x in single precision for x ≤ 0, the polynomial of the compiled kernel: float32 array, dimensionless."""
    z = np.maximum(x * F32(1.44269504), F32(-126.0))
    whole = np.floor(z)
    f = z - whole
    p: Any = F32(1.8775767e-3)
    for c in (8.9893397e-3, 5.5826318e-2, 2.4015361e-1, 6.9315308e-1, 9.9999994e-1):
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


def choose(value, on_offer, u):
    """Index drawn from utilities (alternatives, utils) of what is on offer, or EMPTY; dimensionless."""
    index = np.flatnonzero(on_offer)
    packed = np.full(max(-(-len(index) // k.LANES), 1) * k.LANES, k.NEVER)
    packed[: len(index)] = value[index]
    pick = _choose(packed, u)
    return pick if pick == k.EMPTY else int(index[pick])


def _choose(value, u):
    """The same from packed utilities, whole rows of lanes; dimensionless."""
    peak = value.max()
    if peak <= F32(-1e29):
        return k.EMPTY
    weight: Any = np.where(value > F32(-1e29), exponential(value - peak), F32(0.0)).reshape(-1, k.LANES)
    lanes: Any = np.zeros(k.LANES, F32)
    for row in weight:
        lanes = lanes + row
    whole = lanes[0]
    for lane in lanes[1:]:
        whole = whole + lane
    rest: Any = u * whole
    lane = 0
    while lane < k.LANES - 1 and lanes[lane] <= rest:
        rest, lane = rest - lanes[lane], lane + 1
    last: Any = None
    summed = F32(0.0)
    for row, w in enumerate(weight[:, lane]):
        summed = summed + w
        if w > 0:
            last = row * k.LANES + lane
            if summed > rest:
                break
    return int(np.argmax(value)) if last is None else last


def utilities(d, i, slot, slots, leaders, a):
    """Utility of every alternative for one slot of one developer.

    Parameters
    ----------
    d, i, slot : int, draw, developer and slot
    slots : uint8 array (4,), the developer's portfolio; leaders : uint8 array (developers,), main models last month
    a : dict, the arguments of `choose_month` by name

    Returns
    -------
    float32 array (alternatives,), utils
    """
    group, taste, rules = a["cell"][d, i], a["tastes"][d, i], a["rules"][d]
    region, segment = a["region"][group], a["segment"][group]
    features, lab = a["features"][d], a["lab"]
    x: Any = features[k.LEVEL] + taste[k.CODING] * features[k.CODING_GAP] - (
        rules[k.FRONTIER] - taste[k.NEED] - F32(slot) * rules[k.SLOT_STEP])  # fmt: skip
    above, below = np.maximum(x, F32(0.0)), np.minimum(x, F32(0.0))
    value = taste[k.CAPABILITY] * (
        rules[k.SATURATION] * above / (rules[k.SATURATION] + above) + rules[k.SHORTFALL] * below)  # fmt: skip
    appeal = features[k.APPEAL + a["market"][group]]
    value = value + (taste[k.OPEN] * features[k.OPENNESS] - taste[k.PRICE] * features[k.LOG_COST] + appeal)
    own_use = a["volume"][d, i] * F32(a["activity"][d, group])
    own = taste[k.SELF_HOST] - taste[k.PRICE] * logarithm(F32(1.0) + rules[k.BREAK_EVEN] / own_use)
    value = value + (a["hosting"][segment] - taste[k.AVERSION] * a["foreign"][region] + own * a["self_hosted"])
    value = np.where((a["access"][d] & allowed_classes(d, i, a)) != 0, value, k.NEVER)
    for j, held in enumerate(slots[: a["size"][d, i]]):
        if j != slot and held != k.EMPTY:
            value = value - np.where(lab == lab[held], rules[k.SAME_LAB], F32(0.0))
    now = slots[slot]
    if now != k.EMPTY:
        loyalty = rules[k.CONTRACT_LOYALTY] if slot == 0 else rules[k.CALL_LOYALTY]
        value = value + np.where(lab == lab[now], loyalty, F32(0.0))
        value[now] += rules[k.MODEL_LOYALTY]
    key, ties, n = mix(a["seed_keys"][d], 0xC0117AC7), len(a["offsets"]), len(leaders)
    for m, offset in enumerate(a["offsets"]):
        h = mix(key, i * ties + m)
        friend = (int(h) & 0xFFFFFFFF) % n if _uniform(h) < rules[k.REWIRE] else (i + offset) % n
        if leaders[friend] != k.EMPTY:
            first = leaders[friend] // 3 * 3
            value[first : first + 3] += rules[k.CONTACT]
    return value


def allowed_classes(d, i, a):
    """Bits of the legal classes that one developer may use, int (dimensionless); arguments as in `utilities`."""
    bars, bits = a["bars"][d, a["cell"][d, i]], k.NEUTRAL
    for kind in range(k.BARRED_CLASSES):
        bits |= (2 << kind) if a["tastes"][d, i, k.BAR] >= bars[kind] else 0
    return bits


def slots_to_choose(d, i, slots, u, a):
    """Slots a developer fills or reconsiders this month; a model that is gone leaves its slot.

    Parameters
    ----------
    d, i : int, draw and developer; slots : uint8 array (4,), the portfolio, changed in place
    u : float32, uniform number of the month; a : dict, the arguments of `choose_month` by name

    Returns
    -------
    list of int, slots in order (dimensionless)
    """
    size, allowed = int(a["size"][d, i]), allowed_classes(d, i, a)
    lost = [j for j in range(size) if slots[j] != k.EMPTY and not a["access"][d, slots[j]] & allowed]
    slots[lost] = k.EMPTY
    chosen = set(lost) | ({0} if slots[0] == k.EMPTY else set())
    contract, call = a["reconsider"][a["cell"][d, i]]
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
    a : dict, the arguments of `choose_month` by name, in its units; totals are left alone
    """
    for d in range(len(a["seed_keys"])):
        n = a["cell"].shape[1]
        month_key = mix(a["seed_keys"][d], a["month"] + 1)
        leaders = a["portfolio"][d, :, 0].copy()
        for i in range(n):
            if a["entry"][d, i] >= a["adoption"][d, a["cell"][d, i]]:
                continue
            slots, h = a["portfolio"][d, i], mix(month_key, i)
            for slot in slots_to_choose(d, i, slots, _uniform(h), a):
                before = slots[slot]
                pick = choose(utilities(d, i, slot, slots, leaders, a), a["access"][d] != 0, _uniform(mix(h, slot + 1)))
                if slot == 0 and k.EMPTY not in (before, pick) and a["lab"][before] != a["lab"][pick]:
                    a["changed"][d, i] = a["month"]
                slots[slot] = pick
