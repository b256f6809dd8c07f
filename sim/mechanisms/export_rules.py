"""Rating and thresholds → free, notify, case by case, presumption of denial."""

from dataclasses import dataclass

import numpy as np

FREE, NOTIFY, CASE_BY_CASE, DENIAL = 0, 1, 2, 3
STATUS = ("free", "notify", "case_by_case", "presumption_of_denial")


def caught(rating, test):
    """Whether each rule's limbs are all met by each product; a limb that is nan is no test.

    Parameters
    ----------
    rating : dict of array (products,): tpp (TPP), performance_density (TPP / mm²), bandwidth_gb_s, interconnect_gb_s
    test : dict of array (rules,) or (draws, rules): tpp_min, tpp_max, performance_density_min,
        performance_density_max, bandwidth_min_gb_s, bandwidth_max_gb_s, interconnect_min_gb_s, in the same units

    Returns
    -------
    bool array (rules, products) or (draws, rules, products); a product whose density is unknown fails density limbs
    """
    met = True
    for limb, bound in test.items():
        bound = np.asarray(bound, dtype=float)[..., :, None]
        value = rating[limb.replace("_min", "").replace("_max", "")]
        passed = value < bound if "_max" in limb else value >= bound
        met = met & (passed | np.isnan(bound))
    return met


def licence_status(is_caught, rule_status, active):
    """The licence status of each product: the strictest rule that catches it, eased by a case-by-case window.

    Parameters
    ----------
    is_caught : bool array (..., rules, products), dimensionless
    rule_status : int array (rules,), NOTIFY, CASE_BY_CASE or DENIAL, dimensionless
    active : bool array (rules,), whether the rule is in force

    Returns
    -------
    int array (..., products), FREE to DENIAL, dimensionless; a window (CASE_BY_CASE) turns denial into case by case
    """
    hit = is_caught & active[:, None]
    strict = np.where(hit & (rule_status != CASE_BY_CASE)[:, None], rule_status[:, None], FREE).max(axis=-2, initial=0)
    window = (hit & (rule_status == CASE_BY_CASE)[:, None]).any(axis=-2)
    return np.where((strict == DENIAL) & window, CASE_BY_CASE, strict)


@dataclass(frozen=True)
class Judgement:
    """What the rules say of each product and why: int arrays (..., products), dimensionless; -1 where there is none.

    Attributes
    ----------
    status : FREE to DENIAL
    rule : index of the first of the strictest rules that catch the product
    limb : index, in the order of the tests, of that rule's bound which the product passes by the smallest ratio
    window : index of the first window that eases denial into case by case
    """

    status: np.ndarray
    rule: np.ndarray
    limb: np.ndarray
    window: np.ndarray


def judge(rating, tests, rule_status, active, subject=True):
    """The licence status of each product with the rule and the limb that decided it.

    Parameters
    ----------
    rating : dict of array (products,), as in `caught`
    tests : dict of array (rules,) or (draws, rules), as in `caught`
    rule_status : int array (rules,), NOTIFY, CASE_BY_CASE or DENIAL, dimensionless
    active : bool array (rules,), whether the rule is in force
    subject : bool array (..., products) or bool, whether the rules apply to the product at all

    Returns
    -------
    Judgement of int arrays (..., products), dimensionless; products that are not subject are FREE
    """
    is_caught, code = caught(rating, tests), rule_status[:, None]
    status = np.where(subject, licence_status(is_caught, rule_status, active), FREE)
    hit = is_caught & active[:, None]
    weight = np.where(hit & (code != CASE_BY_CASE), code, FREE)
    strictest = _first((weight > FREE) & (weight == weight.max(axis=-2, keepdims=True, initial=FREE)))
    rule = np.where(status > FREE, strictest, -1)
    window = np.where(status == CASE_BY_CASE, _first(hit & (code == CASE_BY_CASE)), -1)
    return Judgement(status, rule, _closest_limb(rating, tests, rule), window)


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
        value = rating[name.replace("_min", "").replace("_max", "")]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = bound / value if "_max" in name else value / bound
        closer = (rule >= 0) & (ratio < nearest)
        nearest, limb = np.where(closer, ratio, nearest), np.where(closer, index, limb)
    return limb
