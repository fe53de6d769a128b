"""The queues of the core: background runs, and e-mails."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Expression, F, Min, QuerySet
from django.db.models.functions import Coalesce

from config.core.accounts import password_mail
from config.core.background import runs
from config.core.background.clock import database_now
from config.core.extension_points import QueueState
from config.core.notifications import mail

COUNT_AT_MOST = 10_000


def runs_to_do() -> Iterator[QueueState]:
    waiting = [runs.waiting_rows(run_type) for run_type in runs.run_types if run_type.for_workers]
    yield _state("runs", waiting, since=Coalesce("beat_at", "created_at"))


def letters() -> Iterator[QueueState]:
    yield _state("notification mail", [mail.due()], since=F("mail_due_at"))
    yield _state("password mail", [password_mail.due()], since=F("due_at"))


def _state(name: str, rows: Sequence[QuerySet[Any]], *, since: Expression | F) -> QueueState:
    size = sum(queryset.order_by()[:COUNT_AT_MOST].count() for queryset in rows)
    moments: list[datetime] = [oldest for queryset in rows if (oldest := queryset.order_by().aggregate(oldest=Min(since))["oldest"])]
    age = (database_now() - min(moments)).total_seconds() if moments else 0.0
    return QueueState(name, min(size, COUNT_AT_MOST), max(age, 0.0))
