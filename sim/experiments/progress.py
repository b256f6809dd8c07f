"""A progress bar on standard error: only on a terminal, and only for work that lasts more than a second."""

import sys
import time
from collections.abc import Callable

PATIENCE = 1.0  # seconds before a bar appears


def ticker(progress, total: float) -> tuple[Callable[[float], None], Callable[[], None]]:
    """Two functions: one to call with the amount just done (same unit as ``total``), one to call at the end.

    ``progress`` is a function of the share done (dimensionless), None for a bar on a terminal, or False for nothing.
    """
    if callable(progress):
        return _Share(progress, total).tick, _nothing
    if progress is False or not sys.stderr.isatty():
        return _nothing, _nothing
    bar = _Bar(total)
    return bar.tick, bar.close


def _nothing(*_):
    return None


class _Share:
    def __init__(self, report, total):
        self.report, self.total, self.done = report, total, 0.0

    def tick(self, amount):
        self.done += amount
        self.report(min(1.0, self.done / self.total))


class _Bar:
    def __init__(self, total):
        self.total, self.done, self.began, self.bar = total, 0.0, time.monotonic(), None

    def tick(self, amount):
        self.done += amount
        if self.bar is None and time.monotonic() - self.began > PATIENCE:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            self.bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("simulating", total=self.total)
        if self.bar is not None:
            self.bar.update(self.task, completed=self.done)

    def close(self):
        if self.bar is not None:
            self.bar.stop()
