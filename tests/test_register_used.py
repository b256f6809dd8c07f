"""Every entry of the register and every column of the records is read by some line of code: no knob without a wire."""

import ast
from pathlib import Path

from sim.parameters.records import load_records
from sim.parameters.register import load_register

SIM = Path(__file__).resolve().parents[1] / "sim"
ABOUT_A_ROW = {"name", "title", "source", "confidence", "known", "note"}
FOR_THE_READER = {  # facts, no effect
    "rules.destination", "products.software", "products.node_confidence", "model_lines.total_parameters_billion"}


def words_in_code():
    """Every attribute that the model's code reads, and every short text in it (columns may be read by name)."""
    found = set()
    for path in SIM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 80:
                found.add(node.value)
    return found


def is_read(name, words):
    """Whether a name is read, as it is or with a changing part at the end, as in ``prefers_{maker}``."""
    return name in words or any(name.startswith(w) and w.endswith("_") and len(w) > 4 for w in words)


def test_every_entry_is_read():
    words = words_in_code()
    unread = [e.name for e in load_register().entries.values() if not is_read(e.leaf, words)]
    assert unread == []


def test_every_column_is_read():
    words = words_in_code()
    unread = [f"{record.name}.{column}" for record in load_records().values() for column in record.columns
              if column not in ABOUT_A_ROW and not is_read(column, words)]
    assert set(unread) <= FOR_THE_READER
