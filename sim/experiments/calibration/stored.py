"""What the pages on calibration are made from: results of calibrations and hindcasts kept beside the golden rows."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "scenarios" / "golden"
IDENTIFIABILITY, HINDCAST = FOLDER / "identifiability.json", FOLDER / "hindcast.json"
STRUCTURES, RANKS = FOLDER / "structures.json", FOLDER / "ranks.json"


def keep(path: Path, notes: Any) -> Path:
    """Keep plain data as JSON, numbers to four significant digits (units as in the data)."""
    path.write_text(json.dumps(_short(notes), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def kept(path: Path) -> Any:
    """The data kept, or None."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_short(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
