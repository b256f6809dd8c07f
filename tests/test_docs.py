"""Generated pages are up to date, and the table of targets is what the stored scores say."""

import pytest

from sim import docs, docs_mechanisms
from sim.evidence.observations import observations
from sim.evidence.targets import targets
from sim.outputs import load_outputs


@pytest.mark.parametrize("name", docs.PAGES)
def test_a_generated_page_is_up_to_date(name):
    path = docs.DOCS / name
    stored = path.read_text(encoding="utf-8") if path.exists() else ""
    assert stored == docs.PAGES[name](), f"docs/{name} is out of date; repair it with: python -m sim.docs --pages"


def test_the_pages_of_mechanisms_are_up_to_date():
    stored = {f"mechanisms/{path.name}": path.read_text(encoding="utf-8")
              for path in (docs.DOCS / "mechanisms").glob("*.md")}
    made = docs_mechanisms.pages()
    wrong = sorted(name for name in made.keys() | stored.keys() if made.get(name) != stored.get(name))
    assert not wrong, f"out of date: {', '.join(wrong)}; repair with: python -m sim.docs --pages"


def test_every_entry_is_on_a_page_of_the_mechanisms():
    from sim.parameters.register import load_register

    text = "".join(docs_mechanisms.pages().values())
    missing = [e.name for e in load_register().entries.values() if e.role != "setting" and f"[`{e.name}`]" not in text]
    assert missing == []


@pytest.mark.parametrize("mechanism", docs_mechanisms.mechanisms(), ids=lambda m: m.stem)
def test_the_page_of_a_mechanism_has_all_its_parts(mechanism):
    file = f"sim/mechanisms/{mechanism.stem}.py"
    assert mechanism.does and mechanism.functions
    assert mechanism.callers, f"nothing calls {file}"
    assert mechanism.leaves_out, f'{file}: the module docstring has no section "Leaves out" (as in power.py)'
    assert mechanism.equations, f"{file}: no docstring has an indented formula (as in power.py)"


def test_the_page_of_power_lists_what_reaches_it():
    """By hand: overhead and PUE are arguments; capacity, build-out and headroom stand behind the room that is one."""
    page = docs_mechanisms.pages()["mechanisms/power.md"]
    for name in ("power.system_overhead", "power.drawn_share", "power.headroom", "power.build_out_united_states"):
        assert f"[`{name}`]" in page
    assert "| [power_sites](../records.md#power_sites): `pue` |" in page
    assert "developers." not in page


def test_the_table_of_targets_is_what_the_stored_scores_say():
    text = (docs.DOCS / "limits.md").read_text(encoding="utf-8")
    assert text.count(docs.BEGIN) == text.count(docs.END) == 1
    scores = docs.read_scores()
    assert list(dict.fromkeys(scores["id"])) == list(targets())
    parts = [(name, part["name"]) for name, target in targets().items() for part in target["part"]]
    assert list(zip(scores["id"], scores["part"], strict=True)) == parts
    assert docs.with_targets(text, scores) == text, "repair it with: python -m sim.docs"


def test_misses_stand_first():
    table = docs.target_table(docs.read_scores())
    verdicts = ["miss" if "(part)" in line or "**miss**" in line else "hit" for line in table.splitlines()
                if line.startswith(("| S", "| D"))]  # fmt: skip
    assert len(verdicts) > 40 and verdicts == sorted(verdicts, reverse=True)


def test_pages_give_every_name():
    from sim.parameters.records import load_records
    from sim.parameters.register import load_register

    parameters, records, results = (docs.PAGES[name]() for name in ("parameters.md", "records.md", "results.md"))
    for entry in load_register().entries.values():
        assert f"| `{entry.leaf}` | {entry.title}" in parameters
    for name, record in load_records().items():
        assert f"## {name}\n" in records
        assert all(f"`{row}`" in records for row in record.rows)
    for name in load_outputs():
        assert f"| `{name}` |" in results


def test_observations_and_targets_name_declared_outputs_in_their_units():
    outputs = load_outputs()
    for (name, unit), _ in observations().groupby(["output", "unit"]):
        assert name in outputs, f"observation_map.toml: {name} is not an output"
        assert unit == outputs[name].unit, f"observation_map.toml: {name} in {unit}, not {outputs[name].unit}"
    for id, target in targets().items():
        for part in target["part"]:
            assert part["output"] in outputs, f"{id}: {part['output']} is not an output"
