"""The rival: a developer as one Mesa agent in plain Python, as Mesa teaches it."""

import random

import mesa
import numpy as np


class Developer(mesa.Agent):
    """Reconsiders one month in six; conditional logit over the alternatives on offer."""

    def __init__(self, model):
        super().__init__(model)
        self.tastes = [random.random() for _ in range(4)]
        self.choice = 0

    def step(self):
        if random.random() > 1 / 6:
            return
        weights = [np.exp(sum(t * x for t, x in zip(self.tastes, row, strict=True)) + (j == self.choice))
                   for j, row in enumerate(self.model.features)]  # fmt: skip
        self.choice = random.choices(range(len(weights)), weights)[0]
