"""A price-shopper's router: it sees the calls that pass through it, mostly hobbyists, start-ups and coders.

Sees
----
Tokens read and written in calls, by model, with every developer's calls weighted by the share that is routed where
they live and in what they do. What users host themselves is out of sight, and so is what a laboratory sells directly.

Coverage
--------
segments.router_share, regions.router_factor, observers_adoption.router_growth_per_year

Bias
----
Far above the truth outside China for Chinese and open models: its users compare prices call by call, about half of
the tokens are used outside the United States, half of the open-weight tokens are role-play, and large firms, under
contract with a vendor, are hardly there [token_share]. Below the world's truth in late years, because China's own
market is not on it. A share of tokens is not one of money: 96 % of what was spent there in mid 2025 went to closed
models [token_share]. One published count for June 2025 gives 2 % where the study of the same year averages 13 %: what
is a top model, and which weeks, decide.
"""

from ..agents.developers import VIEWS
from ..markets.alternatives import FIRST_PARTY, INDEPENDENT
from ..numerics import share, total, weighted_total
from ..units import years_between

WEEKS_PER_MONTH = 365.25 / 12 / 7
GROUPS = ("chinese_open", "chinese", "open", "closed")


def router_shares(tokens, chinese, open_weight):
    """Shares of tokens on the router.

    Parameters
    ----------
    tokens : array (draws, models), tokens that pass through it
    chinese : bool array (models,); open_weight : bool array (draws, models)

    Returns
    -------
    tuple of four arrays (draws,): Chinese open weights, Chinese, open, closed; dimensionless
    """
    whole, opened = total(tokens), tokens * open_weight
    return (share(weighted_total(opened, chinese), whole), share(weighted_total(tokens, chinese), whole),
            share(total(opened), whole), share(total(tokens - opened), whole))


def observe(world, p):
    """Record shares and tokens a week on the router."""
    o, c, a = p.observers_adoption, world.catalogue, world.catalogue.alternatives
    tasks = a.by_name(world.population.by_view[:, VIEWS.index("router")], FIRST_PARTY, INDEPENDENT)
    tokens = (tasks * a.by_host(c.tokens_per_task)[:, :1]).reshape(world.draws, -1)
    shares = router_shares(tokens, world.usage.declared_chinese, c.open_by_name)
    for group, values in zip(GROUPS, shares, strict=True):
        world.recorder.write("router_token_share", values, detail=group)
    reach = o.router_growth_per_year ** years_between(world.start, world.month)
    world.recorder.write("router_tokens_t_per_week", total(tokens) * 1e-6 / WEEKS_PER_MONTH * reach)
