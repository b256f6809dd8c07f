"""Rating and thresholds → free, notify, case by case, presumption of denial.

Leaves out
----------
* End-use and end-user rules, entity listings by name and de-minimis content.
* Licences as cases: a status is given, and the share let through is part of `trade_gate`.
* Interpretation: a product passes a bound or does not.
"""

from dataclasses import dataclass

import numpy as np

FREE, NOTIFY, CASE_BY_CASE, DENIAL = 0, 1, 2, 3
STATUS = ("free", "notify", "case_by_case", "presumption_of_denial")


def quantity(limb):
    """The rating that a limb tests, such as "bandwidth_gb_s" for "bandwidth_max_gb_s"; text, dimensionless."""
    return limb.replace("_min", "").replace("_max", "")


def caught(rating, test, named=True):
    """Whether each rule's limbs are all met by each product; a limb that is nan is no test.

    Parameters
    ----------
    rating : dict of array (products,): tpp (TPP), performance_density (TPP / mm²), bandwidth_gb_s, interconnect_gb_s,
        memory_and_interconnect_gb_s (GB / s), hbm_density_gb_s_mm2 (GB / s / mm²); nan where not known
    test : dict of array (rules,) or (draws, rules): tpp_min, tpp_max, bandwidth_min_gb_s and so on, in the same units
    named : bool array (rules, products) or True, whether a rule is for the product; a rule may name its parts

    Returns
    -------
    bool array (rules, products) or (draws, rules, products); a product whose rating is not known fails limbs on it
    """
    met = named
    for limb, bound in test.items():
        bound = np.asarray(bound, dtype=float)[..., :, None]
        value = rating[quantity(limb)]
        passed = value < bound if "_max" in limb else value >= bound
        met = met & (passed | np.isnan(bound))
    return met


def licence_status(is_caught, rule_status, active, eases, since):
    """The licence status of each product: the strictest rule that catches it, eased by a window.

        status = strictest of the rules whose limbs are all met, or that of a window where it is a denial

    Parameters
    ----------
    is_caught : bool array (..., rules, products), dimensionless
    rule_status : int array (rules,), FREE to DENIAL, dimensionless
    active : bool array (rules,), whether the rule is in force
    eases : bool array (rules,), whether the rule is a window: it restricts nothing and lifts a denial to its own status
    since : int array (rules,), months from which the rules hold; a window lifts no denial that is newer than itself

    Returns
    -------
    int array (..., products), FREE to DENIAL, dimensionless
    """
    hit, code = is_caught & active[:, None], rule_status[:, None]
    strict = np.where(hit & ~eases[:, None], code, FREE).max(axis=-2, initial=FREE)
    window = np.where(_windows(hit, code, eases, since), code, DENIAL).min(axis=-2, initial=DENIAL)
    return np.where(strict == DENIAL, window, strict)


def _windows(hit, code, eases, since):
    """Which windows are open to each product, bool array (..., rules, products)."""
    since = since[:, None]
    newest = np.where(hit & ~eases[:, None] & (code == DENIAL), since, 0).max(axis=-2, keepdims=True, initial=0)
    return hit & eases[:, None] & (since >= newest)


@dataclass(frozen=True)
class Judgement:
    """What the rules say of each product and why: int arrays (..., products), dimensionless; -1 where there is none.

    Attributes
    ----------
    status : FREE to DENIAL
    rule : index of the first of the strictest rules that catch the product
    limb : index, in the order of the tests, of that rule's bound which the product passes by the smallest ratio
    window : index of the first window that eases a denial
    """

    status: np.ndarray
    rule: np.ndarray
    limb: np.ndarray
    window: np.ndarray


def judge(rating, tests, rule_status, active, eases, since, named=True, subject=True):
    """The licence status of each product with the rule and the limb that decided it.

    Parameters
    ----------
    rating, tests, rule_status, active, eases, since, named, subject : as `status_of` takes them, in the same units

    Returns
    -------
    Judgement of int arrays (..., products), dimensionless; products that are not subject are FREE
    """
    is_caught, code = caught(rating, tests, named), rule_status[:, None]
    status = status_of(rating, tests, rule_status, active, eases, since, named, subject)
    hit = is_caught & active[:, None]
    weight = np.where(hit & ~eases[:, None], code, FREE)
    strict = weight.max(axis=-2, keepdims=True, initial=FREE)
    rule = np.where(status > FREE, _first((weight > FREE) & (weight == strict)), -1)
    eased = subject & (strict[..., 0, :] == DENIAL) & (status < DENIAL)
    window = np.where(eased, _first(_windows(hit, code, eases, since)), -1)
    return Judgement(status, rule, _closest_limb(rating, tests, rule), window)


def status_of(rating, tests, rule_status, active, eases, since, named=True, subject=True):
    """The licence status of each product, without the reason.

    Parameters
    ----------
    rating : dict of array (products,), as in `caught`
    tests : dict of array (rules,) or (draws, rules), as in `caught`
    rule_status : int array (rules,), FREE to DENIAL, dimensionless
    active : bool array (rules,), whether the rule is in force
    eases : bool array (rules,), whether the rule is a window
    since : int array (rules,), months from which the rules hold
    named : bool array (rules, products) or True, whether the rule is for the product
    subject : bool array (..., products) or bool, whether the rules apply to the product at all

    Returns
    -------
    int array (..., products), FREE to DENIAL, dimensionless; products that are not subject are FREE
    """
    on = np.flatnonzero(active)  # most rules of a long record are not
    tests = {limb: np.asarray(bound, dtype=float)[..., on] for limb, bound in tests.items()}
    tests = {limb: bound for limb, bound in tests.items() if named is True or not np.isnan(bound).all()}
    is_caught = caught(rating, tests, named if named is True else named[on])
    return np.where(subject, licence_status(is_caught, rule_status[on], active[on], eases[on], since[on]), FREE)


def _first(mask):
    """Index of the first rule that holds, int array (..., products), -1 if none; mask: bool (..., rules, products)."""
    return np.where(mask.any(axis=-2), mask.argmax(axis=-2), -1) if mask.shape[-2] else mask.any(axis=-2) - 1


def _closest_limb(rating, tests, rule):
    """Index of the bound of each product's rule that it passes by the smallest ratio, int array (..., products)."""
    nearest, limb = np.full(rule.shape, np.inf), np.full(rule.shape, -1)
    for index, (name, bound) in enumerate(tests.items()):
        if not np.shape(bound)[-1]:
            break
        bound = np.broadcast_to(bound, (*rule.shape[:-1], np.shape(bound)[-1]))
        bound = np.take_along_axis(bound, np.maximum(rule, 0), axis=-1)
        value = rating[quantity(name)]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = bound / value if "_max" in name else value / bound
        closer = (rule >= 0) & (ratio < nearest)
        nearest, limb = np.where(closer, ratio, nearest), np.where(closer, index, limb)
    return limb
