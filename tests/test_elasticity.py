"""Own-price elasticities on simulated router data, and the regressions themselves on made-up data."""

import numpy as np
import pytest

from sim.experiments.elasticity import Panel, across, plain, router_panel, within


def test_the_regressions_find_the_elasticities_that_made_the_data():
    rng = np.random.default_rng(3)
    time, model, host = (x.ravel() for x in np.meshgrid(np.arange(10), np.arange(20), np.arange(4), indexing="ij"))
    quality, preference = rng.normal(0, 1, 20), rng.normal(0, 1, 4)
    base = rng.normal(0, 1, 20)
    price = np.exp(base[model] + rng.normal(0, 0.3, time.size))
    tokens = np.exp(quality[model] + preference[host] + 0.1 * time - 1.2 * np.log(price))
    assert within(Panel(0 * time, time, model, host, tokens, price)) == pytest.approx(-1.2, abs=1e-6)
    alike = np.exp(quality[model] + 0.1 * time - 1.2 * np.log(price))  # nobody prefers a host
    assert plain(Panel(0 * time, time, model, host, alike, price)) == pytest.approx(-1.2, abs=1e-6)
    alone = host == 0  # by hand: ln q = -0.5 ln p + effects of months, and nothing else
    month, price_alone = time[alone], price[alone]
    one = Panel(0 * month, month, model[alone], host[alone], np.exp(0.1 * month) * price_alone**-0.5, price_alone)
    assert across(one) == pytest.approx(-0.5, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 7, 11])
def test_simulated_router_data_give_the_published_elasticities(seed):
    panel = router_panel(seed=seed, draws=64, developers=3000)
    assert -1.4 < within(panel) < -0.8
    assert -0.15 < across(panel) < 0.0
    assert plain(panel) < within(panel)  # hosts that are dear are also little known
