"""A price-shopper's router: it sees the calls that pass through it, mostly hobbyists, start-ups and coders."""

from ..agents.developers import VIEWS
from ..numerics import share, total
from ..units import years_between

WEEKS_PER_MONTH = 365.25 / 12 / 7
GROUPS = ("chinese_open", "chinese", "open", "closed")


def router_shares(tokens, chinese, open_weight):
    """Shares of tokens on the router.

    Parameters
    ----------
    tokens : array (draws, alternatives), tokens that pass through it
    chinese : bool array (alternatives,); open_weight : bool array (draws, alternatives)

    Returns
    -------
    tuple of four arrays (draws,): Chinese open weights, Chinese, open, closed; dimensionless
    """
    whole, opened = total(tokens), tokens * open_weight
    open_share = share(total(opened), whole)
    return (share(total(opened * chinese), whole), share(total(tokens * chinese), whole), open_share,
            share(total(tokens - opened), whole))


def observe(world, p):
    """Record shares and tokens a week on the router."""
    o, c, people = p.observers_adoption, world.catalogue, world.population
    tokens = people.by_view[:, VIEWS.index("router")] * c.tokens_per_task * people.hosted
    for group, values in zip(GROUPS, router_shares(tokens, people.declared_chinese, c.open_weight), strict=True):
        world.recorder.write("router_token_share", values, detail=group)
    reach = o.router_growth_per_year ** years_between(world.start, world.month)
    world.recorder.write("router_tokens_t_per_week", total(tokens) * 1e-6 / WEEKS_PER_MONTH * reach)
