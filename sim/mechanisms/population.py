"""Who the developers are: a population drawn from stated distributions, keyed by (seed, draw, developer).

Leaves out
----------
* Developers who move between regions or segments.
* Firms as groups of people: a firm is one developer with a large volume.
"""

import numpy as np

from ..numerics import exp, mix, normal_quantile, power

GOLDEN = 0.6180339887498949  # additive recurrence of the first dimension (region and segment)
PLASTIC = 0.7548776662466927  # of the second (tokens a developer)
PLASTIC_2 = 0.5698402909980532  # of the third (needs)
RING = (89, 144, 233)  # ring distances at which the golden recurrence nearly returns: contacts are alike


def draw_keys(seed, draw_ids):
    """One hash key a draw: int seed, int array (draws,) → uint64 array (draws,), dimensionless."""
    return mix(mix(np.uint64(seed), np.uint64(0x5EED)), np.asarray(draw_ids, np.uint64))


def uniform(keys, developers, purpose):
    """Numbers in (0, 1) of one purpose.

    Parameters
    ----------
    keys : uint64 array (draws,)
    developers : int, how many; number i is the same in any population
    purpose : int, each has its own numbers

    Returns
    -------
    array (draws, developers), dimensionless
    """
    rows = mix(mix(keys, np.uint64(1_000_003 + purpose))[:, None], np.arange(developers, dtype=np.uint64)[None, :])
    return ((rows >> np.uint64(11)).astype(float) + 0.5) / 2.0**53


def recurrence(keys, developers, step, purpose):
    """Evenly spread numbers in (0, 1): an additive recurrence with a shift of its own in each draw.

    Any stretch of it is nearly stratified, so few developers represent many groups.

    Parameters
    ----------
    keys : uint64 array (draws,); developers : int; step : float, irrational; purpose : int

    Returns
    -------
    array (draws, developers), dimensionless
    """
    shift = uniform(keys, 1, purpose)
    return np.clip((shift + step * np.arange(1, developers + 1)) % 1.0, 1e-9, 1.0 - 1e-9)


def group_shares(region_share, leading, segment_leading, segment_emerging):
    """Share of developers in each region × segment.

        share = share of the region · share of the segment in regions of its kind

    Parameters
    ----------
    region_share : array (regions,), shares; leading : bool array (regions,)
    segment_leading, segment_emerging : arrays (segments,), shares of segments by kind of market

    Returns
    -------
    array (regions × segments,), shares summing to one (dimensionless)
    """
    settled, emerging = segment_leading / segment_leading.sum(), segment_emerging / segment_emerging.sum()
    inside = np.where(leading[:, None], settled, emerging)
    return (region_share[:, None] / region_share.sum() * inside).ravel()


def sample_shares(population_share, exponent):
    """How the sample is spread over groups: array (groups,) of shares, flattened by a power; dimensionless."""
    weight = power(population_share, exponent)
    return weight / weight.sum()


def assign(quantile, sample_share):
    """The group of each developer: quantiles (draws, developers) → index (draws, developers), dimensionless."""
    edges = np.cumsum(sample_share)
    edges[-1] = 1.0
    return np.searchsorted(edges, quantile, side="right").clip(0, len(sample_share) - 1)


def heavy_users(quantile, sigma, exponent):
    """Heavy-tailed multiples, those who use more being sampled more, and how many each then stands for.

        z = Φ⁻¹(q) + e · σ,  factor = exp(σ · z − σ² / 2),  stands = exp(−e · σ · z + (e · σ)² / 2)

    Weighted by ``stands`` the factors are log-normal with mean one; ``stands`` itself has mean one.

    Parameters
    ----------
    quantile : array (draws, developers), in (0, 1); sigma : same shape or float, spread (log points)
    exponent : float, e; 0 samples all alike, 1 in proportion to use

    Returns
    -------
    factor, stands : arrays (draws, developers), ratios (dimensionless)
    """
    tilt = exponent * sigma
    z = normal_quantile(quantile) + tilt
    return exp(sigma * (z - 0.5 * sigma)), exp(tilt * (0.5 * tilt - z))


def entry_exponent(developers, full, below):
    """How far early adopters are sampled more: in full in a small population, hardly in one that has many of them.

        k = 1 + (full − 1) · min(1, below / developers)

    Parameters
    ----------
    developers : int, how many; full : float, exponent in a small population, ≥ 1; below : float, developers, > 0

    Returns
    -------
    float, exponent of `early_adopters` (dimensionless)
    """
    return 1.0 + (full - 1.0) * min(1.0, below / developers)


def early_adopters(quantile, exponent):
    """Who comes first to build on models, the early ones being sampled more, and how many each then stands for.

        entry = q^k,  stands = k · q^(k − 1)

    Parameters
    ----------
    quantile : array (draws, developers), in (0, 1); exponent : float, k ≥ 1; 1 samples all alike

    Returns
    -------
    entry : array (draws, developers), share of the population that comes before; even when weighted (dimensionless)
    stands : array (draws, developers), ratio with mean one (dimensionless)
    """
    return power(quantile, exponent), exponent * power(quantile, exponent - 1.0)


def normal_taste(quantile, mean, spread, low=None):
    """Normally distributed tastes, cut at ``low``: arrays (draws, developers) in the unit of the mean."""
    taste = mean + spread * normal_quantile(quantile)
    return taste if low is None else np.maximum(taste, low)


def contacts(key, developers, ring, rewired_share):
    """Who hears from whom: a small-world graph, like people at fixed ring distances, some ties rewired to anybody.

    Parameters
    ----------
    key : uint64, hash key of the draw; developers : int, how many
    ring : sequence of int, ring distances, each used both ways
    rewired_share : float, share of ties that lead to anybody instead

    Returns
    -------
    int array (developers, 2 × distances), number of the contact (dimensionless)

    Source: Watts and Strogatz (1998), Nature 393, 440–442; ties are rewired by a hash of (draw, developer,
    tie), so that no table is kept.
    """
    offsets, who = np.array([*ring, *(-x for x in ring)]), np.arange(developers)[:, None]
    h = mix(mix(key, np.uint64(0xC0117AC7)), who * len(offsets) + np.arange(len(offsets)))
    anybody = ((h & np.uint64(0xFFFFFFFF)) * np.uint64(developers) >> np.uint64(32)).astype(np.int64)
    rewired = (h >> np.uint64(40)).astype(float) / 2.0**24 < rewired_share
    return np.where(rewired, anybody, (who + offsets) % developers)


def portfolio_size(quantile, shares):
    """Models a developer holds when complete: quantiles (draws, developers), shares (draws, developers, 4) → 1 to 4.

    Returns int array (draws, developers), models (dimensionless).
    """
    edges = np.cumsum(shares, axis=-1)
    return 1 + (quantile[..., None] * edges[..., -1:] >= edges[..., :-1]).sum(axis=-1)


def slot_shares(main_share):
    """How tokens are routed over a portfolio: a geometric rule, the first model most.

    Parameters
    ----------
    main_share : array (segments,), share of what is left that goes to the next model

    Returns
    -------
    array (segments, 5, 4), share of tokens by number of models held and slot (dimensionless)
    """
    shares = np.zeros((len(main_share), 5, 4))
    for held in range(1, 5):
        left = np.ones(len(main_share))
        for slot in range(held):
            shares[:, held, slot] = left if slot == held - 1 else left * main_share
            left = left * (1.0 - main_share)
    return shares
