"""The levers at the side of every page: scenario, reference, twelve front levers, and all else by search."""

import math
import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ..errors import InputError
from ..parameters.register import Entry
from ..scenario import library
from . import parts, state
from .charts import number
from .limits import UPLOAD_KB
from .view import OWN, View, scenario_named, starts, uploaded
from .words import group, has, told, unit_told, words

STEPS = 20  # stops of a slider between its outermost named levels
FRONT = 12


def sidebar() -> None:
    """Scenario, reference, levers and the searchable rest."""
    view = state.view()
    with st.sidebar:
        _scenario(view)
        view = state.view()
        st.header(words("levers.title"), anchor=False)
        start = st.selectbox(words("levers.from"), starts(), starts().index(view.start), help=words("levers.from_help"),
                             key=f"start#{state.generation()}")  # fmt: skip
        if start != view.start:
            state.open_view(View(**(view.__dict__ | {"start": start})))
            view = state.view()
        register = view.base.register
        for entry in front(register):
            widget(entry, view)
        st.button(words("levers.reset"), on_click=_reset)
        _more(view, register)
        _upload()


def front(register) -> list[Entry]:
    """The levers of the first page, at most twelve, in the order of the register."""
    return [e for e in register.entries.values() if e.role == "lever" and e.tier == 1][:FRONT]


def _scenario(view):
    names = sorted(library(), key=lambda name: (name != "baseline", name))
    options = [*names, *((OWN,) if view.own is not None else ())]
    here = OWN if view.own is not None else view.scenario
    chosen = st.selectbox(words("scenario.pick"), options, options.index(here), format_func=title_of,
                          key=f"scenario#{state.generation()}#{len(options)}")  # fmt: skip
    if chosen != here:
        state.open_view(View(**(view.__dict__ | {"scenario": chosen, "own": None, "text": ""})))
    st.text(state.view().question)
    reference = st.selectbox(words("scenario.reference"), names, names.index(view.reference), format_func=title_of,
                             key=f"reference#{state.generation()}")  # fmt: skip
    if reference != view.reference:
        state.change(reference=reference)


def title_of(name: str) -> str:
    """The title of a scenario of the library, in the session's language where there is one (text)."""
    if name == OWN:
        return words("scenario.own")
    return told("scenario.name", name, scenario_named(name).title)


def widget(entry: Entry, view: View, place: str = "") -> None:
    """The widget of a parameter, at the value in force; moving it changes the view."""
    stands = view.in_force(entry.name)
    value = view.changes.get(entry.name, stands)
    key = f"{entry.name}#{state.generation()}#{view.scenario}{place}"
    common: dict[str, Any] = {"key": key, "help": about(entry), "on_change": _moved, "args": (entry.name, key)}
    label = title(entry)
    label = label if f"({unit(entry)})" in label else f"{label} ({unit(entry)})"
    if entry.domain.type == "boolean":
        st.toggle(title(entry), value, **common)
    elif entry.choices is not None:
        st.selectbox(title(entry), entry.choices, entry.choices.index(value), **common)
    elif entry.levels and entry.tier == 1:
        named = level_names(entry)
        st.select_slider(label, stops(entry, stands, value), float(value),
                         format_func=lambda v: stop_text(named, v), **common)  # fmt: skip
    else:
        kind, form = (int, None) if entry.domain.type == "integer" else (float, "%.6g")
        low, high = (None if bound is None else kind(bound) for bound in (entry.domain.low, entry.domain.high))
        st.number_input(label, low, high, kind(value), format=form, **common)


def stops(entry: Entry, stands: float, value: float) -> list[float]:
    """Where a slider may stop, in the unit of the parameter: named levels, the value in force, even steps between."""
    fixed = sorted({float(v) for v in (*entry.levels.values(), stands)})
    low, high = fixed[0], fixed[-1]
    if low > 0 and high / low > 10:
        between: Sequence[float] = [low * (high / low) ** (i / STEPS) for i in range(STEPS)]
    else:
        between = [low + (high - low) * i / STEPS for i in range(STEPS)]
    gap = (high - low) / (2 * STEPS)
    rounded = {float(f"{v:.2g}") for v in between}
    even = low <= 0 or high / low <= 10
    free = {v for v in rounded if low < v < high and all(abs(v - f) > gap if even else abs(math.log(v / f)) > 0.05
                                                          for f in fixed)}  # fmt: skip
    return sorted({*fixed, *free, float(value)})


def level_names(entry: Entry) -> dict[float, str]:
    """The names of a parameter's levels by value in its unit, in the session's language where there are some."""
    told = group(f"level.{entry.name}")
    return {level: told.get(name, name) for name, level in entry.levels.items()}


def stop_text(named: dict[float, str], value: float) -> str:
    """A stop of a slider as text: the name of the level where it has one."""
    return f"{named[value]}: {number(value)}" if value in named else number(value)


def title(entry: Entry) -> str:
    """The title of a parameter in the session's language where there is one (text)."""
    return told("lever", entry.name, entry.title)


def unit(entry: Entry) -> str:
    """The unit of a parameter in the session's language where there is one (text)."""
    return unit_told(entry.unit)


def about(entry: Entry) -> str:
    """What to notice, why the value is what it is, and its sources (text)."""
    notice = words(f"notice.{entry.name}") + "\n\n" if has(f"notice.{entry.name}") else ""
    text = notice + words("levers.about", why=entry.why, sources=", ".join(entry.sources),
                          confidence=words(f"confidence.{entry.confidence}"))  # fmt: skip
    return escaped(text)


def escaped(text: str) -> str:
    """A text of the register as it is: its dollars, brackets and underscores mean nothing to Markdown."""
    return re.sub(r"([\\$\[\]_*`<>~#|])", r"\\\1", text)


def _moved(name, key):
    state.move(name, st.session_state[key])
    parts.again()


def _reset():
    state.open_view(View(**(state.view().__dict__ | {"changes": {}})))


def _more(view, register):
    """Everything that may be changed, by search: a value field for each one picked."""
    first = {e.name for e in front(register)}
    hidden = [e for e in register.entries.values()
              if e.role in ("lever", "uncertainty") and e.name not in first
              and (e.choices is not None or e.domain.type in ("number", "integer", "boolean"))]
    names = [e.name for e in hidden]
    with st.expander(words("levers.more"), key="levers more", on_change="rerun") as folded:
        if not folded.open:
            return
        st.caption(words("levers.more_help", count=len(names)))
        picked = st.multiselect(words("levers.search"), names, [n for n in view.changes if n in names],
                                format_func=lambda n: f"{register[n].title} ({n})",
                                key=f"more#{state.generation()}", max_selections=20)  # fmt: skip
        for name in picked:
            widget(register[name], view)


def _upload():
    with st.expander(words("upload.title")):
        file = st.file_uploader(words("upload.pick"), type="toml", max_upload_size=1, key="upload",
                                help=words("upload.help", size=UPLOAD_KB))  # fmt: skip
        if file is not None and st.session_state.get("upload_id") != file.file_id:
            try:
                own = uploaded(file.getvalue(), file.name)
            except InputError as error:
                st.text(f"{words('upload.refused')} {error}")
                return
            st.session_state["upload_id"] = file.file_id
            state.open_view(View(**(state.view().__dict__ | {
                "own": own, "text": file.getvalue().decode("utf-8"), "changes": {}})))  # fmt: skip
            st.rerun()
