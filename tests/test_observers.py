"""One end-2025 state as every instrument shows it: the command, its sentence, and the page on how each errs."""

import ast
import json

import numpy as np
import pytest

from sim import docs_observers, run
from sim.cli import main
from sim.docs_callers import SIM, source
from sim.evidence.loader import sources as source_keys
from sim.evidence.loader import tables
from sim.outputs import load_outputs
from sim.outputs.readings import OTHERS, SHARES, readings, why_readings_differ


def command(capsys, *words):
    with pytest.raises(SystemExit) as stopped:
        main(list(words))
    return stopped.value.code, capsys.readouterr()


@pytest.fixture(scope="module")
def state():
    return run("baseline", draws=64, developers=1000, end="2025-12", progress=False)


def test_one_state_gives_about_one_per_cent_among_firms_and_many_times_that_on_a_router(state):
    shown = {row["name"]: row["value"][1] for row in readings(state, "2025-12")}
    assert shown["survey, workloads"] < 0.03 and shown["router"] > 0.1
    assert shown["router"] > 5 * shown["survey, workloads"]
    assert shown["tokens outside China"] < shown["tokens, world"]
    assert shown["revenue, world"] < shown["tokens, world"]  # sold for less


def test_shares_by_bloc_add_up_and_totals_are_of_what_is_counted(state):
    at = state.months.index("2025-12")
    blocs = [state.series(*key)[1][:, at] for key in state.keys("derivative_bloc_share")]
    assert np.sum(blocs, axis=0) == pytest.approx(1.0)
    tokens = {key[3]: state.series(*key)[1][:, at] for key in state.keys("provider_tokens_t_per_month")}
    chinese = sum(tokens[lab] for lab in ("deepseek", "qwen", "moonshot", "zhipu", "bytedance", "tencent", "baidu",
                                          "minimax"))
    found = state.series("provider_token_share_chinese")[1][:, at]
    assert found == pytest.approx(chinese / sum(tokens.values()))
    spend = {key[3]: state.series(*key)[1][:, at] for key in state.keys("enterprise_spend_share")}
    chinese = sum(spend[lab] for lab in ("deepseek", "qwen", "moonshot", "zhipu", "bytedance", "tencent", "baidu",
                                         "minimax"))
    assert state.series("enterprise_spend_share_chinese")[1][:, at] == pytest.approx(chinese)


def test_the_sentence_is_made_of_the_numbers_of_the_run(state):
    text = why_readings_differ(state, "2025-12")
    at = state.months.index("2025-12")
    router = np.median(state.series("router_token_share", detail="chinese_open")[1][:, at])
    assert f"{100 * router:.0f} %" in text
    assert why_readings_differ(state, "2024-12") != text


def test_the_command_prints_a_table_and_json_and_refuses_bad_input_in_one_line(capsys, tmp_path):
    folder = tmp_path / "kept"
    run("baseline", draws=3, developers=60, end="2025-12", progress=False).save(folder)
    code, said = command(capsys, "observers", str(folder), "--format", "json")
    found = json.loads(said.out)
    assert code == 0 and len(found["shares"]) == len(SHARES) and len(found["others"]) == len(OTHERS)
    published = {row["name"]: row["published"] for row in found["shares"]}
    assert published["survey, workloads"]["value"] == pytest.approx(0.012) and published["tokens, world"] is None
    assert published["router"]["definition"] == "average of 13 months"
    code, said = command(capsys, "observers", str(folder), "--date", "2025-06")
    assert code == 0 and "router" in said.out and "who sees" in said.out
    for words in (["observers", str(folder), "--date", "2031-01"], ["observers", "--date", "2025"],
                  ["observers", str(folder), "--set", "diversion.rack=0.1"], ["observers", "nothing_like_it"]):
        code, said = command(capsys, *words)
        assert code == 2 and said.err.count("\n") == 1 and said.out == "", words


@pytest.mark.parametrize("observer", docs_observers.observers(), ids=lambda o: o.name)
def test_each_observer_says_what_it_sees_and_how_it_errs_with_its_source(observer):
    file = f"sim/observers/{observer.name}.py"
    assert observer.sees and observer.bias, f'{file}: the module docstring needs "Sees" and "Bias" (as in router.py)'
    assert observer.sources, f"{file}: its bias names no source in brackets"
    unknown = set(observer.sources) - set(source_keys()) - set(tables())
    assert not unknown, f"{file}: {unknown} is neither a key of sources.toml nor a table of the evidence"
    assert docs_observers.read_through(observer.name), f"no output names {observer.name} as its observer"
    assert len(docs_observers.coverage_rows(observer.coverage)) == len(observer.coverage)


@pytest.mark.parametrize("observer", docs_observers.observers(), ids=lambda o: o.name)
def test_what_an_observer_reads_of_the_register_is_among_its_coverage(observer):
    methods = [m for m in source().methods if m.file == f"observers/{observer.name}.py"]
    read = set().union(*(source().read_in(method) for method in methods)) & source().entries
    assert read <= set(observer.coverage), f"{observer.name} reads {sorted(read - set(observer.coverage))}"


def test_every_output_of_an_instrument_is_written_by_that_instrument():
    for output in load_outputs().values():
        if output.observer:
            text = (SIM / "observers" / f"{output.observer}.py").read_text(encoding="utf-8")
            written = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
            assert output.name in written, f"{output.name} is not written in {output.observer}.py"
