"""How long a visitor waits, in real Chromium: ``python benchmarks/app.py``; needs playwright and a Chromium.

A slider is moved with the keyboard to values nobody asked for, then between values that are known. Times run from the
key to the end of the page's run, when all charts are new. Milliseconds; only comparable on one machine.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = os.environ.get("AICOMPUTE_CHROMIUM") or shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LEVERS = ("Enforcement budget", "US power build-out")  # each combination of their stops is a run of its own
MOVES = 6
DONE = """() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'
          && document.querySelector('h1')"""
WATCH = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  window.runsDone = 0;
  new MutationObserver(() => { window.runsDone += app.getAttribute('data-test-script-state') === 'notRunning'; })
    .observe(app, {attributeFilter: ['data-test-script-state']});
}"""  # a run may be over before it is asked whether it began


def main() -> None:
    """Start a server and a browser, move sliders, print the waits."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true",
         "--server.address", "127.0.0.1"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/"
        while True:
            try:
                urllib.request.urlopen(address + "_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        with sync_playwright() as engine:
            browser = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            measure(browser.new_page(viewport={"width": 1300, "height": 900}), address, began)
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def measure(page, address: str, began: float) -> None:
    """Open the first page, move levers to new and to known values, print milliseconds."""
    page.goto(address)
    page.get_by_role("slider").first.wait_for(timeout=300_000)
    print(f"start to first widget      {1000 * (time.perf_counter() - began):8.0f}")
    page.wait_for_function(DONE, timeout=300_000)
    print(f"start to whole page        {1000 * (time.perf_counter() - began):8.0f}")
    for name, keys in (("new value", ["ArrowRight"] * MOVES), ("known value", ["ArrowLeft", "ArrowRight"] * MOVES)):
        waits = [move(page, LEVERS[i % 2] if name == "new value" else LEVERS[0], key) for i, key in enumerate(keys)]
        waits = waits if name == "new value" else waits[2:]  # the first lap makes the values known
        high = quantiles(waits, n=20)[-1]
        print(f"{name:<12} P50 {median(waits):8.0f}   P95 {high:8.0f}   of {len(waits)}")


def move(page, lever: str, key: str) -> float:
    """Press a key on a slider; milliseconds until the page's run has ended."""
    page.get_by_role("slider", name=lever).first.focus()
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    start = time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function("() => window.runsDone > 0", timeout=300_000, polling=10)
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
