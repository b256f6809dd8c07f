"""Reading TOML and text from files that anyone may have written: guarded, with one clear line per defect."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from ..errors import InputError

MAX_BYTES = 256 * 1024


def shown(path: str | Path) -> str:
    """The file's name as a reader wants to see it: relative to the current folder where that is shorter."""
    path = Path(path)
    try:
        short = os.path.relpath(path)
    except ValueError:
        return str(path)
    return str(path) if short.startswith("..") else short


def read_text(path: str | Path, max_bytes: int = MAX_BYTES) -> str:
    """The text of a UTF-8 file of at most ``max_bytes`` bytes.

    Raises
    ------
    InputError : if the file is missing, not a plain file, too large, binary, not UTF-8 or empty
    """
    name = shown(path)
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{name}: this is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name}: this is not a plain file")
        if status.st_size > max_bytes:
            raise InputError(f"{name}: the file has {status.st_size:,} bytes; at most {max_bytes:,} are allowed")
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: cannot be read ({reason})") from None
    if b"\0" in data:
        raise InputError(f"{name}: the file holds binary data, not text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name}: line {line} is not UTF-8 text") from None
    if not text.strip():
        raise InputError(f"{name}: the file is empty")
    return text


def read_toml(path: str | Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    InputError : as `read_text`, and if the text is not TOML, is nested too deeply or holds no key
    """
    return parse_toml(read_text(path), shown(path))


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML text; ``name`` stands before any complaint."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not valid TOML: {error}") from None
    except RecursionError:
        raise InputError(f"{name}: lists or tables are nested too deeply") from None
    except (ValueError, OverflowError) as error:
        reason = "a number has too many digits" if "digits" in str(error) else str(error)
        raise InputError(f"{name}: not valid TOML: {reason}") from None
    if not tables:
        raise InputError(f"{name}: the file holds no keys, only comments")
    return tables
