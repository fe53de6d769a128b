"""The progress of an import for the user: one line that is rewritten on a terminal, a new line now and then elsewhere."""

from collections.abc import Callable
from time import monotonic

from leads.imports.checkpoint import ImportStep
from leads.imports.columns import listed
from leads.imports.reader import ImportFile

ON_A_TERMINAL, ELSEWHERE = 0.2, 10.0
"""Seconds between two lines."""
_WHOLE_LINE = "\r\x1b[2K"


class ProgressDisplay:
    """A `Watch` that shows the progress. `say(text, ending)` writes the output."""

    def __init__(self, say: Callable[[str, str], None], *, terminal: bool, wants_to_stop: Callable[[], bool]) -> None:
        self.say = say
        self.terminal = terminal
        self.wants_to_stop = wants_to_stop
        self.began = self.said = monotonic()
        self.before = 0
        self.bytes_before: int | None = None

    def begins(self, read: ImportFile, so_far: ImportStep) -> None:
        columns = read.columns
        self._line(f"Columns: {', '.join(name if name == field else f'{name} = {field}' for name, field in columns.taken.items())}.")
        if columns.left_out:
            self._line(f"Left out: {listed(columns.left_out)}.")
        if so_far.read:
            self._line(f"Going on after row {so_far.read:,}.")
        self.began = self.said = monotonic()
        self.before = so_far.read

    def moved(self, read: ImportFile, so_far: ImportStep) -> None:
        now = monotonic()
        if self.bytes_before is None:  # rows before the position were only read again
            self.bytes_before = 0 if not self.before else read.source.bytes_read
        if now - self.said >= (ON_A_TERMINAL if self.terminal else ELSEWHERE):
            self.said = now
            self._progress(self._told(read, so_far, now - self.began))

    def ended(self) -> None:
        """Clear the progress line, so that the next output begins on a line of its own."""
        if self.terminal:
            self.say(_WHOLE_LINE, "")

    def _told(self, read: ImportFile, so_far: ImportStep, seconds: float) -> str:
        here, size = read.source.bytes_read, read.source.size
        since = here - (self.bytes_before or 0)
        left = f", {_clock(seconds * (size - here) / since)} left" if since > 0 else ""
        return f"{so_far.read:,} rows, {(so_far.read - self.before) / seconds:,.0f}/s, {here / size:.0%}{left}"

    def _progress(self, text: str) -> None:
        self.say(f"{_WHOLE_LINE}{text}", "") if self.terminal else self._line(text)

    def _line(self, text: str) -> None:
        self.say(text, "\n")


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
