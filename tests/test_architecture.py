"""Imports point one way, what the model runs never sees the evidence, and the state path keeps to safe arithmetic."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SIM = ROOT / "sim"
BASE = {"units", "errors", "numerics", "lanes", "compiled"}  # sums only through numerics
MAY_IMPORT = {
    "units": set(),
    "errors": set(),
    "compiled": set(),
    "sums": {"compiled"},
    "numerics": {"sums"},
    "lanes": set(),
    "luck": {"errors"},
    "randomness": BASE | {"luck"},
    "mechanisms": BASE | {"randomness"},
    "markets": BASE | {"randomness", "mechanisms"},
    "agents": BASE | {"randomness", "mechanisms", "markets"},
    "observers": BASE | {"randomness", "mechanisms", "markets", "agents"},
    "parameters": BASE,
    "values": BASE | {"luck", "randomness", "parameters"},
    "listing": BASE | {"parameters"},
    "scenario": BASE | {"randomness", "parameters", "values", "listing"},
    "outputs": BASE,
    "recorder": BASE | {"outputs"},
    "results": BASE | {"__init__", "outputs"},  # archive.py, which saves and loads them, counts as part of results
    "model": BASE | {"randomness", "mechanisms", "markets", "observers", "agents", "scenario", "values", "recorder"},
    "figures": {"units", "errors", "outputs", "results"},
    "evidence": BASE | {"outputs", "results"},
    "experiments": None,  # everything below the command line
    "interop": None,
    "docs": None,
    "app": None,
    "cli": None,
    "cli_analyse": None,
    "cli_batch": None,
    "cli_calibrate": None,
    "cli_check": None,
    "cli_definitions": None,
    "cli_explain": None,
    "cli_export": None,
    "cli_leakage": None,
    "cli_observers": None,
    "cli_progress": None,
    "cli_rules": None,
    "cli_sandbox": None,
    "cli_solve": None,
    "cli_run": None,
    "cli_verify": None,
    "__init__": None,
    "__main__": None,
}
SAME = {"archive": "results", "docs_calibration": "docs", "docs_callers": "docs", "docs_mechanisms": "docs",
        "docs_observers": "docs"}  # fmt: skip
TOP = {"app", "docs", "__main__"} | {name for name in MAY_IMPORT if name.startswith("cli")}  # nothing below uses them
STATE_PATH = ("mechanisms", "markets", "agents", "observers", "model")
MODULES = sorted(path for path in SIM.rglob("*.py") if "data" not in path.parts)


def part_of(path):
    """The part of the program a file belongs to: a folder of sim/, or a module beside them."""
    inside = path.relative_to(SIM)
    part = inside.parts[0] if len(inside.parts) > 1 else inside.stem
    return SAME.get(part, part)


def imported_parts(path):
    """(line, part) of every import of this package in a file, also those inside functions."""
    package = ["sim", *path.relative_to(SIM).parent.parts]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = base + (node.module.split(".") if node.module else [])
            names = [full + [alias.name] for alias in node.names] if len(full) == 1 else [full]
        else:
            continue
        for name in names:
            if name[0] == "sim":
                known = len(name) > 1 and ((SIM / name[1]).is_dir() or (SIM / f"{name[1]}.py").exists())
                yield node.lineno, SAME.get(name[1], name[1]) if known else "__init__"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SIM)))
def test_imports_point_one_way(path):
    part = part_of(path)
    assert part in MAY_IMPORT, f"sim/{part} has no place in the order of imports: give it one in this test"
    allowed = MAY_IMPORT[part]
    for line, other in imported_parts(path):
        if other == part:
            continue
        if allowed is None:
            assert other not in TOP or part in TOP, f"{path}:{line} imports sim.{other}"
        else:
            assert other in allowed, f"{path}:{line}: sim/{part} may not import sim.{other}"


def test_the_order_has_no_cycle():
    done: set[str] = set()
    left = {part: set(others) for part, others in MAY_IMPORT.items() if others is not None}
    while left:
        ready = [part for part, others in left.items() if not (others - {"__init__"}) - done]
        assert ready, f"these import one another in a circle: {sorted(left)}"
        done.update(ready)
        for part in ready:
            del left[part]


def test_running_the_model_never_loads_the_evidence():
    code = (
        "import sys; import sim.model, sim.scenario, sim.results, sim.experiments.ensemble; "
        "print([name for name in sys.modules if name.startswith('sim.evidence')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"


STATE_FILES = [path for path in MODULES if part_of(path) in STATE_PATH]
TRANSCENDENTAL = set(
    "exp exp2 expm1 log log2 log10 log1p logaddexp power float_power cbrt sin cos tan sinh cosh tanh".split()
)
BLAS = {"dot", "matmul", "einsum", "inner", "vdot", "tensordot", "linalg"}


def is_kernel(tree):
    """A compiled file keeps its own rules: it is checked against a NumPy reference instead."""
    return any("numba" in ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


@pytest.mark.parametrize("path", STATE_FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_the_state_path_keeps_to_safe_arithmetic(path):
    """No transcendental of arrays outside numerics.py, no BLAS, no np.random: bytes must not depend on the machine."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy"):
            assert node.attr != "random", f"{where}: np.random; use world.streams"
            assert node.attr not in BLAS, f"{where}: np.{node.attr} may add in any order; use numerics.total"
            if not is_kernel(tree):
                assert node.attr not in TRANSCENDENTAL, f"{where}: np.{node.attr}; import it from sim.numerics"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("dot", "matmul"), f"{where}: .{node.func.attr}() may add in any order"
        if isinstance(node, ast.BinOp | ast.AugAssign):
            assert not isinstance(node.op, ast.MatMult), f"{where}: @ may add in any order; use numerics.total"
        if isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & {"random", "secrets", "pickle"}, where


@pytest.mark.parametrize("path", STATE_FILES, ids=lambda path: str(path.relative_to(SIM)))
def test_the_state_path_reads_no_file(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "open", f"{path}:{node.lineno} opens a file; inputs come through p"
