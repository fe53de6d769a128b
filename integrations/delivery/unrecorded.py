"""Ends of attempts that cannot be recorded because the database is away.

The process that has them tries again for a while. Until they are recorded they are also in a file, encrypted, so that a process that is
stopped meanwhile leaves them to another one with the same files.
"""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Generic
from uuid import UUID, uuid4

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from config.core.background.locks import named_key
from config.core.credentials import encryption
from integrations.base import Attempt, AttemptResult
from integrations.delivery.outcome import AttemptRecord, RowT
from integrations.delivery.recorder import DeliveryRecorder, Recorder
from leads.lifecycle.claims import lock_token
from processr.job_types.exchange import Exchange

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError)
WAIT_SECONDS = 60.0
"""Seconds for which a process waits for the database at the end of a turn."""
PAUSE_SECONDS = 0.5
SUFFIX = ".answers"
recorders: dict[str, type[Recorder[Any]]] = {DeliveryRecorder.queue: DeliveryRecorder}
"""By the key of their rows, for those who find a file of answers."""


@dataclass(frozen=True, slots=True)
class UnrecordedEnds(Generic[RowT]):
    """Attempts of a turn, or rows that were claimed and not tried."""

    recorder: Recorder[RowT]
    token: UUID
    records: Sequence[AttemptRecord[RowT]] = ()
    untried: Sequence[RowT] = ()
    later: bool = True
    reason: str | None = None

    def record(self) -> None:
        self.recorder.record(self.records, token=self.token)
        self.recorder.give_back(self.untried, token=self.token, later=self.later, reason=self.reason)

    def to_json(self) -> str:
        content = {
            "queue": self.recorder.queue, "receiver": self.recorder.receiver(), "token": str(self.token), "later": self.later,
            "reason": self.reason, "untried": [[row.pk, row.attempts] for row in self.untried],
            "records": [
                {
                    "row": [record.row.pk, record.row.attempts],
                    "started_at": record.started_at.isoformat(),
                    "attempt": asdict(record.attempt),
                    "exchange": asdict(record.exchange),
                }
                for record in self.records
            ],
        }  # fmt: skip
        return json.dumps(content)


def read_ends(text: str) -> UnrecordedEnds[Any]:
    """Read what `to_json` wrote, with the leads as they are now. Rows that no longer exist are left out."""
    content = json.loads(text)
    recorder = recorders[content["queue"]].of(content["receiver"])
    attempts = dict([*content["untried"], *(record["row"] for record in content["records"])])
    model: type[Any] = recorder.model
    rows = model._default_manager.select_related("lead").in_bulk(attempts)
    for row in rows.values():
        row.attempts = attempts[row.pk]
    return UnrecordedEnds(
        recorder=recorder,
        token=UUID(content["token"]),
        records=[_read_record(record, rows) for record in content["records"] if record["row"][0] in rows],
        untried=[rows[pk] for pk, _ in content["untried"] if pk in rows],
        later=content["later"],
        reason=content["reason"],
    )


def _read_record(content: dict[str, Any], rows: dict[int, Any]) -> AttemptRecord[Any]:
    attempt = Attempt(**{**content["attempt"], "result": AttemptResult(content["attempt"]["result"])})
    started_at = datetime.fromisoformat(content["started_at"])
    return AttemptRecord(rows[content["row"][0]], attempt, Exchange(**content["exchange"]), started_at)


@dataclass
class EndWriter(Generic[RowT]):
    """Records the ends of a turn, now or when the database is back."""

    recorder: Recorder[RowT]
    token: UUID
    _waiting: list[tuple[UnrecordedEnds[RowT], Path | None]] = field(default_factory=list)
    _try_again_at: float = 0.0

    @property
    def _logged(self) -> dict[str, Any]:
        return {"queue": self.recorder.queue, **self.recorder.receiver()}

    @property
    def is_behind(self) -> bool:
        """Whether the database was away and something is still to be recorded: nothing more is claimed then."""
        return bool(self._waiting)

    def record(self, records: Sequence[AttemptRecord[RowT]]) -> None:
        if records:
            self._write(UnrecordedEnds(self.recorder, self.token, records=records))

    def give_back(self, rows: Sequence[RowT], *, later: bool = True, reason: str | None = None) -> None:
        if rows:
            self._write(UnrecordedEnds(self.recorder, self.token, untried=rows, later=later, reason=reason))

    def finish(self) -> None:
        """Wait for the database if something is left to record. What it waits for too long is left to the files."""
        until = monotonic() + WAIT_SECONDS
        while self._waiting and monotonic() < until:
            self._try_again()
            if self._waiting:
                sleep(PAUSE_SECONDS)
        if self._waiting:
            lost = sum(path is None for _, path in self._waiting)
            log.error("answers not recorded: the database is away", **self._logged, files=len(self._waiting) - lost, lost=lost)

    def _write(self, ends: UnrecordedEnds[RowT]) -> None:
        if not self._waiting and self._is_recorded(ends.record):
            return
        self._waiting.append((ends, _keep(ends)))
        if monotonic() >= self._try_again_at:
            self._try_again()

    def _try_again(self) -> None:
        """Record what waits, oldest first. The token's lock went with the session, and is taken again before."""
        self._try_again_at = monotonic() + PAUSE_SECONDS
        if not self._is_recorded(lambda: lock_token(self.token)):
            return
        while self._waiting:
            ends, path = self._waiting[0]
            if not self._is_recorded(lambda: record_file(path) if path else ends.record()):  # noqa: B023  (called at once)
                return
            del self._waiting[0]

    def _is_recorded(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except AWAY as error:
            log.warning("answers wait for the database", **self._logged, error=f"{type(error).__name__}: {error}".partition("\n")[0])
            connection.close()
            return False
        return True


def record_files() -> int:
    """Record what other processes left in files, and return the number of the files. One that cannot be recorded is put aside."""
    paths = sorted(_folder().glob(f"*{SUFFIX}"))
    for path in paths:
        try:
            record_file(path)
        except AWAY:
            raise
        except Exception:
            log.exception("answers not recorded: their file is put aside", path=str(path))
            path.rename(path.with_suffix(".refused"))
    return len(paths)


@transaction.atomic
def record_file(path: Path) -> None:
    """Record the content of the file and delete it, unless another process does so or has done so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [named_key("unrecorded answers", path.name)])
        (is_ours,) = cursor.fetchone()
    if not is_ours or not path.exists():
        return
    try:
        content = encryption.unseal(path.read_bytes())
    except InvalidToken:
        log.error("answers not recorded: no field key of this installation opens the file", path=str(path))
        return
    read_ends(content).record()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _keep(ends: UnrecordedEnds[Any]) -> Path | None:
    """Write the ends into a file, whole or not at all, and return it; None where that is impossible."""
    path = _folder() / f"{ends.token}-{uuid4()}{SUFFIX}"
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encryption.seal(ends.to_json()))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        log.error("answers are kept in memory alone", path=str(path), error=str(error))
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        return None
    return path


def _folder() -> Path:
    return Path(settings.STATE_DIR) / "files" / "answers"
