"""Rating and thresholds → free, notify, case by case, presumption of denial."""

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
