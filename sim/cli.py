"""The command line, ``aicompute``: one function a command. Heavy imports wait until they are needed."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer

from . import __version__
from .errors import InputError

BAD_INPUT, INTERRUPTED = 2, 130
app = typer.Typer(
    name="aicompute", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who holds AI compute, and whose models the world builds on: scenarios with uncertainty and sources.",
)  # fmt: skip


class Format(StrEnum):
    """How results are printed."""

    table = "table"
    json = "json"


class Where(StrEnum):
    """Where the units of a batch run."""

    local = "local"
    dask = "dask"


class To(StrEnum):
    """Formats of other tools."""

    iamc = "iamc"
    netcdf = "netcdf"
    datapackage = "datapackage"


class By(StrEnum):
    """What makes a group of assumptions."""

    parameter = "parameter"
    section = "section"


class What(StrEnum):
    """Analyses of a batch."""

    sensitivity = "sensitivity"
    box = "box"
    choice = "choice"
    variance = "variance"


class Goal(StrEnum):
    """Which values of an outcome are wanted."""

    high = "high"
    low = "low"


Definition = Annotated[Optional[str], typer.Option(help="How it is counted: 'owner|all|stock|8bit'.")]  # noqa: UP045
Region = Annotated[Optional[str], typer.Option(help="Region; left out: as in the headline.")]  # noqa: UP045
Detail = Annotated[Optional[str], typer.Option(help="Detail, where the output has one.")]  # noqa: UP045
AtLeast = Annotated[Optional[float], typer.Option(help="The condition: the output is at least this.")]  # noqa: UP045
AtMost = Annotated[Optional[float], typer.Option(help="The condition: the output is at most this.")]  # noqa: UP045
Draws = Annotated[int, typer.Option(help="Samples of the uncertainties.")]
Developers = Annotated[int, typer.Option(help="Simulated developers a draw; each stands for many.")]
Start = Annotated[str, typer.Option(help="First month, YYYY-MM.")]
End = Annotated[str, typer.Option(help="Last month, YYYY-MM.")]
AsOf = Annotated[Optional[str], typer.Option(help="Use only what was known by this month, YYYY-MM.")]  # noqa: UP045
Seed = Annotated[int, typer.Option(help="Runs of one seed share their random numbers.")]
Sets = Annotated[Optional[list[str]], typer.Option("--set", help="section.name=value, on top; may repeat.")]  # noqa: UP045
Out = Annotated[Optional[Path], typer.Option(help="Folder for data, manifest and pictures.")]  # noqa: UP045
Uncertain = Annotated[str, typer.Option(help="prior, posterior, none (register values), or a posterior file.")]
Believed = Annotated[str, typer.Option(help="prior, posterior, or none (register values).")]
Keep = Annotated[bool, typer.Option("--keep", help="Also keep the results that the pages in docs/ show.")]
Budget = Annotated[int, typer.Option(help="Runs of the model.")]
Workers = Annotated[Optional[int], typer.Option(help="Worker processes; without it one a processor.")]  # noqa: UP045
Figures = Annotated[bool, typer.Option("--figures/--no-figures", help="Draw pictures into the output folder.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"aicompute {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)]
    = False,
) -> None:
    """Who holds AI compute, and whose models the world builds on: scenarios with uncertainty and sources."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(BAD_INPUT)


@app.command(short_help="Run one scenario and print its headline outputs.")
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")] = "baseline",
    draws: Draws = 64, developers: Developers = 2000, start: Start = "2022-01", end: End = "2030-12",
    as_of: AsOf = None, seed: Seed = 1, set: Sets = None, out: Out = None,
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table, figures: Figures = True,
    uncertainty: Uncertain = "posterior",
) -> None:  # fmt: skip
    """Run one scenario and print its headline outputs with P10, P50 and P90."""
    from . import cli_run

    settings = {"draws": draws, "developers": developers, "start": start, "end": end, "as_of": as_of, "seed": seed,
                "uncertainty": uncertainty}  # fmt: skip
    cli_run.run_command(scenario, settings, set or [], out, format.value, figures)


@app.command(short_help="Run three scenarios, print their differences, draw.")
def headline(
    out: Annotated[Path, typer.Option(help="Folder for data, manifest and pictures.")] = Path("out"),
    draws: Draws = 64, developers: Developers = 2000, seed: Seed = 1, figures: Figures = True,
) -> None:  # fmt: skip
    """Run baseline, no_controls and tight_controls; print their paired differences, write pictures and data."""
    from . import cli_run

    cli_run.headline_command(out, {"draws": draws, "developers": developers, "seed": seed}, figures)


@app.command(short_help="Print every value in force and where it comes from.")
def show(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")] = "baseline",
    month: Annotated[Optional[str], typer.Option(help="Only what is in force in this month.")] = None,  # noqa: UP045
    search: Annotated[Optional[str], typer.Option(help="Only rows that hold all these words.")] = None,  # noqa: UP045
    set: Sets = None,
) -> None:
    """Print every value in force with its unit, origin, source and confidence."""
    from .cli_check import show_command

    raise typer.Exit(show_command(scenario, month, search, set or []))


@app.command(short_help="Print each product's licence status, and the rule that decides.")
def rules(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")] = "baseline",
    date: Annotated[Optional[str], typer.Option(help="Month, YYYY-MM; without it the latest start of a rule.")] = None,  # noqa: UP045
    destination: Annotated[str, typer.Option(help="china, chinese_parent_abroad, chinese_user, gulf or tier_2.")]
    = "china",
    search: Annotated[Optional[str], typer.Option(help="Only rows that hold all these words.")] = None,  # noqa: UP045
    set: Sets = None,
    list: Annotated[bool, typer.Option("--list", help="Print the rules themselves and what each one moves.")] = False,
) -> None:
    """Print every rated foreign product with its licence status and the rule and bound that decide."""
    from .cli_rules import rules_command

    rules_command(scenario, date, search or "", set or [], destination, list)


@app.command(short_help="Try a rule of your own: what it catches, and the best part under it.")
def sandbox(
    scenario: Annotated[str, typer.Argument(help="A scenario, or a TOML file with a [[rule]].")] = "baseline",
    test: Annotated[Optional[list[str]], typer.Option(help="A bound, such as tpp_min=2400; all must be met.")] = None,  # noqa: UP045
    part: Annotated[Optional[list[str]], typer.Option(help="A product that the rule names; may repeat.")] = None,  # noqa: UP045
    start: Annotated[str | None, typer.Option("--from", help="Month in which it bites; 2026-09 if not given.")]
    = None,
    until: Annotated[Optional[str], typer.Option(help="Month before which it ends.")] = None,  # noqa: UP045
    status: Annotated[Optional[str], typer.Option(help="presumption_of_denial, case_by_case or notify.")] = None,  # noqa: UP045
    destination: Annotated[str, typer.Option(help="For whom: china, gulf or tier_2.")] = "china",
    window: Annotated[bool, typer.Option("--window", help="It eases denials, case by case, instead.")] = False,
    fee: Annotated[Optional[float], typer.Option(help="Fee on licensed sales, share of price.")] = None,  # noqa: UP045
    cap: Annotated[Optional[float], typer.Option(help="Licensed volume, share of sales elsewhere.")] = None,  # noqa: UP045
    parent: Annotated[bool, typer.Option("--parent", help="For Chinese parents abroad too.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Without the other rules on accelerators.")] = False,
    maker: Annotated[str, typer.Option(help="Whose best part: nvidia or amd.")] = "nvidia",
    date: Annotated[Optional[str], typer.Option(help="Month of judgement; the start of the rule.")] = None,  # noqa: UP045
    product: Annotated[bool, typer.Option("--product", help="Add the solved part as a product.")] = False,
    out: Annotated[Optional[Path], typer.Option(help="Write a scenario file that can be run.")] = None,  # noqa: UP045
    run: Annotated[bool, typer.Option("--run", help="Run it, and print paired differences.")] = False,
    draws: Annotated[int, typer.Option(help="Draws of that run.")] = 16,
    all: Annotated[bool, typer.Option("--all", help="Print products that the rule leaves alone as well.")] = False,
) -> None:
    """Judge all products by a rule of your own, solve the best part under its line, and run what follows.

    Example: aicompute sandbox --test tpp_min=1600 --from 2026-09 --run
    """
    from .cli_sandbox import sandbox_command

    rule = {"test": test, "part": part, "start": start, "until": until, "status": status, "destination": destination,
            "window": window, "fee": fee, "cap": cap}
    sandbox_command(scenario, rule, maker, date, alone, parent, product, out, draws if run else None, all)


@app.command(short_help="Carry out a study: a design of many runs, on this machine or a cluster.")
def batch(
    study: Annotated[Optional[str], typer.Argument(help="A study file (TOML); none with --resume: the one in --out.")]  # noqa: UP045
    = None,
    executor: Annotated[Where, typer.Option(help="Processes of this machine, or a Dask cluster.")] = Where.local,
    address: Annotated[Optional[str], typer.Option(help="Dask scheduler, such as tcp://node1:8786.")] = None,  # noqa: UP045
    workers: Annotated[Optional[int], typer.Option(help="Worker processes; without it one a processor.")] = None,  # noqa: UP045
    out: Annotated[Optional[Path], typer.Option(help="Folder of the results; without it out/NAME_OF_STUDY.")] = None,  # noqa: UP045
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what the folder holds.")] = False,
    other_version: Annotated[bool, typer.Option("--other-version", help="Also if another version began it.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be run.")] = False,
    uncertainty: Annotated[Optional[str], typer.Option(help="prior, posterior or none, over the file.")] = None,  # noqa: UP045
) -> None:
    """Carry out a study, storing every unit of work as it comes; killed at any moment, it goes on with --resume.

    Example: aicompute batch scenarios/studies/first_steps.toml --workers 2 --out out/first_steps
    """
    from .cli_batch import batch_command

    raise typer.Exit(batch_command(study, executor.value, address, workers, out, resume, other_version, plan,
                                   uncertainty))  # fmt: skip


@app.command(short_help="Analyse a stored batch: what moves an outcome, where it holds, what to choose.")
def analyse(
    folder: Annotated[Path, typer.Argument(help="Folder of a whole batch.")],
    output: Annotated[Optional[str], typer.Option(help="An output that was kept; without it the study's report.")]  # noqa: UP045
    = None,
    date: Annotated[Optional[str], typer.Option(help="Month, YYYY-MM; without it the last one kept.")] = None,  # noqa: UP045
    definition: Definition = None, region: Region = None, detail: Detail = None,
    what: Annotated[Optional[list[What]], typer.Option(help="Only this analysis; may repeat.")] = None,  # noqa: UP045
    policy: Annotated[Optional[str], typer.Option(help="Scenario or policy to look at; the first if none.")] = None,  # noqa: UP045
    at_least: AtLeast = None, at_most: AtMost = None,
    goal: Annotated[Optional[Goal], typer.Option(help="Which values are wanted, for regret.")] = None,  # noqa: UP045
    out: Annotated[Optional[Path], typer.Option(help="Folder for tables and pictures.")] = None,  # noqa: UP045
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Sensitivity (Morris, Sobol, or from any runs), the box in which a condition holds, regret, parts of variance.

    Example: aicompute analyse out/export_options --at-least 20 --out out/analysis
    """
    from .cli_analyse import analyse_command
    from .cli_solve import one_bound

    bound = one_bound(at_least, at_most)
    sided = None if bound is None else ("high" if bound[0] == "at least" else "low", bound[1])
    series = {"output": output, "definition": definition, "region": region, "detail": detail}
    raise typer.Exit(analyse_command(folder, [part.value for part in what or ()], series, date, policy, sided,
                                     goal.value if goal else None, out, format.value))


@app.command(short_help="Which value of a lever makes a condition hold with a probability?")
def solve(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")],
    lever: Annotated[str, typer.Option(help="A number of the register, perhaps with @YYYY-MM.")],
    between: Annotated[str, typer.Option(help="Range searched, LOW:HIGH, in the lever's unit.")],
    output: Annotated[str, typer.Option(help="An output of docs/results.md.")],
    date: Annotated[str, typer.Option(help="Month, YYYY-MM.")],
    at_least: AtLeast = None, at_most: AtMost = None,
    probability: Annotated[float, typer.Option(help="Share of draws in which it must hold.")] = 0.8,
    definition: Definition = None, region: Region = None, detail: Detail = None,
    draws: Draws = 64, developers: Developers = 500, seed: Seed = 1, uncertainty: Believed = "posterior",
    out: Annotated[Optional[Path], typer.Option(help="Folder for the curve and its table.")] = None,  # noqa: UP045
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Find the value on shared random numbers, with its interval, and check it on fresh ones; or say there is none.

    Example: aicompute solve baseline --lever export.licence_volume_cap@2026-01 --between 0:3
    --output compute_ratio_us_china --definition 'owner|all|flow12|8bit' --date 2028-12 --at-least 10
    """
    from .cli_solve import one_bound, read_range, solve_command

    bound = one_bound(at_least, at_most)
    if bound is None:
        raise InputError("--at-least, --at-most: missing; give one of them")
    series = {"output": output, "definition": definition, "region": region, "detail": detail}
    settings = {"draws": draws, "developers": developers, "seed": seed, "uncertainty": uncertainty}
    raise typer.Exit(solve_command(scenario, lever, read_range(between), series, date, bound, probability, settings,
                                   out, format.value))


@app.command(short_help="Add draws until a number is as exact as asked.")
def converge(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")],
    output: Annotated[str, typer.Option(help="An output of docs/results.md.")],
    date: Annotated[str, typer.Option(help="Month, YYYY-MM.")],
    error: Annotated[float, typer.Option(help="Half of the 90 % interval wanted, in the output's unit.")],
    mean: Annotated[bool, typer.Option("--mean", help="Of the mean instead of the median.")] = False,
    most: Annotated[int, typer.Option(help="Draws at most.")] = 4096,
    definition: Definition = None, region: Region = None, detail: Detail = None,
    developers: Developers = 500, seed: Seed = 1, uncertainty: Believed = "posterior",
    out: Annotated[Optional[Path], typer.Option(help="Folder for the path and its table.")] = None,  # noqa: UP045
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Run block after block of draws and stop when the Monte Carlo error is small enough; exit code 1 if it never is.

    Example: aicompute converge baseline --output compute_share --region china --date 2028-12 --error 0.002
    """
    from .cli_solve import converge_command

    series = {"output": output, "definition": definition, "region": region, "detail": detail}
    settings = {"developers": developers, "seed": seed, "uncertainty": uncertainty}
    raise typer.Exit(converge_command(scenario, series, date, error, mean, most, settings, out, format.value))


@app.command(short_help="Fit the uncertain entries to what was observed.")
def calibrate(
    until: Annotated[str, typer.Option(help="Observations up to this month, YYYY-MM.")] = "2025-12",
    budget: Budget = 159_000, seed: Seed = 1, developers: Annotated[int, typer.Option(help="As of a run.")] = 3000,
    as_of: AsOf = None,
    prefer: Annotated[Optional[list[str]], typer.Option(help="output=source, where sources disagree; may repeat.")]  # noqa: UP045
    = None,
    executor: Annotated[Where, typer.Option(help="Processes of this machine, or a Dask cluster.")] = Where.local,
    address: Annotated[Optional[str], typer.Option(help="Dask scheduler, such as tcp://node1:8786.")] = None,  # noqa: UP045
    workers: Workers = None, out: Out = None,
    ship: Annotated[bool, typer.Option("--ship", help="Also put the posterior into the package.")] = False,
    keep: Keep = False,
) -> None:  # fmt: skip
    """Fit every uncertain entry to observations; killed at any moment, the same command goes on."""
    from .cli_calibrate import calibrate_command

    settings = {"scenario": "baseline", "until": until, "budget": budget, "seed": seed, "developers": developers,
                "as_of": as_of}  # fmt: skip
    where = {"where": executor.value, "address": address, "workers": workers}
    raise typer.Exit(calibrate_command(settings, where, out, prefer or [], ship, keep))


@app.command(short_help="Fit with what was known by a month, forecast, and judge by what came.")
def hindcast(
    until: Annotated[Optional[list[str]], typer.Option(help="Origin, YYYY-MM; may repeat. None: all on record.")]  # noqa: UP045
    = None,
    score: Annotated[str, typer.Option(help="Last month judged, YYYY-MM.")] = "2025-12",
    budget: Budget = 15_000, seed: Seed = 1, developers: Annotated[int, typer.Option(help="As of a run.")] = 3000,
    executor: Annotated[Where, typer.Option(help="Processes of this machine, or a Dask cluster.")] = Where.local,
    address: Annotated[Optional[str], typer.Option(help="Dask scheduler, such as tcp://node1:8786.")] = None,  # noqa: UP045
    workers: Workers = None, out: Out = None, keep: Keep = False,
) -> None:  # fmt: skip
    """Fit to what was known by each origin, run on, and score what was observed later against two naive rivals."""
    from .cli_calibrate import hindcast_command
    from .evidence.items import hindcast_series

    settings = {"scenario": "baseline", "budget": budget, "seed": seed, "developers": developers}
    where = {"where": executor.value, "address": address, "workers": workers}
    raise typer.Exit(hindcast_command(settings, where, out, until or hindcast_series()["origins"], score, keep))


@app.command(short_help="Why do two scenarios differ? The difference shared out over their assumptions.")
def explain(
    a: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")],
    b: Annotated[str, typer.Argument(help="The scenario it is compared with; the difference is B minus A.")],
    output: Annotated[str, typer.Option(help="An output of docs/results.md.")],
    date: Annotated[str, typer.Option(help="Month, YYYY-MM.")],
    definition: Definition = None, region: Region = None, detail: Detail = None,
    group: Annotated[Optional[list[str]], typer.Option(help="'Title=name,name': assumptions that go together.")] = None,  # noqa: UP045
    by: Annotated[By, typer.Option(help="Without --group: a group a parameter, or a section.")] = By.parameter,
    draws: Draws = 64, developers: Developers = 500, seed: Seed = 1, uncertainty: Believed = "posterior",
    workers: Annotated[Optional[int], typer.Option(help="Worker processes; without it one a processor.")] = None,  # noqa: UP045
    out: Annotated[Optional[Path], typer.Option(help="Folder for the waterfall and its table.")] = None,  # noqa: UP045
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Share out the difference of two scenarios over what they assume differently: Shapley values that sum to it.

    Example: aicompute explain baseline tight_controls --output compute_share --date 2028-12 --out out/explain
    """
    from .cli_explain import explain_command

    series = {"output": output, "definition": definition, "region": region, "detail": detail}
    settings = {"draws": draws, "developers": developers, "seed": seed, "uncertainty": uncertainty}
    raise typer.Exit(explain_command(a, b, series, date, group or [], by.value, settings, workers, out, format.value))


@app.command(short_help="Check stored results: hashes, page checksums, and runs repeated.")
def verify(
    folder: Annotated[Path, typer.Argument(help="Folder of a batch or of a single run.")],
    rerun: Annotated[int, typer.Option(help="Repeat so many units from their stored inputs and compare bytes.")] = 0,
) -> None:
    """Check stored results: every hash, every page checksum, the catalogue, and N units repeated byte by byte.

    Example: aicompute verify out/first_steps --rerun 2
    """
    from .cli_verify import verify_command

    raise typer.Exit(verify_command(folder, rerun))


@app.command(short_help="Write stored results for other tools: IAMC, netCDF, data package.")
def export(
    folder: Annotated[Path, typer.Argument(help="Folder of a batch or of a single run.")],
    format: Annotated[To, typer.Option(help="IAMC long table, netCDF (xarray), or datapackage.json.")] = To.iamc,
    out: Annotated[Optional[Path], typer.Option(help="File to write; without it in the folder.")] = None,  # noqa: UP045
    output: Annotated[Optional[list[str]], typer.Option(help="Only this output; may repeat.")] = None,  # noqa: UP045
    monthly: Annotated[bool, typer.Option("--monthly", help="IAMC: every month instead of Decembers.")] = False,
    each_draw: Annotated[bool, typer.Option("--each-draw", help="IAMC: every draw instead of percentiles.")] = False,
) -> None:
    """Write stored results in a format of other tools; variables of the IAMC table are in docs/iamc_variables.csv.

    Example: aicompute export out/first_steps --format iamc --out first_steps.csv
    """
    from .cli_export import export_command

    raise typer.Exit(export_command(folder, format.value, out, output, monthly, each_draw))


@app.command(short_help="Print one state under every published definition, and why they differ.")
def definitions(
    subject: Annotated[str, typer.Argument(help="A folder written by a run, or a scenario.")] = "baseline",
    date: Annotated[str, typer.Option(help="Month, YYYY-MM.")] = "2025-12",
    draws: Draws = 64, seed: Seed = 1, set: Sets = None,
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Print shares of compute by owner, location, user and instrument, and how China's accelerators came."""
    from .cli_definitions import definitions_command

    definitions_command(subject, date, draws, seed, set or [], format.value)


@app.command(short_help="Print the Chinese share of use as each instrument shows it, and why they differ.")
def observers(
    subject: Annotated[str, typer.Argument(help="A folder written by a run, or a scenario.")] = "baseline",
    date: Annotated[str, typer.Option(help="Month, YYYY-MM.")] = "2025-12",
    draws: Draws = 64, developers: Developers = 2000, seed: Seed = 1, set: Sets = None,
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Print the Chinese share of tokens, revenue and developers beside what router, hub, survey and others show."""
    from .cli_observers import observers_command

    settings = {"draws": draws, "developers": developers, "seed": seed}
    observers_command(subject, date, settings, set or [], format.value)


@app.command(short_help="Print what comes round a refusal by shipping and by cloud, over millions of draws.")
def leakage(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a TOML file.")] = "baseline",
    draws: Draws = 100_000,
    year: Annotated[Optional[list[int]], typer.Option(help="Calendar year; may repeat. 2022 to 2027 if none.")] = None,  # noqa: UP045
    seed: Seed = 1, set: Sets = None,
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.table,
) -> None:  # fmt: skip
    """Print median, 5 and 95 % of accelerators that came by diversion, and were rented abroad, by year."""
    from .cli_leakage import leakage_command

    leakage_command(scenario, draws, year or [], seed, set or [], format.value)


@app.command("app", short_help="Open the pages: move sliders, see both sides of the picture move, know why.")
def pages(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Interface to listen on; 0.0.0.0 for everybody.")] = "localhost",
    browser: Annotated[bool, typer.Option(help="Open a browser where there is a screen.")] = True,
) -> None:
    """Serve the pages until interrupted. Nothing is sent to anybody else; limits are AICOMPUTE_APP_ variables."""
    from .app.server import serve

    serve(port, address, browser)


@app.command(short_help="Validate scenarios, register, records and evidence.")
def check(
    files: Annotated[Optional[list[str]], typer.Argument(help="Scenario files; everything if none.")] = None,  # noqa: UP045
) -> None:
    """Validate scenario files, or the register, records, evidence and the whole library."""
    from .cli_check import check_command

    raise typer.Exit(check_command(files or []))


def main(arguments: list[str] | None = None) -> None:
    """The console entry: every mistake of the user is one line on standard error and exit code 2 (dimensionless)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Δ or – shows a question mark, not a traceback
    try:
        code = app(args=arguments, prog_name="aicompute", standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        code = _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, had enough
        sys.stderr.close()
        code = 0
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's own complaints, whichever click they come from
            raise
        code = _complain(error.format_message()) if error.format_message() else BAD_INPUT
    sys.exit(code if isinstance(code, int) else 0)


def _complain(message: str) -> int:
    print(f"aicompute: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT
