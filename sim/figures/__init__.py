"""How results look: one function a file, results (and observations) in, matplotlib Figure out."""

from importlib import import_module
from pathlib import Path

FIGURES = (
    "compute_share", "compute_definitions", "compute_ratio", "ascend_ramp", "what_binds", "two_keys", "downloads",
    "chinese_share", "truth_and_observers", "price", "capability",
)  # fmt: skip


COMPARING = ("compute_share", "compute_ratio", "two_keys", "downloads", "price", "capability")  # take a second scenario


def draw_all(results, folder, observations=None, against=None) -> list[Path]:
    """Draw every figure as PNG into a folder, made if needed; returns the files (each figure names its units).

    ``against`` are the Results of another scenario, drawn dashed where a figure can compare.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in FIGURES:
        second = {"against": against} if against is not None and name in COMPARING else {}
        figure = getattr(import_module(f".{name}", __name__), name)(results, observations, **second)
        files.append(folder / f"{name}.png")
        figure.savefig(files[-1], metadata={"Software": None, "Source": f"run {results.run_id}"})
    return files
