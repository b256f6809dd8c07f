"""A poll of publics in fifteen countries: who is ahead in using AI?

Sees
----
Opinion, which moves slowly towards the share of Chinese models in use and the gap in capability, plus a country's own
attitude; how many countries have more people naming China than the United States, and what Germans say.

Coverage
--------
observers_adoption.poll_lag_months, observers_adoption.poll_undecided, countries.attitude_to_china,
perception.use_weight, perception.gap_weight, perception.baseline

Bias
----
Far above the truth for China: eleven publics of fifteen name China where Chinese models carry a small part of use; a
question on who is ahead measures headlines and attitudes [perception]. A count of countries makes a small majority look
like the whole, China itself is not polled, and answers trail events by about half a year, an assumption [perception].
"""

import numpy as np

from ..numerics import logistic, total


def answers(opinion, attitude, undecided):
    """How a country's public answers.

    Parameters
    ----------
    opinion : array (draws, countries), log odds of naming China over the US, without the country's own attitude
    attitude : array (countries,), log odds
    undecided : float, share who name neither

    Returns
    -------
    tuple of two arrays (draws, countries): share naming China, share naming the US (dimensionless)
    """
    china = logistic(opinion + attitude)
    return (1.0 - undecided) * china, (1.0 - undecided) * (1.0 - china)


def observe(world, p):
    """Record in how many countries more people name China than the US, and what Germans say."""
    c, regions = p.countries, p.regions.names
    where = np.array([regions.index(r) for r in c.region])
    opinion = (world.usage.opinion - p.regions.attitude_to_china)[:, where]
    china, us = answers(opinion, c.attitude_to_china, p.observers_adoption.poll_undecided)
    world.recorder.write("countries_saying_china_leads", total((china > us) * 1.0))
    world.recorder.write("germany_says_us_share", us[:, c.names.index("germany")])
