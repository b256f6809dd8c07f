"""The hub's counters: downloads and derivatives of open weights, and nothing of what is served by API.

Sees
----
Pulls of open weights by family, automated ones included, whatever use follows; and new models that name a base.

Coverage
--------
observers_adoption.hub_coverage, observers_adoption.hub_other_per_language_model,
observers_adoption.hub_other_us_share, observers_adoption.hub_other_china_share, ecosystem.automation_fold_per_year

Bias
----
Above the truth for whoever publishes open weights in many sizes, Chinese laboratories since 2024: closed models, most
of all use, are never downloaded, a family of eight sizes is counted eight times, and build systems pull again and
again [downloads]. Shares of all models mix language models with encoders, speech and vision, which dilutes both
countries [downloads]. Meta's own count of Llama over all channels is about three times the hub's [downloads], and
mirrors in China are not counted. New derivatives lead downloads, and downloads lead use [derivatives].
"""

from ..markets.usage import BLOCS
from ..numerics import col, share, total


def all_model_shares(language_models_m, other_per_language_model, other_us_share, other_china_share):
    """Shares of all downloads, of any kind of model, by bloc of origin.

    Parameters
    ----------
    language_models_m : array (draws, blocs), million downloads of language models: US, China, Europe, other
    other_per_language_model : array (draws,) or float, downloads of other models per language-model download
    other_us_share, other_china_share : float, shares of those other downloads

    Returns
    -------
    array (draws, blocs), shares of all downloads (dimensionless)
    """
    whole = total(language_models_m)
    rest = other_per_language_model * whole
    counted = language_models_m.copy()
    counted[:, 0] += rest * other_us_share
    counted[:, 1] += rest * other_china_share
    return share(counted, (whole + rest)[:, None])


def observe(world, p):
    """Record what the hub shows: cumulative downloads, shares over twelve months, shares of new derivatives."""
    o, usage, families = p.observers_adoption, world.usage, p.families.names
    counted = usage.downloads_cumulative_m * col(o.hub_coverage)
    world.recorder.write("hub_downloads_cumulative_m", counted, detail=families)
    world.recorder.write("derivative_share", usage.derivative_share, detail=families)
    world.recorder.write("derivative_bloc_share", usage.of_blocs(usage.derivative_share), detail=BLOCS)
    shares = all_model_shares(
        total(usage.downloads_year_m), o.hub_other_per_language_model, o.hub_other_us_share, o.hub_other_china_share)
    world.recorder.write("hub_download_share_12m", shares, detail=BLOCS)
