"""Writes a small study, a small run and their exports for `read_files.py`.

python tests/outside/write_files.py FOLDER
"""

import shutil
import subprocess
import sys
from pathlib import Path

STUDY = """title = "A small study for other tools"
question = "Do they read it?"
scenarios = ["baseline", "tight_controls"]
draws = 4
developers = 60
end = "2023-12"
[design]
kind = "latin_hypercube"
points = 2
[[factor]]
parameter = "export.licence_denial_share@2022-02"
range = [0.1, 0.9]
[[factor]]
parameter = "foundry.yield_form"
values = ["murphy_1964", "poisson"]
"""


def main(folder):
    """Write everything into a folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")

    def aicompute(*words):
        subprocess.run([sys.executable, "-m", "sim", *map(str, words)], check=True, stdout=subprocess.DEVNULL)

    aicompute("batch", folder / "study.toml", "--workers", 1, "--out", folder / "batch")
    aicompute("run", "baseline", "--draws", 3, "--developers", 60, "--end", "2023-12", "--no-figures",
              "--out", folder / "run")
    for name in ("batch", "run"):
        aicompute("export", folder / name, "--out", folder / f"{name}.csv")
        aicompute("export", folder / name, "--monthly", "--each-draw", "--output", "compute_share",
                  "--out", folder / f"{name}_monthly.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
