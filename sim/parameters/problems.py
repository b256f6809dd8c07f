"""What is well-formed but not good enough: sources nobody listed, thin reasons, values far from their prior."""

from collections.abc import Collection

from ..errors import nearest
from .records import Record
from .register import Register

SHORTEST_WHY = 40  # characters; below that a low confidence isn't argued


def register_problems(register: Register, known_sources: Collection[str]) -> list[str]:
    """One line (text) for each entry that cites an unlisted source, argues too little, or lies off its own prior.

    Parameters
    ----------
    register : Register
    known_sources : the keys that may be cited (dimensionless)
    """
    found = []
    for entry in register.entries.values():
        where = f"{entry.file}: [{entry.leaf}]"
        found += [f"{where}: sources: '{source}' is not in sources.toml{nearest(source, known_sources)}"
                  for source in entry.sources if source not in known_sources]
        if entry.confidence == "low" and len(entry.why) < SHORTEST_WHY:
            found.append(f"{where}: why: confidence is low, so argue the case in at least {SHORTEST_WHY} characters")
        if entry.prior is not None:
            centre = 1.0 if entry.prior.as_factor else entry.value
            low, high = entry.prior.ppf([0.02, 0.98])
            if not low <= centre <= high:
                found.append(f"{where}: value: {centre:.6g} lies outside the middle 96 % of its prior, "
                             f"{low:.4g} to {high:.4g}")
    return found


def record_problems(records: dict[str, Record], known_sources: Collection[str]) -> list[str]:
    """One line (text) for each row that cites an unlisted source; several keys are separated by semicolons."""
    return [
        f"{record.file}: {name}: source: '{source}' is not in sources.toml{nearest(source, known_sources)}"
        for record in records.values() if "source" in record.columns
        for name, row in record.rows.items()
        for source in (s.strip() for s in row["source"].split(";")) if source and source not in known_sources
    ]
