"""Is a stored result what it was? Hashes, page checksums, the catalogue, and runs repeated from their stored inputs."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..archive import MANIFEST, TABLE, engine, save, unsealed
from ..errors import InputError
from ..outputs import OutputError
from ..results import load
from .catalogue import DONE, FILE, Catalogue
from .durable import PARTIAL, sha256_of
from .plan import PLAN, RESULTS
from .rebuild import from_manifest
from .stored_plan import read_plan
from .unit import compute


def verify(folder, rerun: int = 0, say: Callable[[str], None] = print) -> list[str]:
    """Everything that is wrong with a stored batch or run, a line each (text); an empty list if nothing is.

    Parameters
    ----------
    folder : path of a batch or of a single run
    rerun : int, how many units to repeat from their stored inputs, comparing bytes (of a run: the run itself)
    say : called with what was checked

    Raises
    ------
    InputError : if the folder holds neither
    """
    folder = Path(folder)
    if rerun < 0:
        raise InputError(f"--rerun: {rerun} is out of range; use 0 or more")
    if (folder / PLAN).exists():
        return _verify_batch(folder, rerun, say)
    if (folder / MANIFEST).exists():
        return _verify_run(folder, rerun, say)
    raise InputError(f"{folder}: holds neither a batch ({PLAN}) nor a run ({MANIFEST})")


def _verify_batch(folder, rerun, say) -> list[str]:
    try:
        plan = read_plan(folder)
    except InputError as error:
        return [str(error)]
    faults: list[str] = []
    if not (folder / FILE).exists():
        return [f"{folder / FILE}: missing; --resume makes it again from the files of results"]
    try:
        catalogue = Catalogue(folder)
    except InputError as error:
        return [str(error)]
    try:
        altered = catalogue.faults()
        if altered:
            return [f"{folder / FILE}: {line}" for line in altered]
        counts, expected, done = catalogue.counts(), set(), []
        for row in catalogue.rows():
            if row["status"] != DONE:
                continue
            path = folder / plan.file_of(row["unit"])
            expected.add(path)
            fault = file_fault(path, row["sha256"])
            if fault:
                faults.append(f"{path}: {fault}")
            else:
                done.append(row["unit"])
        faults += [f"{path}: not in the catalogue" for path in sorted((folder / RESULTS).rglob("*"))
                   if path.is_file() and path not in expected and not path.name.endswith(PARTIAL)]  # fmt: skip
        if sum(counts.values()) != plan.units:
            faults.append(f"{folder / FILE}: {sum(counts.values())} units, but the plan has {plan.units}")
        say(f"{len(done):,} files of results are whole; {counts['pending']:,} units pending, "
            f"{counts['failed']:,} failed")
    finally:
        catalogue.close()
    faults += _described(folder) + _repeat(plan, folder, done, rerun, say)
    return faults


def _described(folder) -> list[str]:
    """A data package that no longer fits the folder it describes; none is no fault."""
    from ..interop import datapackage

    path = folder / datapackage.FILE
    if not path.exists() or path.read_bytes() == datapackage.package_text(folder).encode():
        return []
    return [f"{path}: does not describe this folder; repair it with: aicompute export {folder} --format datapackage"]


def file_fault(path: Path, sha256: str) -> str:
    """What is wrong with a file of results (text), or nothing: missing, other bytes, a page whose checksum fails."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.exists():
        return "missing"
    if sha256_of(path) == sha256:
        return ""
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        for group in range(file.num_row_groups):
            file.read_row_group(group)
    except (OSError, ValueError, pa.ArrowException) as error:
        return f"damaged: {' '.join(str(error).split())[:200]}"
    return "its bytes are not those that were written (the hash differs)"


def _repeat(plan, folder, done, rerun, say) -> list[str]:
    if not rerun or not done:
        return []
    now, then = engine(), plan.notes["engine"]
    moved = [f"{key} {then.get(key)} → {now[key]}" for key in now if then.get(key) != now[key]]
    if moved:
        return [f"{folder}: cannot be repeated by this version ({'; '.join(moved)})"]
    chosen = np.random.default_rng(plan.settings["seed"]).permutation(np.array(done))[:rerun]
    faults = []
    for unit in sorted(int(u) for u in chosen):
        path = folder / plan.file_of(unit)
        if compute(plan.task(unit), now).data != path.read_bytes():
            faults.append(f"{path}: repeated from its stored inputs, it gives other bytes")
    say(f"{len(chosen):,} units repeated from their stored inputs, {len(chosen) - len(faults):,} gave the same bytes")
    return faults


def _verify_run(folder, rerun, say) -> list[str]:
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        notes = unsealed(text) if '"seal"' in text else json.loads(text)
        sums, resolved = notes.get("sha256", {}), notes["resolved"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        return [f"{folder / MANIFEST}: damaged: {error}"]
    fault = file_fault(folder / TABLE, sums.get(TABLE, ""))
    if fault and TABLE in sums:
        return [f"{folder / TABLE}: {fault}"]
    try:
        stored = load(folder)
    except OutputError as error:
        return [str(error)]
    say(f"{folder / TABLE}: whole, {stored.draws:,} draws of {stored.scenario}"
        + ("" if TABLE in sums else " (written before hashes were kept: page checksums only)"))  # fmt: skip
    return _described(folder) + (_repeat_run(folder, notes, resolved, say) if rerun else [])


def _repeat_run(folder, notes, resolved, say) -> list[str]:
    import tempfile

    from .ensemble import run

    now, then = engine(), notes.get("engine", {})
    moved = [f"{key} {then.get(key)} → {now[key]}" for key in now if then.get(key) != now[key]]
    if moved:
        return [f"{folder}: cannot be repeated by this version ({'; '.join(moved)})"]
    keys = ("draws", "developers", "start", "end", "as_of", "seed", "uncertainty")
    again = run(from_manifest(resolved), **{key: notes[key] for key in keys}, progress=False)
    again.manifest["run_id"] = notes["run_id"]
    with tempfile.TemporaryDirectory() as place:
        save(again, place)
        same = (Path(place) / TABLE).read_bytes() == (folder / TABLE).read_bytes()
    say("the run was repeated from its stored inputs")
    return [] if same else [f"{folder / TABLE}: repeated from its stored inputs, it gives other bytes"]
