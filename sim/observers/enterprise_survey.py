"""A survey of firms in the United States: workloads, spending on calls, portfolios and changes of vendor.

Sees
----
Workloads (tasks, whatever their length) of surveyed firms, hosted or self-hosted, by origin and openness of the model;
spending on calls by laboratory, self-hosting left out; how many laboratories a firm uses, and who changed vendor.

Coverage
--------
segments.survey_weight, regions.survey_factor, observers_adoption.survey_unreported_chinese

Bias
----
Far below the truth for Chinese models: buyers of software in large American firms are asked, the group with most legal
bars and least reason to look at prices [developers, token_share]. A product built on Chinese weights and sold under an
American name counts as that seller's. Respondents may not know which weights a supplier runs; no figure is published,
so what they leave out is zero by default and can be set. The firm that publishes it is an investor in Anthropic, and
another survey of the same months finds three times as many firms with OpenAI as with Anthropic, by firms and not by
money [token_share]: neither is corrected for.
"""

import numpy as np

from ..agents.developers import VIEWS
from ..markets.alternatives import FIRST_PARTY, INDEPENDENT, SELF_HOSTED
from ..numerics import share, shares_of_total, total, weighted_total


def workload_shares(workloads, chinese, open_weight, unreported):
    """Shares of workloads by origin and openness, whatever a task's length in tokens.

    Parameters
    ----------
    workloads : array (draws, models), tasks of surveyed firms, self-hosted ones included
    chinese : bool array (models,); open_weight : bool array (draws, models)
    unreported : float, share of workloads on Chinese models that respondents leave out

    Returns
    -------
    tuple of two arrays (draws,): Chinese, open; dimensionless
    """
    workloads = workloads * np.where(chinese, 1.0 - unreported, 1.0)
    whole = total(workloads)
    return share(weighted_total(workloads, chinese), whole), share(weighted_total(workloads, open_weight), whole)


def observe(world, p):
    """Record workload and spending shares, portfolios and switching of surveyed firms."""
    people, labs, a = world.population, p.labs.names, world.catalogue.alternatives
    tasks = people.by_view[:, VIEWS.index("survey")]
    workloads = a.by_name(tasks, FIRST_PARTY, INDEPENDENT, SELF_HOSTED).reshape(world.draws, -1)
    shown = workload_shares(workloads, world.usage.declared_chinese, world.catalogue.open_by_name,
                            p.observers_adoption.survey_unreported_chinese)
    for group, values in zip(("chinese", "open"), shown, strict=True):
        world.recorder.write("enterprise_workload_share", values, detail=group)
    bought = a.by_line(tasks * people.cost, FIRST_PARTY, INDEPENDENT)  # what users host themselves is not bought
    by_lab = world.laboratories.by_lab(bought)
    world.recorder.write("enterprise_spend_share_chinese",
                         share(weighted_total(by_lab, people.chinese_lab), total(by_lab)))
    world.recorder.write("enterprise_spend_share", shares_of_total(by_lab), detail=labs)
    firms = people.firms
    world.recorder.write("firms_three_families_share", share(firms[:, 1], firms[:, 0]))
    world.recorder.write("vendor_switch_share_per_year", share(firms[:, 2], firms[:, 0]))
