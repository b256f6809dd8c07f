"""Totals that providers and web counters publish: tokens by laboratory, visits to chat sites."""

import numpy as np

from ..mechanisms.model_choice import CHAT, CHINESE_CHAT
from ..numerics import share, total


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
    by_lab = people.by_lab(usage.tokens_by_line)
    world.recorder.write("provider_tokens_t_per_month", by_lab, detail=p.labs.names)
    abroad = np.arange(people.regions) != c.china
    use, chinese = (total(total(people.accounts(x)) * abroad) for x in (CHAT, CHINESE_CHAT))
    news = c.released_now * 1.0
    share_of_visits = visit_share(chinese, use, total(news * c._line_china), total(news),
                                  p.observers_adoption.consumer_attention_weight)
    world.recorder.write("consumer_visit_share_chinese", share_of_visits)
