"""How long a visitor waits, in real Chromium: ``python benchmarks/app.py``; needs playwright and a Chromium.

A slider is moved with the keyboard to values nobody asked for, then between values that are known. Times run from the
key to the moment a chart is painted anew: the first chart from the first draws, and the last chart when nothing more
is to come. Milliseconds; only comparable on one machine, and only when nothing else runs on it.
"""

import os
import shutil
import sys
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from app_server import served

CHROMIUM = os.environ.get("AICOMPUTE_CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LEVERS = ("Enforcement budget", "US power build-out", "Effort on Ascend software")
MOVES, KNOWN, CHARTS = 20, 20, 6
REST = 2000  # milliseconds between two moves
WATCH = """() => {
  window.painted = [];
  const paint = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...where) {
    if (this.canvas.isConnected) window.painted.push(performance.now());
    return paint.apply(this, where);
  };
}"""
DONE = """() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'
          && document.querySelectorAll('[data-testid=stVegaLiteChart] canvas').length >= 6"""


def main() -> None:
    """Start a server and a browser, move sliders, print the waits."""
    began = time.perf_counter()
    with served({}) as address, sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.add_init_script(f"({WATCH})()")
        page.goto(address)
        page.get_by_role("slider").first.wait_for(timeout=300_000)
        print(f"start to first slider      {1000 * (time.perf_counter() - began):8.0f}")
        page.wait_for_function(DONE, timeout=300_000)
        print(f"start to all charts        {1000 * (time.perf_counter() - began):8.0f}")
        page.wait_for_timeout(5000)
        print(f"load of the machine now    {os.getloadavg()[0]:8.1f}   (cores: {os.cpu_count()})")
        new = [move(page, LEVERS[i % len(LEVERS)], "ArrowRight") for i in range(MOVES)]
        for key in ("ArrowLeft", "ArrowRight"):
            move(page, LEVERS[0], key)
        known = [move(page, LEVERS[0], ("ArrowLeft", "ArrowRight")[i % 2]) for i in range(KNOWN)]
        for name, waits in (("new value", new), ("known value", known)):
            for at, what in enumerate(("first chart", "all charts")):
                column = [wait[at] for wait in waits]
                print(f"{name:<12} {what:<12} P50 {median(column):7.0f}   P95 {quantiles(column, n=20)[-1]:7.0f}   "
                      f"of {len(column)}")  # fmt: skip
        browser.close()


def move(page, lever: str, key: str) -> tuple[float, float]:
    """Press a key on a slider; milliseconds until the first chart is painted anew, and until the last one is."""
    page.get_by_role("slider", name=lever).first.focus()
    page.wait_for_timeout(REST)
    start = page.evaluate("() => { window.painted = []; return performance.now(); }")
    page.keyboard.press(key)
    page.wait_for_function(f"() => window.painted.length >= {CHARTS}", timeout=300_000, polling=20)
    quiet, count = 0, -1
    while quiet < 8:  # nothing is running, and nothing was painted for 400 ms
        page.wait_for_timeout(50)
        now = page.evaluate("() => window.painted.length")
        quiet = quiet + 1 if now == count and page.evaluate(DONE) else 0
        count = now
    painted = page.evaluate("() => window.painted")
    return painted[0] - start, painted[-1] - start


if __name__ == "__main__":
    main()
