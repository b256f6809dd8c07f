"""Totals that providers and web counters publish: tokens by laboratory, visits to chat sites.

Sees
----
Tokens served on a laboratory's own service; and visits to chat sites from outside China, from use by consumer
applications and hobbyists plus the curiosity that a release draws.

Coverage
--------
observers_adoption.consumer_attention_weight

Bias
----
Either way, by what is counted. Tokens fall short of the truth for open weights, which others serve too; statements
include a firm's own products or leave them out, and single providers grew 4-fold to 45-fold in a year [developers].
Visits stand above the truth for a newcomer in the months of its release, since a visit out of curiosity counts like one
of use: 2.5 % before R1, 13 % after it, half of that lost by August 2025 [token_share]. Applications on phones and calls
by software are not visits, and China's own sites are used mostly from where the counter does not look.
"""

from ..mechanisms.model_choice import CHAT, CHINESE_CHAT
from ..numerics import share, total, weighted_total


def visit_share(chinese_use, use, chinese_news, news, news_weight):
    """Share of visits to chat sites that go to Chinese ones: use, and curiosity after a release.

    Parameters
    ----------
    chinese_use, use : array (draws,), tokens of consumer applications and hobbyists outside China
    chinese_news, news : array (draws,), attention to recent releases (dimensionless)
    news_weight : array (draws,) or float, visits drawn by news relative to use

    Returns
    -------
    array (draws,), share (dimensionless)
    """
    steady, fresh = share(chinese_use, use), share(chinese_news, news)
    return (steady + news_weight * fresh * steady) / (1.0 + news_weight * steady)


def observe(world, p):
    """Record first-party tokens by laboratory and the Chinese share of visits outside China."""
    c, people, usage = world.catalogue, world.population, world.usage
    by_lab = world.laboratories.by_lab(usage.tokens_by_line)
    world.recorder.write("provider_tokens_t_per_month", by_lab, detail=p.labs.names)
    world.recorder.write("provider_token_share_chinese",
                         share(weighted_total(by_lab, people.chinese_lab), total(by_lab)))
    use, chinese = (weighted_total(total(people.accounts(x)), usage.abroad) for x in (CHAT, CHINESE_CHAT))
    news = total(c.released_now)
    share_of_visits = visit_share(chinese, use, total(c.released_now & c._line_china), news,
                                  p.observers_adoption.consumer_attention_weight)
    world.recorder.write("consumer_visit_share_chinese", share_of_visits)
