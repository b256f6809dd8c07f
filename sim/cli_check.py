"""``aicompute show`` and ``aicompute check``: what is in force and where it comes from; whether inputs are sound."""

import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import InputError

OK, BAD_INPUT = 0, 2


def show_command(scenario: str = "baseline", month: str | None = None, search: str | None = None,
                 sets: Sequence[str] = ()) -> int:
    """Print every value in force with unit, origin and source; returns the exit code (dimensionless).

    Parameters
    ----------
    scenario : str, name or file
    month : "YYYY-MM" or None for all dates
    search : str, only rows that hold all these words
    sets : texts such as "foundry.defect_density=0.25"
    """
    from rich.console import Console
    from rich.table import Table

    from .scenario import load_scenario

    try:
        chosen = load_scenario(scenario).with_sets(list(sets))
        rows = chosen.show(month or None, search or "")
    except InputError as error:
        return _complain(error)
    width = None if sys.stdout.isatty() else 200
    console = Console(width=width, markup=False, emoji=False, highlight=False)  # values may hold brackets and colons
    table = Table(title=f"{chosen.title} ({chosen.name}{', ' + month if month else ''})", header_style="bold")
    for heading in ("parameter", "value", "unit", "prior", "origin", "source", "confidence"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["value"], row["unit"], row["prior"], row["origin"], row["source"],
                      row["confidence"], style=None if row["origin"] == "register" else "bold")
    console.print(table)
    if not rows:
        console.print("Nothing found." if search else "The register is empty.")
    return OK


def check_command(files: Sequence[str | Path] = ()) -> int:
    """Validate the given scenario files and evidence tables, or everything; returns the exit code (dimensionless).

    Without files: register, records, sources, evidence tables, and every scenario of the library.
    """
    complaints, checked = _check_files(files) if files else _check_everything()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        return BAD_INPUT
    print(f"All sound: {checked}.")
    for note in [] if files else posterior_notes():
        print(note)
    return OK


def posterior_notes() -> list[str]:
    """One line (text) for every posterior in the package that another version of the program was fitted with."""
    from .archive import code_hash
    from .parameters.posterior import FOLDER, read_posterior

    found = [(path, read_posterior(path)) for path in sorted(FOLDER.glob("*.csv"))]
    return [f"{path.name}: fitted with another version of the program ({posterior.notes['engine']['code']}, this is "
            f"{code_hash()}); where results have moved since, refit it: aicompute calibrate --ship"
            for path, posterior in found if posterior.notes["engine"]["code"] != code_hash()]  # fmt: skip


def known_sources() -> set[str]:
    """Keys that parameters, records and scenarios may cite (text): listed sources and the evidence tables."""
    from .evidence import loader

    return set(loader.sources()) | set(loader.tables())


def scenario_problems(scenario, sources) -> list[str]:
    """One line (text) for each source a scenario cites that is not listed in ``sources``."""
    from .errors import nearest

    return [f"{scenario.file}: sources: '{source}' is not in sources.toml{nearest(source, sources)}"
            for source in scenario.sources if source not in sources]


def _check_files(files):
    from .scenario import load_scenario

    complaints: list[str] = []
    for file in files:
        if Path(file).suffix == ".csv":
            complaints += _check_table(Path(file))
            continue
        try:
            scenario = load_scenario(str(file))
            _try_out(scenario)
            complaints += scenario_problems(scenario, known_sources())
        except InputError as error:
            complaints.append(str(error))
    return complaints, f"{len(files)} file" + ("s" if len(files) > 1 else "")


def _check_table(file):
    """Problems of an evidence table's copy, one line (text) each; the file's name says which table it is."""
    from .errors import nearest
    from .evidence import loader

    if not file.is_file():
        return [f"{file}: no such file"]
    if file.stem not in loader.tables():
        return [f"{file}: no evidence table is called '{file.stem}'{nearest(file.stem, loader.tables())}"]
    return [str(problem) for problem in loader.check_table(file, file.stem)]


def _try_out(scenario):
    """Resolve the scenario in every month of its run, for two draws: what loads must also be readable."""
    values = scenario.resolve([0, 1])
    for month in range(scenario.settings["start"], scenario.settings["end"] + 1):
        values.at(month)


def _check_everything():
    from .evidence import loader
    from .parameters.problems import record_problems, register_problems
    from .parameters.records import load_records, undeclared
    from .parameters.register import load_register
    from .scenario import library

    complaints: list[str] = []
    try:
        register, records = load_register(), load_records()
    except InputError as error:
        return [str(error)], ""
    sources = known_sources()
    complaints += register_problems(register, sources) + record_problems(records, sources) + undeclared()
    evidence = loader.check_all()
    complaints += [str(problem) for problem in evidence]
    names = list(library())
    wrong, _ = _check_files(names)
    rows = sum(len(record.rows) for record in records.values())
    return complaints + wrong, (f"{len(register.entries)} parameters, {rows} rows in {len(records)} records, "
                                f"{len(loader.tables())} evidence tables, {len(names)} scenarios")


def _complain(error: InputError) -> int:
    print(error, file=sys.stderr)
    return BAD_INPUT
