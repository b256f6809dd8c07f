"""The alternatives of a choice: vintages of models at hosts, and sums over them by line, kind of host or vintage."""

import numpy as np

from .tally import add_by_line, add_by_name

FIRST_PARTY, INDEPENDENT, DERIVATIVE, SELF_HOSTED = "first_party", "independent", "derivative", "self_hosted"
KINDS = (FIRST_PARTY, INDEPENDENT, DERIVATIVE, SELF_HOSTED)


class Alternatives:
    """Every vintage of every line at every host, by number: ``host * vintages + vintage``.

    A line has ``kept`` places for vintages, ``line * kept`` and the next ones, which new vintages take in turn. Arrays
    of labels have shape (alternatives,) or (vintages,) and no unit.
    """

    def __init__(self, p, line_lab):
        self.lines, self.hosts, self.kept = len(p.model_lines), len(p.hosts), int(p.developers.vintages_on_offer)
        self.vintages = self.lines * self.kept
        self.number = self.hosts * self.vintages
        self.line_of_vintage = np.repeat(np.arange(self.lines), self.kept)
        self.lab_of_vintage = line_lab[self.line_of_vintage]
        self.kind_of_host = np.array([KINDS.index(kind) for kind in p.hosts.kind])
        self.region_of_host = np.array([p.regions.index[r] if r else -1 for r in p.hosts.region])
        self.host = np.repeat(np.arange(self.hosts), self.vintages)
        self.vintage = np.tile(np.arange(self.vintages), self.hosts)
        self.line, self.lab = self.line_of_vintage[self.vintage], self.lab_of_vintage[self.vintage]
        self._lines = np.arange(self.lines)
        self._at: dict = {}
        self._hosts: dict = {}
        self._runs: dict = {}
        self._names: dict = {}

    def at(self, *kinds):
        """Whether an alternative is at a host of these kinds, bool array (alternatives,), dimensionless."""
        if kinds not in self._at:
            self._at[kinds] = np.isin(self.kind_of_host, [KINDS.index(kind) for kind in kinds])[self.host]
        return self._at[kinds]

    def hosts_of(self, *kinds):
        """The hosts of these kinds, list of int (dimensionless)."""
        if kinds not in self._hosts:
            self._hosts[kinds] = [h for h in range(self.hosts) if KINDS[self.kind_of_host[h]] in kinds]
        return self._hosts[kinds]

    def run_of(self, *kinds):
        """The hosts of these kinds, which stand together in the table of hosts, as a slice (dimensionless).

        Raises
        ------
        ValueError : if others stand between them
        """
        if kinds not in self._runs:
            found = self.hosts_of(*kinds)
            run = self._runs[kinds] = slice(found[0], found[-1] + 1) if found else slice(0, 0)
            if found != list(range(run.start, run.stop)):
                raise ValueError(f"hosts: those of kind {' and '.join(kinds)} must stand together, found rows {found}")
        return self._runs[kinds]

    def by_host(self, values):
        """(draws, alternatives) as (draws, hosts, vintages), same unit."""
        return values.reshape(*values.shape[:-1], self.hosts, self.vintages)

    def by_vintage(self, values, *kinds):
        """Sums over hosts of kinds that stand together: (draws, alternatives) → (draws, vintages), same unit."""
        run = self.run_of(*kinds)
        at_hosts = self.by_host(values)[..., run, :]
        return at_hosts[..., 0, :] if run.stop - run.start == 1 else np.add.reduce(at_hosts, axis=-2)

    def by_name(self, values, *kinds):
        """Sums under a model's own name over hosts of some kinds, and under another name as a derivative.

        Array (draws, alternatives) → (draws, 2, vintages), same unit.
        """
        if kinds not in self._names:
            hosts = np.arange(self.hosts)
            self._names[kinds] = np.stack([np.isin(hosts, self.hosts_of(*kinds)),
                                           np.isin(hosts, self.hosts_of(DERIVATIVE))])
        return add_by_name(self.by_host(values), self._names[kinds])

    def by_line(self, values, *kinds):
        """Sums over vintages and hosts of some or all kinds: (draws, alternatives) → (draws, lines), same unit."""
        return add_by_line(self.by_host(values)[..., self.run_of(*(kinds or KINDS)), :], self._lines)

    def lines_of(self, values):
        """Sums over the vintages of each line: (draws, vintages) → (draws, lines), same unit."""
        places = values.reshape(*values.shape[:-1], self.lines, self.kept)
        return sum((places[..., k] for k in range(1, self.kept)), start=places[..., 0])
