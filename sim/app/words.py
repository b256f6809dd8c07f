"""Every text of the pages, from sim/app/texts, in the language of the session."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st

LANGUAGES = {"en": "English", "zh": "简体中文"}
FIRST = "en"
_HELD: ContextVar[str] = ContextVar("held language", default="")


def language() -> str:
    """The code of the language of this session (text)."""
    return _HELD.get() or st.session_state.get("language", FIRST)


@contextmanager
def held(code: str) -> Iterator[None]:
    """Texts in one language whatever the session's, as for a file whose letters must exist everywhere."""
    token = _HELD.set(code)
    try:
        yield
    finally:
        _HELD.reset(token)


def words(key: str, **values: Any) -> str:
    """The text at ``section.name`` in the session's language, with ``{placeholders}`` filled in."""
    text = load(language())[key]
    return text.format(**values) if values else text


def has(key: str) -> bool:
    """Whether there is a text at ``section.name``."""
    return key in load(language())


def told(section: str, name: str, plain: str) -> str:
    """What the register or the library says in English, in the session's language where there is a text for it."""
    key = f"{section}.{name}"
    return words(key) if has(key) else plain


def unit_told(unit: str) -> str:
    """A unit in the session's language where there is a text for it (text)."""
    return told("unit", unit, unit)


def group(prefix: str) -> dict[str, str]:
    """Every text whose key begins with ``prefix.``, by the rest of the key, in the order of the file."""
    return dict(_group(language(), f"{prefix}."))


@cache
def _group(code, start):
    return {key.removeprefix(start): text for key, text in load(code).items() if key.startswith(start)}


@cache
def load(code: str) -> dict[str, str]:
    """All texts of a language by ``section.name`` (text)."""
    tables = tomllib.loads(files("sim.app").joinpath("texts", f"{code}.toml").read_text(encoding="utf-8"))
    return dict(flat(tables))


def flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in nested tables, as (``section.name``, value) (values in the file's units)."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
        else:
            yield before + key, value
