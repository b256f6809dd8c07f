"""A brief of two pages on a view: question, levers moved, results with intervals, caveats, sources, run id."""

import base64
import html
import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from .. import __version__
from ..outputs import load_outputs
from ..results import Results
from . import charts, pictures, tiles
from .levers import title, unit
from .view import View
from .words import words

A4 = (8.27, 11.69)  # inches
CHARTS = ("share", "ramp")


@dataclass(frozen=True)
class Brief:
    """What a brief says, as text: a heading, a question, tables of (name, value …), caveats, sources, a last line."""

    heading: str
    question: str
    levers: Sequence[tuple[str, str]]
    results: Sequence[tuple[str, str, str, str]]
    definition: str
    caveats: Sequence[str]
    sources: str
    run: str


def brief_of(chosen: Results, reference: Results, view: View) -> Brief:
    """The brief of a view (numbers in the units of their outputs, as text)."""
    base, levers = view.base, []
    for name, value in sorted(view.changes.items()):
        entry = base.register[name]
        told = words("brief.lever", value=entry.shown(value), was=entry.shown(view.in_force(name)), start=view.start)
        levers.append((f"{title(entry)} ({unit(entry)})", told))
    rows = []
    for tile in tiles.TILES:
        key, kind = tile.key(view.definition), load_outputs()[tile.output].kind
        months, q = chosen.quantiles(*key)
        low, middle, high = (float(v) for v in q[:, months.index(view.month)])
        rows.append((words(f"tile.{tile.name}"), tiles.reading(tile, middle, kind),
                     f"{charts.number(low, kind)} … {charts.number(high, kind)}",
                     tiles.difference(chosen, reference, key, view.month, kind, view.reference)))
    sources = sorted({source for name in view.changes for source in base.register[name].sources} | set(base.sources))
    return Brief(
        heading=words("brief.heading", title=view.title), question=view.question, levers=levers, results=rows,
        definition=pictures.definition_text(view.definition), sources=", ".join(sources),
        caveats=[words("brief.caveat_1"), words("brief.caveat_2"), words("brief.caveat_3")],
        run=words("brief.run", version=__version__, run=chosen.run_id, draws=chosen.draws, reference=reference.run_id,
                  month=view.month),
    )  # fmt: skip


def as_html(brief: Brief, images: Sequence[bytes] = ()) -> str:
    """The brief as one file that needs no other; every text is escaped, pictures are SVG inside it."""
    def cells(row, tag="td"):
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    encoded = [base64.b64encode(image).decode() for image in images]
    parts = {name: html.escape(text) for name, text in (
        ("heading", brief.heading), ("question", brief.question), ("sources", brief.sources), ("run", brief.run),
        ("levers_head", words("brief.levers")), ("results_head", words("brief.results")),
        ("caveats_head", words("brief.caveats")), ("sources_head", words("brief.sources")),
        ("counted", words("brief.counted", definition=brief.definition)))}  # fmt: skip
    parts["levers"] = "".join(map(cells, brief.levers)) or cells([words("brief.none")])
    parts["results"] = cells(head(), "th") + "".join(map(cells, brief.results))
    parts["caveats"] = "".join(f"<li>{html.escape(text)}</li>" for text in brief.caveats)
    parts["images"] = "".join(f'<img alt="" src="data:image/svg+xml;base64,{code}">' for code in encoded)
    page = files("sim.app").joinpath("texts", "brief.html").read_text(encoding="utf-8")
    return Template(page).substitute(parts)


def head() -> tuple[str, str, str, str]:
    """The heads of the table of results (text)."""
    return (words("brief.output"), words("brief.median"), "P10 … P90", words("brief.difference"))


def as_pdf(brief: Brief, images: Sequence[bytes] = ()) -> bytes:
    """The brief as two pages of PDF with text that can be searched; pictures are PNG."""
    import matplotlib as mpl
    import matplotlib.image
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(buffer, metadata={"Title": brief.heading}) as pages:
        first = Figure(figsize=A4)
        at = _write(first, 0.95, brief.heading, 15, "bold", 60)
        at = _write(first, at, brief.question, 10.5)
        at = _write(first, at - 0.01, words("brief.levers"), 12, "bold")
        for name, value in brief.levers or [(words("brief.none"), "")]:
            at = _write(first, at, f"{name}: {value}" if value else name, 9.5)
        at = _write(first, at - 0.01, words("brief.results"), 12, "bold")
        for row in brief.results:
            at = _write(first, at, f"{row[0]}: {row[1]} ({row[2]})", 10, "bold")
            at = _write(first, at, row[3], 9.5)
        at = _write(first, at - 0.01, words("brief.counted", definition=brief.definition), 9.5)
        pages.savefig(first)
        second = Figure(figsize=A4)
        at = 0.96
        for image in images:
            axis = second.add_axes((0.06, at - 0.36, 0.88, 0.36))
            axis.imshow(mpl.image.imread(io.BytesIO(image)), aspect="equal")
            axis.set_axis_off()
            at -= 0.37
        for name, texts in (("brief.caveats", brief.caveats), ("brief.sources", [brief.sources])):
            at = _write(second, at - 0.005, words(name), 11, "bold")
            for text in texts:
                at = _write(second, at, text, 8.5)
        _write(second, 0.03, brief.run, 7.5)
        pages.savefig(second)
    return buffer.getvalue()


def _write(figure, at, text, size, weight="normal", width=None):
    """Write wrapped lines downwards from a height (share of the page); returns the height beneath them."""
    for line in textwrap.wrap(text, width or int(900 / size)):
        figure.text(0.07, at, line.replace("$", r"\$"), fontsize=size, fontweight=weight, va="top")
        at -= size * 1.5 / 72 / A4[1]
    return at - 0.004
