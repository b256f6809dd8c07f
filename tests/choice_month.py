"""A made-up month of choices for tests of the kernel: every argument of `choose_month` by name."""

from types import SimpleNamespace

import numpy as np

from sim.mechanisms import model_choice as kernel
from sim.mechanisms.population import draw_keys, slot_shares

F32 = np.float32


def month(draw_ids=(0,), developers=200, lines=4, hosts=6, seed=1, noise=True, nested=False):
    """Two vintages a line, two lines a laboratory. With noise=False all tastes and features are nil."""
    draws, regions, segments, vintages = len(draw_ids), 3, 2, 2 * lines
    groups = regions * segments
    rng, one = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    repeat = lambda x: np.repeat(np.asarray(x)[None], draws, axis=0)  # noqa: E731
    tastes = np.abs(rng.normal(0.7, 0.4, (developers, 8))).astype(F32)
    tastes[:, kernel.BAR] = rng.random(developers)
    features = one.normal(0, 1.5, (5, vintages)).astype(F32)
    features[kernel.OPENNESS] = one.random(vintages) < 0.5
    shape = (hosts, vintages)
    access = np.where(one.random(shape) < 0.8, 2 ** one.integers(0, 6, shape), 0).astype(np.int32)
    access[0, :2] = kernel.NEUTRAL
    rules = np.array([6, 1.4, 2, 0.4, 0.5, 0.25, 1, 2, 1, 50, 0.1, 0.6, 0.4, 5, 0.5], F32)
    reach = np.clip(one.random((regions, hosts)) + 0.3, 0, 1).astype(F32)
    if not noise:
        tastes[:], features[:], rules[:] = 0.0, 0.0, 0.0
        rules[kernel.SATURATION], rules[kernel.LOOKS_BACK] = 1.0, 1.0
        access[:], reach[:] = kernel.NEUTRAL, 1.0
    first = np.full((2, 20), -1, np.int16)
    if noise:
        first[:, :3] = [[0], [1]]
    own = np.zeros(hosts, F32)
    own[-1] = noise
    kinds = hosts * vintages
    return SimpleNamespace(
        month=24280, nested=nested, offsets=np.array([1, 2, 5, -1, -2, -5]),
        people=kernel.People(
            draw_keys(7, draw_ids), repeat(rng.integers(0, groups, developers).astype(np.uint16)),
            repeat(rng.random(developers).astype(F32)), repeat(rng.lognormal(0, 1, developers).astype(F32)),
            np.ones((draws, developers), F32),
            repeat(rng.integers(1, 5, developers).astype(np.uint8)), np.zeros((draws, developers), np.uint8),
            np.zeros((draws, developers), np.uint32), repeat(tastes), np.zeros((draws, developers, 6), np.uint32),
            np.full((draws, developers, 4), kernel.EMPTY, np.uint16), np.full((draws, developers), -1, np.int32)),
        offer=kernel.Offer(
            features=repeat(features), log_cost=repeat(one.normal(0, 1, shape).astype(F32) * F32(noise)),
            access=repeat(access), successor=np.full((draws, vintages), -1, np.int32),
            newest=repeat(np.arange(vintages) % 2 == 0), gone=np.zeros((draws, vintages), bool), first=repeat(first),
            lab=(np.arange(vintages) // 4).astype(np.int32), line=(np.arange(vintages) // 2).astype(np.int32),
            foreign=one.random((regions, *shape)).astype(F32) * noise,
            hosting=one.normal(0, 0.3, (segments, *shape)).astype(F32) * F32(noise), reach=repeat(reach),
            at_home=repeat(one.random((regions, hosts)).astype(F32) * F32(noise)), own=own,
            nest=(2 * np.minimum(np.arange(hosts), 2)[:, None] + np.arange(2)).astype(np.int32),
            length=np.ones((draws, vintages)), cost=np.ones((draws, *shape)), hours=np.ones((draws, *shape)),
            marks=np.zeros((kinds, 4))),
        groups=kernel.Groups(
            np.repeat(np.arange(regions), segments), np.tile(np.arange(segments), regions),
            (np.repeat(np.arange(regions), segments) == 1).astype(np.int64),
            np.full((draws, groups), 0.9 if noise else 1.0, F32),
            np.full((draws, groups, kernel.BARRED_CLASSES), 0.3 * noise, F32), np.full((draws, groups), 20.0),
            np.tile(np.array([0.1, 0.2], F32), (groups, 1)), np.full(groups, 10.0), np.ones(groups),
            np.ones((1, groups)), np.zeros((draws, regions), F32)),
        terms=kernel.Terms(
            repeat(rules), np.full((draws, 6), 0.6, F32), slot_shares(np.full(segments, 0.55))),
        tally=kernel.Tally(
            np.zeros((draws, 1, kinds)), np.zeros((draws, groups, kernel.ACCOUNTS)), np.zeros((draws, 2, kinds)),
            np.zeros((draws, 3))))  # fmt: skip


def run(a, months=1):
    """Step the compiled kernel on, from an empty tally each month."""
    for _ in range(months):
        for out in a.tally:
            out[:] = 0.0
        people = a.people
        people.legal[:] = kernel.legal_classes(people.group, people.tastes, a.groups.bars)
        people.looks[:] = kernel.hosts_considered(
            people.keys, people.group, a.groups.region, a.offer.reach, a.terms.rules[:, kernel.LOOKS_BACK].copy())
        people.contacts[:] = kernel.contacts_of(
            people.keys, people.group.shape[1], a.offsets, a.terms.rules[:, kernel.REWIRE].copy())
        kernel.choose_month(a.month, a.nested, people, a.offer, a.groups, a.terms, a.tally)
        a.month += 1


def shares(a):
    """Share of main models by alternative, array (alternatives,), dimensionless."""
    main = a.people.portfolio[..., 0].ravel()
    return np.bincount(main[main != kernel.EMPTY], minlength=a.tally.users.shape[2]) / main.size
