"""The ways round a refusal, month by month: parts shipped by intermediaries, bought by subsidiaries, rented abroad."""

import numpy as np

from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.diversion import divertible_share, unmet_share
from ..mechanisms.leakage import Around, Route, Terms, no_routes, rent, ship
from ..mechanisms.trade_gate import two_keys
from ..numerics import col, share, shares_of_runs, shares_of_total, total, weighted_total
from .seen import Seen
from .structure import DIVERTED, DOMESTIC, LICENSED, OFFSHORE

H100E = 1  # dense 8-bit, among what a holder holds
WATCHED = "nvidia"  # whose parts are diverted and bought abroad


class Leakage:
    """Prices both routes from what is refused and what is sold elsewhere, and splits orders among Chinese owners.

    Attributes
    ----------
    clouds : list of int, the Chinese owners, in the order of the columns below
    orders_usd : dict by way of buying of array (draws, owners), USD / month, nothing bought ahead of a rule
    licensed_wish_usd : array (draws, owners), USD / month for licensed parts, were both keys open
    gate : array (draws, owners), share of licensed orders that goes through
    markup : array (draws,), what buyers pay on a part shipped, above list and seizures counted, share of price
    package : array (draws or 1, 7), units, H100e on four metrics, USD and W of the average diverted part
    routes : Routes, the state of both routes
    abroad : array (draws, holders), of what foreigners hold, the share that stands where anybody may rent
    rented_share : array (draws,), share of that which Chinese users rent
    refused_months : array (draws or 1,), months since the best part was refused
    """

    def __init__(self, world, p):
        self.world = world
        D = world.draws
        self.clouds = [cloud for cloud, region in enumerate(p.clouds.region) if region == "china"]
        self.column = {cloud: k for k, cloud in enumerate(self.clouds)}
        self.is_state = np.array([p.clouds.kind[cloud] == "state" for cloud in self.clouds], dtype=float)
        self.tilt, self.taste = p.clouds.offshore_share[self.clouds], p.clouds.prefers_us_parts[self.clouds]
        self.rentable = [r for r, name in enumerate(p.regions.names) if name not in ("united_states", "china")]
        self.gate, self.licensed_wish_usd = np.zeros((2, D, len(self.clouds)))
        self.orders_usd: dict[int, np.ndarray] = {}
        self.routes, self.package = no_routes(D), np.zeros((D, 7))
        self.servers_usd, self.racks_usd, self.servers_h100e, self.racks_h100e = np.zeros((4, D))
        self.markup, self.unmet, self.rented_share = np.zeros((3, D))
        self.abroad = np.zeros((D, 1))  # nothing is rented before the first month
        self.around, self.refused_months = Around(*np.zeros((7, D))), np.zeros(1)
        self._facts = Seen()

    def open(self, p):
        """Before orders: what is refused this month, and what the shipping route and subsidiaries take of it."""
        us, home, o = self.world.government["united_states"], self.world.government["china"], p.offshore
        budget = self.world.accelerators.budgets.budget_usd.take(self.clouds, axis=1)
        quality, maturity = self.world.accelerators.terms.trade(p)[1:3]
        exporter, importer, _ = self.world.accelerators.terms.keys(p)
        allowed = 1.0 - np.maximum(self.is_state * col(home.state_quota), col(p.export.domestic_quota))
        self.gate = two_keys(exporter, importer, 1.0, allowed)
        unmet = unmet_share(self.gate, col(quality), 1.0)
        taste = np.minimum(self.taste * col(p.budgets.taste_for_us_parts), p.budgets.most_foreign)
        leaning = self.world.software.foreign_taste(p, taste)
        abroad = self.tilt * col(o.purchase_share) * (1.0 + col(o.purchase_pull) * unmet) * share(leaning, taste)
        plan = budget * np.minimum(abroad, o.most_abroad)
        passed = us.offshore_open + (1.0 - us.offshore_open) * o.hidden_parent * (1.0 - us.enforcement)
        offshore = plan * col(passed)
        turned = total(plan - offshore)
        wanted = (budget - offshore) * leaning
        refused = wanted * unmet * allowed
        refused_usd = total(refused)
        self.unmet = share(refused_usd, total(wanted))
        self.around = Around(refused_usd, turned, share(turned, total(plan)), self.servers_usd, self.racks_usd,
                             maturity, us.enforcement)
        volume, premium, detection, unserved = ship(self.routes, self.around, terms(p))
        detection = detection + np.zeros_like(volume)
        self.routes = self.routes._replace(shipped_usd=volume, premium=premium, detection=detection, unserved=unserved)
        self.markup = (1.0 - detection) * (1.0 + premium) - 1.0
        spent = np.minimum(volume * (1.0 + self.markup), refused_usd)
        diverted = share(refused, refused_usd[:, None]) * spent[:, None]
        settled = (wanted - diverted) * self.world.accelerators.terms.settled(p)[:, None]
        # what a quota bars is not applied for
        self.licensed_wish_usd, licensed = settled * allowed, settled * self.gate
        domestic = np.maximum(budget - offshore - licensed - diverted, 0.0)
        self.orders_usd = {LICENSED: licensed, OFFSHORE: offshore, DIVERTED: diverted, DOMESTIC: domestic}
        self.refused_months = self.world.maker[WATCHED].restricted_months[:, 0]
        self._pack(p)

    def _pack(self, p):
        """The average diverted part: what makers sell elsewhere, weighted by how easily it is moved on."""
        if self._facts.anew(p.products, p.form_factors, p.diversion):
            self._read(p)
        weight = self.world.maker[WATCHED].mix[:, 0] * self._divertible
        parts = shares_of_total(weight)
        self.package = weighted_total(parts[:, None], self._worth)

    def _read(self, p):
        """Look up again what parts are worth, in what forms they are sold, and how easily each is moved on."""
        own, products = self.world.maker[WATCHED].products, p.products
        worth = np.stack([np.ones(len(own)), *h100_equivalents(
            products.tpp[own], products.tops_8bit[own], products.tflops_16bit[own], products.bandwidth_tb_s[own]),
            products.price_usd[own], products.tdp_w[own]])
        listed = np.array([products.market[i] != "solved" for i in own])  # no datasheet, and not sold elsewhere
        self._worth = np.where(listed, worth, 0.0)
        forms = dict(zip(p.form_factors.names, p.form_factors.in_servers, strict=True))
        in_servers = np.array([forms.get(products.names[i], 1.0) for i in own])
        self._divertible = divertible_share(in_servers, p.diversion.rack)
        self._forms = np.stack([in_servers, 1.0 - in_servers])  # servers, racks

    def watch(self, units, price_factor):
        """After deliveries: what was sold elsewhere, in servers and in racks.

        Parameters
        ----------
        units : array (draws,), accelerators of the watched line sold this month, diverted ones apart
        price_factor : array (draws,), its price over list
        """
        sold = self.world.maker[WATCHED].mix[:, None, 0] * self._forms
        self.servers_usd, self.racks_usd = units * weighted_total(sold, self._worth[5]).T * price_factor
        self.servers_h100e, self.racks_h100e = units * weighted_total(sold, self._worth[2]).T

    def rent(self, p):
        """After installation: what Chinese users rent from others abroad."""
        ledger = self.world.ledger
        held = ledger.held[:, H100E]
        self.abroad = total(ledger.placed.take(self.rentable, axis=1), axis=1) * ledger.foreign
        self.around = self.around._replace(
            unmet_h100e=total(held * ledger.openly_at_home) * self.unmet, abroad_h100e=total(held * self.abroad),
            rental_open=self.world.government["united_states"].remote_access_open)
        r = self.routes
        rented, premium, unserved = rent(r, self.around, terms(p), r.premium, r.unserved)
        self.routes = r._replace(rented_h100e=rented, rent_premium=premium, rent_unserved=unserved)
        self.rented_share = share(rented, self.around.abroad_h100e)

    def let_by_cloud(self):
        """Share of each owner's accelerators that Chinese users rent from it, array (draws, clouds), dimensionless."""
        ledger = self.world.ledger
        h100e = ledger.held[:, H100E]
        let = h100e * self.abroad * self.rented_share[:, None]
        return shares_of_runs(let, h100e, ledger.cloud_starts)

    def record(self, p, recorder):
        """Premiums and volumes of both routes (units as declared in outputs/supply.toml)."""
        r = self.routes
        recorder.write("diverted_premium", np.where(r.shipped_usd > 0, r.premium, 0.0))
        recorder.write("rented_h100e", r.rented_h100e)
        recorder.write("rent_premium", np.where(r.rented_h100e > 0, r.rent_premium, 0.0))


def terms(p) -> Terms:
    """What is believed about both routes, from the values in force (arrays (draws,) or floats, in register units)."""
    d, o = p.diversion, p.offshore
    return Terms(
        Route(d.handling, d.detection, d.penalty, d.willingness, d.margin),
        Route(o.rental_handling, o.rental_detection, o.rental_penalty, o.rental_willingness, o.rental_margin),
        d.appetite, d.leak_share, d.rack, d.effectiveness, d.substitution, o.rental_wish, o.rental_supply,
        o.rental_front, o.rental_months,
    )


