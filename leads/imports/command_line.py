"""Parts of the import command: rows named by id or by name, the progress on stderr, and signals such as Ctrl-C."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import TypeVar

from django.db.models import Model, QuerySet

from campaigns.models import Campaign, CampaignLink, Form, Publisher
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.tabular.dates import ORDERS
from leads.imports.checkpoint import ImportCounts
from leads.imports.columns import join_names
from leads.imports.reader import ImportFile

SHOW_AT_MOST = 20
"""Rows that a message names."""
ON_A_TERMINAL, ELSEWHERE = 0.2, 10.0
"""Seconds between two lines of progress."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CLEAR_LINE = "\r\x1b[2K"
Named = TypeVar("Named", Campaign, Form, Publisher, CampaignLink)


def find_campaign(text: str) -> Campaign:
    return _find(Campaign.objects.order_by("-pk"), text, "campaign")


def find_form(campaign: Campaign, text: str) -> Form:
    return _find(campaign.forms.filter(archived_at=None), text, "form")


def find_publisher(campaign: Campaign, text: str) -> Publisher:
    return _find(campaign.publishers.all(), text, "publisher")


def find_link(campaign: Campaign, text: str) -> CampaignLink:
    return _find(campaign.links.filter(status=CampaignLink.Status.ACTIVE), text, "link")


def _find(candidates: "QuerySet[Named]", text: str, noun: str) -> Named:
    """Return the row with this id, or with this name when it is unique."""
    rows = list(candidates.filter(pk__in=ids_in([text]))) or list(candidates.filter(name=text)[:SHOW_AT_MOST])
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise DomainError(f"Several are called {text}: say the id of the {noun}. {_listing(rows)}.", field=noun)
    raise DomainError(f"There is no {noun} {text}. There are: {_listing(list(candidates[: SHOW_AT_MOST + 1])) or 'none'}.", field=noun)


def _listing(rows: Sequence[Model]) -> str:
    entries = [f"{row.pk} {row}" for row in rows[:SHOW_AT_MOST]]
    return ", ".join([*entries, "…"] if len(rows) > SHOW_AT_MOST else entries)


class ProgressDisplay:
    """An `ImportObserver` that shows one line, rewritten on a terminal, and elsewhere a new line now and then.

    `write(text, ending)` writes the output.
    """

    def __init__(self, write: Callable[[str, str], None], *, terminal: bool, should_stop: Callable[[], bool]) -> None:
        self.write = write
        self.terminal = terminal
        self.should_stop = should_stop
        self.started_at = self.shown_at = monotonic()
        self.rows_before = 0
        self.bytes_before: int | None = None

    def started(self, file: ImportFile, counts: ImportCounts, notes: Sequence[str]) -> None:
        columns = ", ".join(name if name == field else f"{name} = {field}" for name, field in file.columns.fields.items())
        self.write(f"Columns: {columns}.", "\n")
        if file.columns.left_out:
            self.write(f"Left out: {join_names(file.columns.left_out)}.", "\n")
        if file.source.is_guessed and file.source.encoding != "utf-8":
            self.write(f"Encoding: {file.source.encoding}, by a guess. Say another with --encoding if letters are wrong.", "\n")
        if file.layout.date_orders:
            orders = ", ".join(f"{name} = {ORDERS[order]}" for name, order in file.layout.date_orders.items())
            self.write(f"Order of dates: {orders}. Say another with --date-format if it is wrong.", "\n")
        for note in notes:
            self.write(note, "\n")
        if counts.read:
            self.write(f"Going on after row {counts.read:,}.", "\n")
        self.started_at = self.shown_at = monotonic()
        self.rows_before = counts.read

    def progressed(self, file: ImportFile, counts: ImportCounts) -> None:
        now = monotonic()
        position, size = file.source.bytes_read, file.source.size
        if self.bytes_before is None:  # rows before the position were only read again
            self.bytes_before = position if self.rows_before else 0
        if now - self.shown_at < (ON_A_TERMINAL if self.terminal else ELSEWHERE):
            return
        self.shown_at = now
        seconds, done = now - self.started_at, position - self.bytes_before
        left = f", {_clock(seconds * (size - position) / done)} left" if done > 0 else ""
        line = f"{counts.read:,} rows, {(counts.read - self.rows_before) / seconds:,.0f}/s, {position / size:.0%}{left}"
        if self.terminal:
            self.write(f"{_CLEAR_LINE}{line}", "")
        else:
            self.write(line, "\n")

    def clear(self) -> None:
        """Clear the progress line, so that the next output begins on a line of its own."""
        if self.terminal:
            self.write(_CLEAR_LINE, "")


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Return an event that is set by the first signal, to end between two chunks. The second signal ends the command at once.

    Signals are handled in the main thread only.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    # An ignored signal stays ignored, as under nohup.
    before = {number: handler for number in SIGNALS if (handler := signal.getsignal(number)) != signal.SIG_IGN}

    def handle(number: int, _frame: FrameType | None) -> None:
        event.set()
        signal.signal(number, signal.default_int_handler)

    for number in before:
        signal.signal(number, handle)
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
