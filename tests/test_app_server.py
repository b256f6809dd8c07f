"""The server of the pages: started by the command, with headers that keep a browser at home."""

import asyncio
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from app_server import ROOT, served
from streamlit import config

from sim.app.server import SCRIPT, at_once, policy, serve, settings, steady, woken_once
from sim.cli import main
from sim.errors import InputError

SMALL = {"AICOMPUTE_APP_DRAWS": "2", "AICOMPUTE_APP_DEVELOPERS": "50", "AICOMPUTE_APP_WORKERS": "1"}


@pytest.fixture(scope="module")
def address():
    with served(SMALL) as address:
        yield address


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "_stcore/health", "no/such/page"])
def test_every_answer_keeps_the_browser_at_home(address, path):
    answer = urllib.request.urlopen(address + path, timeout=20)
    rules = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'self'" and "http" not in str(rules)
    assert "'unsafe-inline'" not in rules["script-src"] and "'unsafe-eval'" not in rules["script-src"].split()
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.slow
def test_an_upload_without_the_token_is_refused(address):
    asked = urllib.request.Request(address + "_stcore/upload_file/a/b", data=b"x", method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=20)
    assert refused.value.code in (400, 403)


def test_the_server_leaves_the_compiled_model_to_its_workers():
    """It starts a second earlier; and two processes that compile at once may leave halves of two in Numba's cache."""
    code = ("import sys, sim.app.server, sim.app.frame; from sim.app.view import View; from sim.app.runs import plan; "
            "view = View(changes={'diversion.enforcement_budget': 500.0}); plan(view.chosen, view.base, view.start); "
            "view.in_force('diversion.enforcement_budget'); print([n for n in ('numba', 'scipy') if n in sys.modules])")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert told.stdout.strip() == "[]", told.stderr


def test_settings_turn_telemetry_off_and_the_token_on():
    found = settings()
    assert found["browser.gatherUsageStats"] is False and found["server.enableXsrfProtection"] is True
    assert found["server.maxUploadSize"] <= 2 and SCRIPT.is_file()


def test_small_messages_leave_at_once():
    class Protocol:
        def __init__(self, found):
            self.transport = self
            self.get_extra_info = {"socket": found}.get

        async def receive(self):
            return {}

    with socket.socket() as found:
        at_once(Protocol(found).receive)
        assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    at_once(lambda: None)  # a server of another kind


def test_a_loop_is_woken_once_for_all_that_waits_and_again_for_what_comes_later():
    async def visit():
        loop, wakes, come = asyncio.get_running_loop(), [], []
        monitored = loop._write_to_self
        loop._write_to_self = lambda: wakes.append(1) or monitored()
        woken_once(loop)
        for turn in range(3):
            def many(turn=turn):
                for at in range(20):
                    loop.call_soon_threadsafe(come.append, (turn, at))

            many()
            await asyncio.to_thread(many)
            while len(come) < 40 * (turn + 1):
                await asyncio.sleep(0.001)
        return len(wakes), come

    wakes, come = asyncio.run(asyncio.wait_for(visit(), 20))
    assert wakes < 60 and sorted(set(come)) == [(turn, at) for turn in range(3) for at in range(20)]


def test_sections_of_the_settings_are_those_of_streamlit(monkeypatch):
    plain = config.get_options_for_section
    monkeypatch.setattr(config, "get_options_for_section", plain)
    steady()
    assert config.get_options_for_section is not plain
    for section in ("theme", "theme.dark", "theme.dark"):
        assert config.get_options_for_section(section) == plain(section)


def test_the_policy_names_each_inline_script_by_its_hash():
    assert re.search(r"'sha256-[A-Za-z0-9+/]{43}='", policy())


def test_a_port_in_use_is_one_line(capsys):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["app", "--port", str(port), "--no-browser"])
    assert ended.value.code == 2
    assert f"localhost:{port} cannot be used" in capsys.readouterr().err
    with pytest.raises(InputError, match="from 1 to 65535"):
        serve(0)
