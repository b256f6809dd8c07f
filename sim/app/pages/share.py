"""Share and keep: a link of differences, files, a brief, and lines of code that give the same numbers."""

import json
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from ...errors import InputError
from .. import brief, pictures, snippets, state
from ..view import file_of, to_query
from ..words import FIRST, held, language, words


def share_page() -> None:
    """Link, files, brief, snippets."""
    st.title(words("share.title"), anchor=False)
    view = state.view()
    st.header(words("share.link"), anchor=False)
    st.caption(words("share.link_help"))
    try:
        query = to_query(view) | ({"lang": language()} if language() != FIRST else {})
        st.code(f"{_address()}?{urlencode(query)}", language=None, wrap_lines=True)
    except InputError as error:
        st.text(str(error))
    _, chosen, reference = state.shown()
    st.header(words("share.files"), anchor=False)
    stem = f"{chosen.scenario}_{chosen.run_id}"
    with st.container(horizontal=True):
        st.download_button(words("share.scenario"), partial(_scenario, view), f"{stem}.toml", "application/toml",
                           on_click="ignore")  # fmt: skip
        st.download_button(words("share.results"), partial(_results, chosen), f"{stem}.json", "application/json",
                           on_click="ignore")  # fmt: skip
        st.download_button(words("share.html"), partial(_html, chosen, reference, view), f"{stem}.html", "text/html",
                           on_click="ignore")  # fmt: skip
        st.download_button(words("share.pdf"), partial(_pdf, chosen, reference, view), f"{stem}.pdf",
                           "application/pdf", on_click="ignore")  # fmt: skip
    if view.own is not None:
        st.text(words("share.own_file"))
    st.header(words("share.repeat"), anchor=False)
    try:
        st.code(snippets.python(view), language=None)
        st.code(snippets.terminal(view), language=None, wrap_lines=True)
    except InputError as error:
        st.text(str(error))
    st.text(pictures.citation(words("explore.title"), chosen, view.definition))


def _address():
    """Where the pages are, without page and question mark (text)."""
    url = getattr(st.context, "url", None) or "http://localhost:8501/"
    return url.split("?")[0].removesuffix("/share").rstrip("/") + "/"


def _scenario(view):
    return file_of(view, words("share.file_title"))


def _results(chosen):
    return json.dumps(chosen.document(), indent=1, ensure_ascii=False)


def _images(chosen, reference, view, kind):
    return [pictures.image(pictures.PICTURES[name], chosen, reference, view.definition, kind) for name in brief.CHARTS]


def _html(chosen, reference, view):
    return brief.as_html(brief.brief_of(chosen, reference, view), _images(chosen, reference, view, "svg"))


def _pdf(chosen, reference, view):
    with held(FIRST):  # the letters of a PDF come from the fonts that the pictures use
        return brief.as_pdf(brief.brief_of(chosen, reference, view), _images(chosen, reference, view, "png"))
