"""The inputs that a design varies, looked up in the register and checked at their bounds."""

from ..errors import InputError, quoted
from ..parameters.changes import made, split_dated
from ..parameters.domain import Domain
from ..scenario import Scenario
from .designs import Factor
from .study_tables import FactorTable

EVERY = "*"  # factor.parameter: every uncertain entry


def read_factors(rows, scenario: Scenario, file: str) -> list[Factor]:
    """Factors with their parameters looked up; ranges and values are in the unit of the parameter.

    Raises
    ------
    InputError : if a parameter is unknown or fixed, or a bound or value is not allowed
    """
    found: list[Factor] = []
    for number, row in enumerate(rows, start=1):
        if row.parameter == EVERY:
            found += _everyone(row, scenario, found, f"{file}: factor {number}")
            continue
        factor = read_factor(row, scenario, f"{file}: factor {number} ({row.parameter[:80]})")
        if factor.name in [other.name for other in found]:
            raise InputError(f"{file}: factor {number}: {factor.name} is given twice")
        found.append(factor)
    return found


def _everyone(row, scenario, found, where) -> list[Factor]:
    """One factor an uncertain entry that has none yet, each over its prior: then draws differ by chance alone."""
    if row.model_fields_set - {"parameter"}:
        raise InputError(f'{where}: parameter = "{EVERY}" takes every prior as it is; leave out the other keys')
    taken = {factor.parameter for factor in found}
    return [Factor(entry.name, entry.name, sampled=True, prior=entry.prior)
            for entry in scenario.register.uncertain() if entry.name not in taken]  # fmt: skip


def read_factor(row: FactorTable, scenario: Scenario, where: str) -> Factor:
    """One factor, checked at both ends of its range or at each value (unit of its parameter, or a plain factor)."""
    name, date = split_dated(row.parameter, where)
    entry = scenario.register.entries.get(name)
    prior = entry.prior if entry is not None else None
    if row.range is not None and row.values is not None:
        raise InputError(f"{where}: give either range or values, not both")
    if row.levels is not None and row.range is None:
        raise InputError(f"{where}: levels: only a range has levels")
    sampled = prior is not None and date is None and not row.multiply
    domain = check_value(scenario, name, date, None, row.multiply, where)
    if sampled and prior is not None and prior.as_factor:
        domain = Domain("number", "factor", 0.0, 1e6)
    if row.values is not None:
        values = tuple(_canonical(value, scenario, name, date, row.multiply, sampled, domain, f"{where}: values")
                       for value in row.values)  # fmt: skip
        if len(set(values)) < len(values):
            raise InputError(f"{where}: values: one of them is given twice")
        return Factor(row.parameter, name, date, row.multiply, sampled, values=values)
    if row.range is not None:
        if domain.type not in ("number", "integer") or domain.choices is not None:
            raise InputError(f"{where}: range: only a number has a range; list its values: {domain.allowed}")
        low, high = (_canonical(value, scenario, name, date, row.multiply, sampled, domain, f"{where}: range")
                     for value in row.range)  # fmt: skip
        if not low < high:
            raise InputError(f"{where}: range: {quoted(low)} is not below {quoted(high)}")
        return Factor(row.parameter, name, date, row.multiply, sampled, low=low, high=high, levels=row.levels)
    if sampled:
        return Factor(row.parameter, name, date, row.multiply, sampled, prior=prior)
    raise InputError(f"{where}: range: missing; give range = [lowest, highest] or values = [...]"
                     + (f"; allowed is {domain.allowed}" if not row.multiply else ""))  # fmt: skip


def check_value(scenario: Scenario, name, date, value, multiply, where) -> Domain:
    """The domain of a parameter that may be changed; with a value (in its unit), that value is checked too.

    Raises
    ------
    InputError : as for a change in a scenario file
    """
    entry = scenario.register.entries.get(name)
    if value is None:
        made(scenario.register, scenario.records, name, date, None, None, 1.0, "-", where, where) if multiply else None
        domain = entry.domain if entry else None
        if domain is None or (entry and entry.role in ("setting", "constant")):
            _probe(scenario, name, date, where)
            record, _, column = name.split(".")
            domain = scenario.records[record].columns[column].domain
        elif entry is not None and date is not None:
            _probe(scenario, name, date, where, entry.value)
        return Domain("number", "factor", 0.0, 1e6) if multiply else domain
    change = (None, value) if multiply else (value, None)
    made(scenario.register, scenario.records, name, date, None, change[0], change[1], "-", where, where)
    return entry.domain if entry else Domain("number")


def _probe(scenario, name, date, where, value=None):
    """Raise what a scenario file would raise for this name and date, whatever the value."""
    try:
        made(scenario.register, scenario.records, name, date, None, value, None, "-", where, where)
    except InputError as error:
        if ": value:" not in str(error):
            raise


def _canonical(value, scenario, name, date, multiply, sampled, domain, where):
    if sampled:
        return domain.check(value, where)
    check_value(scenario, name, date, value, multiply, where)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
