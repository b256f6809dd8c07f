"""Many visitors at once over real websockets: ``python benchmarks/sessions.py [known] [new] [link] [apart]``.

Each visitor is a session as a browser opens it: it reads what the server draws, moves a lever, and waits for the page.

known  100 sessions move between values that are known, a second of thought between two moves
new    20 sessions move to values nobody asked for, every five seconds
link   30 sessions open one new link; it may cause one computation
apart  10,000 moves by 40 sessions between known values; every tile must be the one of the session's own value

Milliseconds; only comparable on one machine, and only when nothing else runs on it.
"""

import asyncio
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from app_server import served

LEVERS = ("diversion.enforcement_budget", "effective_compute.cann_effort", "power.build_out_united_states",
          "foundry.chinese_build_out")  # fmt: skip
MINUTES = float(os.environ.get("AICOMPUTE_BENCH_MINUTES", "5"))
APART = int(os.environ.get("AICOMPUTE_BENCH_MOVES", "10000"))
LONG = 600  # seconds after which a visitor is lost
ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class Answer(NamedTuple):
    """Milliseconds from a move to a refusal, to the first six tiles that are an answer, and to the whole page."""

    refused: float | None
    first: float | None
    whole: float | None


class Visitor:
    """One session: its widgets, and the tiles it sees."""

    def __init__(self, address: str, query: str = ""):
        self.address, self.query = address, query
        self.sliders: dict[str, tuple[str, list[str]]] = {}  # lever: id of its widget, its stops as shown
        self.tiles: dict[str, str] = {}

    async def __aenter__(self):
        self.socket = await websockets.connect(self.address.replace("http", "ws") + "_stcore/stream", max_size=None,
                                               subprotocols=["streamlit"], open_timeout=60)  # fmt: skip
        await self._send({})
        await self._read()
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def move(self, lever: str, stop: int, patience: float = LONG) -> Answer:
        """Move a lever to a stop, and read what comes until the page is whole or so many seconds are over."""
        widget, stops = self.sliders[lever]
        await self._send({widget: stops[stop]})
        return await self._read(patience)

    async def _send(self, states):
        message = BackMsg()
        message.rerun_script.query_string = self.query
        for name, stop in states.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = name
            state.string_array_value.data.append(stop)
        await self.socket.send(message.SerializeToString())

    async def _read(self, patience: float = LONG) -> Answer:
        """Read until the page is whole: what is drawn for what was asked last, drawn again where more is to come."""
        start = time.perf_counter()
        refused = first = None
        began, kept, seen = False, False, 0
        while (left := patience - (time.perf_counter() - start)) > 0:
            try:
                data = await asyncio.wait_for(self.socket.recv(), left)
            except TimeoutError:
                break
            message = ForwardMsg()
            message.ParseFromString(data)
            now, kind = 1000 * (time.perf_counter() - start), message.WhichOneof("type")
            if kind == "new_session":
                began, kept, seen = True, False, 0
            elif began and kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                what = element.WhichOneof("type")
                if what == "metric":
                    self.tiles[element.metric.label] = element.metric.body
                    seen += 1
                    first = first or (now if seen == 6 and not kept else None)
                elif what == "slider" and len(element.slider.options):
                    for lever in LEVERS:
                        if f"{lever}#" in element.slider.id:
                            self.sliders[lever] = (element.slider.id, list(element.slider.options))
                elif what == "alert":
                    kept, refused = True, refused or now
            elif began and kind == "script_finished" and message.script_finished in ENDS:
                return Answer(refused, first, now)
        return Answer(refused, first, None)


def told(name: str, waits: list[float]) -> None:
    """Print the median and the 95th percentile."""
    print(f"  {name:<34} P50 {median(waits):7.0f}   P95 {quantiles(waits, n=20)[-1]:7.0f}   of {len(waits)}")


def memory(server: int) -> int:
    """What the server and its workers hold, in MB, shared pages counted once."""
    total = 0
    for process in [server, *_children(server)]:
        with suppress(OSError):  # it has ended since
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return round(total / 1024)


def processor(process: int) -> float:
    """Seconds of processor time that a process has used, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(process):
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended since
            for child in path.read_text().split():
                yield int(child)
                yield from _children(int(child))


async def known(address: str) -> None:
    """100 sessions between three known stops."""
    async with Visitor(address) as one:
        for stop in (0, 1, 2, 0):
            await one.move(LEVERS[0], stop)
    opened: list[float] = []
    waits: list[float] = []
    everybody = asyncio.Barrier(100)

    async def visit(number):
        start = time.perf_counter()
        async with Visitor(address) as visitor:
            opened.append(1000 * (time.perf_counter() - start))
            await everybody.wait()  # a hundred pages opened at once are another question than a hundred in use
            await asyncio.sleep(number / 100)
            for turn in range(20):
                waits.append((await visitor.move(LEVERS[0], (number + turn) % 3)).whole)
                await asyncio.sleep(1.0)

    await asyncio.gather(*(visit(number) for number in range(100)))
    told("100 pages opened at once", opened)
    told("100 sessions, known values", waits)


async def new(address: str) -> None:
    """20 sessions to new values every five seconds, whether or not the last one was answered."""
    found: list[Answer] = []
    everybody = asyncio.Barrier(20)

    async def visit(number):
        chance = random.Random(number)
        async with Visitor(address) as visitor:
            await everybody.wait()
            until = time.monotonic() + 60 * MINUTES
            await asyncio.sleep(number / 4)
            while time.monotonic() < until:
                due = time.monotonic() + 5
                lever = chance.choice(LEVERS)
                found.append(await visitor.move(lever, chance.randrange(len(visitor.sliders[lever][1])), 5))
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    await asyncio.gather(*(visit(number) for number in range(20)))
    at_once = [answer for answer in found if answer.refused is None]
    later = [answer for answer in found if answer.refused is not None and answer.first is not None]
    told("20 sessions, first word", [min(a.refused or LONG * 1e3, a.first or LONG * 1e3) for a in found])
    told("20 sessions, first picture", [a.first for a in at_once if a.first is not None])
    told("20 sessions, whole page", [a.whole for a in at_once if a.whole is not None])
    print(f"  of {len(found)} moves {len(at_once)} were taken at once (not begun within 5 s: "
          f"{sum(a.first is None for a in at_once)}, not whole: {sum(a.whole is None for a in at_once)}), the others "
          f"politely refused, {len(later)} of them answered before the next move")  # fmt: skip


async def link(address: str) -> None:
    """30 sessions open one new link."""
    query = urlencode({"v": "1", "c": f"{LEVERS[0]}:{random.uniform(100, 700):.6f}"})
    start = time.perf_counter()

    async def visit():
        async with Visitor(address, query) as visitor:
            return 1000 * (time.perf_counter() - start), tuple(visitor.tiles.items())

    found = await asyncio.gather(*(visit() for _ in range(30)))
    told("30 sessions, one new link", [wait for wait, _ in found])
    print(f"  different answers: {len({tiles for _, tiles in found})}")


async def apart(address: str) -> None:
    """Every session sees the numbers of its own value, move after move."""
    expected = {}
    async with Visitor(address) as one:
        stops = [round(k * (len(one.sliders[LEVERS[0]][1]) - 1) / 7) for k in range(8)]
        for stop in stops:
            await one.move(LEVERS[0], stop)
            expected[stop] = dict(one.tiles)
    waits: list[float] = []
    wrong = 0

    async def visit(number):
        nonlocal wrong
        chance = random.Random(number)
        async with Visitor(address) as visitor:
            for _ in range(APART // 40):
                stop = chance.choice(stops)
                waits.append((await visitor.move(LEVERS[0], stop)).whole)
                wrong += visitor.tiles != expected[stop]

    await asyncio.gather(*(visit(number) for number in range(40)))
    told(f"40 sessions, {len({str(t) for t in expected.values()})} different pages", waits)
    print(f"  numbers of somebody else: {wrong} of {len(waits)}")


def main() -> None:
    """Start a server and send the visitors asked for, or all."""
    asked = sys.argv[1:] or ["known", "new", "link", "apart"]
    with served({}) as address:
        server = next(child for child in _children(os.getpid()))
        asyncio.run(_warm(address))
        for name in asked:
            used, held = processor(server), [memory(server)]
            print(f"{name}: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
            visits = {"known": known, "new": new, "link": link, "apart": apart}[name]
            asyncio.run(_watched(visits(address), server, held))
            print(f"  MB of server and workers before, by the minute, after: {', '.join(map(str, held))}; processor of "
                  f"the server alone {processor(server) - used:.1f} s", flush=True)


async def _watched(visits, server, held):
    """Note what is held every minute until the visits are over, and then."""
    doing = asyncio.create_task(visits)
    while not (await asyncio.wait([doing], timeout=60))[0]:
        held.append(memory(server))
    held.append(memory(server))
    doing.result()


async def _warm(address):
    async with Visitor(address) as visitor:
        assert set(visitor.sliders) == set(LEVERS), visitor.sliders


if __name__ == "__main__":
    main()
