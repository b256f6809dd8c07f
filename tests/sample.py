"""A small register that tests can follow by hand, and scenarios over it."""

from functools import cache
from pathlib import Path

from sim import scenario
from sim.parameters.records import load_records
from sim.parameters.register import load_register

FOLDER = Path(__file__).parent / "sample_register"
HEAD = 'title = "A test"\nquestion = "Does it work?"\nsources = ["assumption"]\n'


@cache
def register():
    return load_register(FOLDER)


@cache
def records():
    return load_records(FOLDER / "records")


def use_sample(monkeypatch):
    """Scenario files are read against the small register."""
    monkeypatch.setattr(scenario, "load_register", register)
    monkeypatch.setattr(scenario, "load_records", records)


def plain():
    """The small register without any change."""
    return scenario.Scenario("plain", "Plain", "What then?", ("assumption",), (), (), register(), records())


def from_text(monkeypatch, tmp_path, text, name="lower_threshold"):
    """A scenario read from a file with this text below the usual head."""
    use_sample(monkeypatch)
    path = tmp_path / f"{name}.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return scenario.load_scenario(path)
