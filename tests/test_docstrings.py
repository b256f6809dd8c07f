"""No public function of the mechanisms and observers without units: a reader must know what goes in and comes out."""

import ast
import re
from pathlib import Path

import pytest

SIM = Path(__file__).resolve().parents[1] / "sim"
UNIT_WORDS = re.compile(
    r"array \(|dimensionless|\bunits?\b|\bshares?\b|\bmonths?\b|\byears?\b|\bUSD\b|\bH100e\b|\btokens?\b|\bFLOP\b"
    r"|\bTPP\b|\bpoints?\b|\butils?\b|\bpackages?\b|\bdies\b|\bwafers?\b|\bstacks?\b|\bGW\b|\bMW\b|\bwatts?\b|\bkW\b|\bmm²|\bcm²"
    r"|\bmillion\b|\bbillion\b|\btrillion\b|\bGB/s\b|\bTB/s\b|\bbool\b|\bratio\b|\bhours?\b|\baccelerators?\b"
)


def public_functions(folder):
    """(file, function) of every public function or method of a public class in a folder."""
    for path in sorted((SIM / folder).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        places = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")]
        for place in places:
            for node in place.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield path, node


def ids(folder):
    return [pytest.param(path, node, id=f"{folder}/{path.stem}.{node.name}") for path, node in public_functions(folder)]


@pytest.mark.parametrize(("path", "function"), ids("mechanisms") + ids("observers"))
def test_every_public_function_gives_its_units(path, function):
    text = ast.get_docstring(function) or ""
    where = f"{path}:{function.lineno} {function.name}"
    assert text, f"{where} has no docstring"
    adapter = "observers" in path.parts and function.name == "observe"  # takes world and p, writes to the recorder
    assert adapter or UNIT_WORDS.search(text), f"{where}: the docstring names no unit, shape or 'dimensionless'"


@pytest.mark.parametrize(("path", "function"), ids("mechanisms"))
def test_every_mechanism_lists_parameters_and_returns(path, function):
    """With up to three arguments a sentence that gives their units will do; a kernel's twin is explained there."""
    if path.stem.endswith("_reference"):
        return
    text = ast.get_docstring(function) or ""
    where = f"{path}:{function.lineno} {function.name}"
    arguments = [a.arg for a in function.args.args + function.args.kwonlyargs if a.arg not in ("self", "cls")]
    if len(arguments) - len(function.args.defaults) > 3:
        assert "Parameters\n" in text, f"{where}: no Parameters section"
        section = text.split("Parameters\n", 1)[1].split("Returns\n", 1)[0]
        missing = [name for name in arguments if not re.search(rf"\b{name}\b", section)]
        assert not missing, f"{where}: Parameters does not explain {', '.join(missing)}"
        in_place = " out," in section  # fills arrays it is given
        assert in_place or "Returns\n" in text, f"{where}: no Returns section"


@pytest.mark.parametrize("folder", ["agents", "markets"])
def test_every_agent_and_market_says_what_it_does(folder):
    for path in sorted((SIM / folder).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}:{node.lineno}: {node.name} has no docstring"
