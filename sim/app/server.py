"""The server of the pages: settings, headers that keep a browser from asking anyone else, and a first run at once."""

import asyncio
import base64
import hashlib
import os
import re
import socket
import sys
import threading
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import streamlit
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from ..errors import InputError
from .limits import limit
from .words import flat

HERE = Path(__file__).parent
SCRIPT = HERE / "script" / "page.py"
INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Headers:
    """Adds headers to every answer: a browser may load, send and frame nothing but what this server gives it.

    Parameters
    ----------
    app : the application whose answers are completed
    headers : {name: value} as text
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str]):
        self.app = app
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; complete the head of the answer."""
        async def complete(message: Message):
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self.headers}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
                message["headers"] = [*kept, *self.headers]
            await send(message)

        at_once(receive)
        await self.app(scope, receive, complete)


def at_once(receive: Receive) -> None:
    """Let small messages leave at once: Streamlit's own socket waits up to 40 ms for more to send with them."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    found = transport.get_extra_info("socket") if transport is not None else None
    if found is not None:
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def policy() -> str:
    """The content security policy: scripts of this server and the few lines within Streamlit's own first page."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    hashes = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in INLINE.findall(page)]
    scripts = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return "; ".join((
        "default-src 'self'", f"script-src 'self' 'wasm-unsafe-eval' {scripts}", "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:", "font-src 'self' data:", "connect-src 'self'", "worker-src 'self' blob:",
        "object-src 'none'", "frame-src 'none'", "frame-ancestors 'none'", "base-uri 'self'", "form-action 'self'",
    ))  # fmt: skip


def headers() -> dict[str, str]:
    """Name and value of each header that is added to every answer (text)."""
    return {"Content-Security-Policy": policy(), "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY"}  # fmt: skip


@asynccontextmanager
async def warm(_: Any) -> AsyncIterator[None]:
    """Begin with what the first page shows before anybody asks for it."""
    steady()
    woken_once(asyncio.get_running_loop())
    threading.Thread(target=prepare, daemon=True).start()
    yield


def prepare() -> None:
    """Load the pages while another process loads the model; then begin with the first page."""
    from ..experiments.executors import local_pool

    if limit("workers"):
        pool = local_pool(1)
        pool.submit(os.getpid)  # starts the process from which all workers fork
        pool.shutdown(wait=False)
    from .frame import prepare as rest

    rest()


def steady() -> None:
    """Remember the sections of the settings: Streamlit goes through all of them twelve times a move to send the theme.

    They stay as they are while the server runs. A tenth of what a move costs.
    """
    found = getattr(config, "get_options_for_section", None)
    if found is not None and not hasattr(found, "cache_clear"):
        config.get_options_for_section = cache(found)


def woken_once(loop: asyncio.AbstractEventLoop) -> None:
    """Wake a loop once for all that waits for it: a move is some forty messages, and each would be a system call.

    The wake is forgotten in the same queue as what it was for, so that whatever comes later wakes the loop again.
    """
    wake, due = getattr(loop, "_write_to_self", None), False
    if wake is None or loop.get_debug():  # a loop of another kind does so itself; one that is debugged counts its calls
        return

    def forget():
        nonlocal due
        due = False

    def once():
        nonlocal due
        if not due:
            due = True
            loop.call_soon(forget)
            wake()

    vars(loop)["_write_to_self"] = once


def application() -> streamlit.App:
    """The pages as an ASGI application."""
    return streamlit.App(SCRIPT, middleware=[Middleware(Headers, headers=headers())], lifespan=warm)


def settings() -> dict[str, Any]:
    """Streamlit's settings for the pages, from the one file that says them, as {"section.name": value}."""
    packaged = HERE / "_streamlit.toml"
    file = packaged if packaged.is_file() else HERE.parents[1] / ".streamlit" / "config.toml"
    return dict(flat(tomllib.loads(file.read_text(encoding="utf-8"))))


def serve(port: int = 8501, address: str = "localhost", browser: bool = True) -> None:
    """Serve the pages until interrupted; opens a browser where there is a screen and one is wanted.

    Parameters
    ----------
    port : int, where to listen
    address : text, the name or number of the interface to listen on; "0.0.0.0" for everybody

    Raises
    ------
    InputError : if the port cannot be used
    """
    if not 1 <= port <= 65535:
        raise InputError(f"--port: {port} is not from 1 to 65535")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((address, port))
        except OSError as error:
            raise InputError(f"--port: {address}:{port} cannot be used: {error.strerror or error}") from None
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    own = {"server.port": port, "server.address": address, "server.headless": not (browser and screen)}
    application().run(config=settings() | own)
