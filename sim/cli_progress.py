"""How far a long command is, on standard error: a line that renews itself, or one every few seconds."""

import sys
import time

EVERY = 15.0  # seconds between lines where there is no terminal


class Line:
    """One line of progress: renewed on a terminal, else written anew every few seconds."""

    def __init__(self):
        self.began = self.last = time.monotonic()
        self.alive = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def say(self, text: str) -> None:
        """Show how far it is (text)."""
        terminal = sys.stderr.isatty()
        if not terminal and time.monotonic() - self.last < EVERY:
            return
        self.last = time.monotonic()
        print(f"\r\x1b[2K{text}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)
        self.alive = terminal

    def share(self, done: float) -> None:
        """Show the share done (dimensionless) and the time that the rest takes at this rate."""
        left = (time.monotonic() - self.began) * (1.0 - done) / done
        self.say(f"{100 * done:.0f} % of the runs, {span(left)} left")

    def end(self) -> None:
        """Leave the cursor on a line of its own (dimensionless)."""
        if self.alive:
            print(file=sys.stderr)
            self.alive = False


class Progress(Line):
    """Says how far a batch is, how fast and how long still."""

    def __call__(self, state, what: str = "") -> None:
        """Take the state after a unit (counts, seconds), and what it is a state of."""
        left = state.seconds_left
        failed = f", {state.failed} failed" if state.failed else ""
        self.say(f"{what}{state.done + state.failed:,} of {state.units:,} units, {state.rate:.1f} runs/s, "
                 f"{span(left) if left is not None else '?'} left{failed}")


def span(seconds: float) -> str:
    """A span of time (seconds) in words."""
    minutes, hours = seconds / 60, seconds / 3600
    return f"{seconds:.0f} s" if seconds < 90 else f"{minutes:.0f} min" if minutes < 90 else f"{hours:.1f} h"
