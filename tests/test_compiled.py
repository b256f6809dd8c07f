"""Compiled functions of rows are made by one process at a time."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.compiled import alone, fcntl

ROOT = Path(__file__).parents[1]
CODE = "import numpy as np; from sim.numerics import total; print(total(np.ones((2, 3))))"


@pytest.mark.slow
@pytest.mark.skipif(fcntl is None, reason="no locks of files here")
def test_who_compiles_waits_until_another_process_has_compiled(tmp_path):
    with alone():
        other = subprocess.Popen([sys.executable, "-c", CODE], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                                 env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)})  # fmt: skip
        until = time.monotonic() + 120
        while not list(tmp_path.rglob("sums.*")) and time.monotonic() < until:
            time.sleep(0.1)  # what needs no second file is there
        time.sleep(2)
        assert other.poll() is None and not list(tmp_path.rglob("guf-*"))
    assert other.communicate(timeout=300)[0].strip() == "[3. 3.]" and list(tmp_path.rglob("guf-*"))


def test_no_module_compiles_functions_of_rows_by_itself():
    alone_may = ROOT / "sim" / "compiled.py"
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py")}
    assert "numba.guvectorize" in sources.pop(alone_may)
    for path, source in sources.items():
        imported = [line for line in source.splitlines() if "import" in line and "guvectorize" in line]
        assert imported in ([], ["from .compiled import guvectorize"], ["from ..compiled import guvectorize"]), path
        assert "nb.guvectorize" not in source and "numba.guvectorize" not in source, path
