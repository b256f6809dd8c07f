"""Small studies for tests, and an executor without processes."""

from concurrent.futures import Executor, Future
from pathlib import Path

HEAD = """title = "A small study"
question = "Does it survive?"
"""
SMALL = HEAD + """scenarios = ["baseline", "tight_controls"]
draws = 4
block = 4
developers = 60
end = "2022-12"

[design]
kind = "latin_hypercube"
points = 3

[[factor]]
parameter = "export.licence_denial_share@2022-02"
range = [0.1, 0.9]

[[factor]]
parameter = "foundry.yield_form"
values = ["murphy_1964", "poisson"]

[keep]
months = ["2022-06", "2022-12"]
[[keep.series]]
output = "compute_share"
definition = ["owner|all|stock|8bit", "user|all|stock|8bit"]
region = ["china", "united_states"]
[[keep.series]]
output = "flagship_price_usd_per_mtok"
"""


class Serial(Executor):
    """Does each thing at once, here; counts what it was given."""

    def __init__(self):
        self.given = []

    def submit(self, function, /, *arguments, **named):
        self.given.append(arguments[0].unit)
        future = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def written(folder: Path, text: str = SMALL, name: str = "small.toml") -> Path:
    """A study file in a folder."""
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    return path


def files(out: Path) -> dict[str, bytes]:
    """Every file of results by its place, with its bytes."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted((Path(out) / "results").rglob("*.parquet"))}
