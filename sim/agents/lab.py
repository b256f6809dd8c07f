"""A laboratory: trains, releases and prices models."""

import mesa

from ..mechanisms.diffusion import adoption_delay


class Lab(mesa.Agent):
    """Trains on its compute, learns from others, releases a line when it is due and better, opens it when that pays.

    State arrays have shape (draws,) for the laboratory and (draws, lines) for its lines of models; a line not yet
    released has capability 0 and no release month. They are this laboratory's columns of the arrays in
    `sim.markets.laboratories.Laboratories`: the rules are the same for all laboratories, so that each step is worked
    out for all of them, side by side, when the first one comes to it.
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name, self.region = index, p.labs.names[index], p.labs.region[index]
        lines = [i for i, lab in enumerate(p.model_lines.lab) if lab == self.name]
        if lines and lines != list(range(lines[0], lines[-1] + 1)):
            raise ValueError(f"model_lines: the lines of {self.name} must stand together, found rows {lines}")
        self.lines = slice(lines[0], lines[-1] + 1) if lines else slice(0, 0)
        self.started = False

        every, mine = world.laboratories, self.lines
        self.run = every.run[:, :, index]
        (self.run_flow, self.run_flop,
         self.algorithm,  # decades of effective over physical FLOP, from the anchor month
         self.base,  # ECI points of the best plain model it could train now
         self.compute_spend_usd, self.training_spend_usd) = self.run
        self.split = every.split[:, :, index]  # shares that serve, train, do research
        self.reasoning_start = every.reasoning_start[:, index]
        self.vintage = every.vintage[:, :, mine]
        (self.capability, self.plain_capability, self.coding, self.active_billion, self.release_month,
         self.next_release, self.luck) = self.vintage
        self.traits = every.traits[:, :, mine]
        self.reasons, self.open_weight = self.traits
        self.released_now = every.released_now[:, mine]
        self.months_open_pays = every.months_open_pays[:, mine]
        self.offer = every.offer[:, :, mine]
        self.hours_per_mtok, self.price = self.offer

    # --- compute ---

    def divide_compute(self, p):
        """Move compute towards where the next hour is worth most: serving, training or research."""
        self.model.laboratories.divide_compute(p)

    # --- training ---

    def train(self, p):
        """Put a share of compute into the largest run, improve algorithms, and see what a model made now could do."""
        if not self.started:
            self._start(p)
        self.model.laboratories.train(p)

    def _start(self, p):
        """When this laboratory will take up the reasoning recipe, and its luck with first models."""
        t, world = p.training, self.model
        pioneers = {lab: start for lab, recipe, start in zip(
            p.recipes.lab, p.recipes.recipe, getattr(p.recipes, "from").tolist(), strict=True) if recipe == "reasoning"}
        if self.name in pioneers:
            self.reasoning_start[:] = pioneers[self.name]
        elif pioneers:
            self.reasoning_start[:] = min(pioneers.values()) + adoption_delay(
                t.reasoning_adoption_months, p.labs.reasoning_speed[self.index], t.reasoning_adoption_spread,
                world.streams.normal("reasoning_adoption", tuple(p.labs.names), world.month, (..., self.index)))
        every = world.laboratories
        self.luck[:] = t.capability_noise * world.streams.normal(
            "capability_noise_first", every.lucky, world.month, (..., every.number[self.lines]))
        self.started = True

    # --- release ---

    def release(self, p):
        """Release each line that is due and gains enough; decide for each new vintage whether to open its weights."""
        self.model.laboratories.release(p)

    # --- prices ---

    def set_prices(self, p):
        """List each line at its serving cost times a mark-up from lead, rivals and scarcity."""
        self.model.laboratories.set_prices(p)
