"""The notebook runs from its first cell to its last, and its two forms say the same."""

import os
from pathlib import Path

import jupytext
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_runs(name, monkeypatch, tmp_path):
    from nbclient import NotebookClient

    monkeypatch.setenv("NOTEBOOK_RESULTS", os.devnull)
    monkeypatch.setenv("NOTEBOOK_DRAWS", "3")
    monkeypatch.setenv("NOTEBOOK_DEVELOPERS", "200")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    book = jupytext.read(FOLDER / f"{name}.py")
    NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
    shown = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in shown)


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_hold_the_same_cells_and_no_outputs(name):
    text, book = jupytext.read(FOLDER / f"{name}.py"), jupytext.read(FOLDER / f"{name}.ipynb")
    assert [(c.cell_type, c.source) for c in text.cells] == [(c.cell_type, c.source) for c in book.cells], (
        f"repair with: jupytext --to ipynb notebooks/{name}.py"
    )
    assert not any(cell.get("outputs") for cell in book.cells)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_defines_no_model_code(name):
    source = (FOLDER / f"{name}.py").read_text()
    for module in ("model", "agents", "mechanisms", "markets", "numpy", "class "):
        assert f"import {module}" not in source and f"sim.{module}" not in source and f"\n{module} " not in source
