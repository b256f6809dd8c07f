"""Reads what `write_files.py` wrote with pyam and Frictionless, which are installed here and nowhere else.

python tests/outside/read_files.py FOLDER TEMPLATE.csv; the last line says how many checks passed.
"""

import re
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import pandas as pd  # noqa: E402
import pyam  # noqa: E402
from frictionless import validate  # noqa: E402

PERCENTILE = re.compile(r"\|\d+\.\d+th Percentile$")


def table(path, template, time):
    """A file read by pyam: known variables in their units, regions as in the template, nothing lost, nothing twice."""
    frame = pyam.IamDataFrame(path)
    raw = pd.read_csv(path)
    assert len(frame.data) == len(raw) > 0, f"{path}: pyam kept {len(frame.data)} of {len(raw)} rows"
    assert frame.time_col == time, frame.time_col
    wrong = []
    for variable, unit, region in frame.data[["variable", "unit", "region"]].drop_duplicates().itertuples(index=False):
        name = PERCENTILE.sub("", variable)
        row = template.get(name)
        if row is None or row["unit"] != unit or region not in row["regions"].split("; "):
            wrong.append((variable, unit, region))
    assert not wrong, f"{path}: not in the template: {wrong[:3]}"
    return frame


def main(folder, template_path):
    """Run every check."""
    template = {row["variable"]: row for row in pd.read_csv(template_path, keep_default_na=False).to_dict("records")}
    assert len(template) > 100
    for name in ("batch", "run"):
        frame = table(folder / f"{name}.csv", template, "year")
        monthly = table(folder / f"{name}_monthly.csv", template, "time")
        assert monthly.extra_cols == ["draw"], monthly.extra_cols
        share = "Share of compute|owner|all|stock|8bit"
        middle = frame.filter(variable=f"{share}|50.0th Percentile", region="China", year=2023).data
        each = monthly.filter(variable=share, region="China", year=2023, month=12).data
        for scenario, value in zip(middle["scenario"], middle["value"], strict=True):
            assert abs(each[each["scenario"] == scenario]["value"].median() - value) < 1e-12, scenario
        wrong = frame.validate(variable=f"{share}|*", upper_bound=1.0, lower_bound=0.0)
        assert wrong is None, wrong
        report = validate(str(folder / name / "datapackage.json"))
        assert report.valid, report.flatten(["name", "type", "message"])[:5]
        rows = {task.name: task.stats.get("rows") for task in report.tasks}
        results = sum(count or 0 for task, count in rows.items() if task.startswith("results"))
        assert results > 100, rows
        print(f"{name}: {len(frame.data):,} and {len(monthly.data):,} rows read by pyam {pyam.__version__}, "
              f"{results:,} rows of the data package valid")  # fmt: skip
    print("4 tables and 2 data packages are read as they should be")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
