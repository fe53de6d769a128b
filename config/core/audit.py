"""The audit trail: one entry per action, sealed in a chain of hashes so that a later change is detected."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, timedelta
from itertools import islice
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from config.core.actor import Actor
from config.core.background import locks
from config.core.models import AuditEntry, AuditSeal

log = structlog.get_logger(__name__)

BATCH = 5_000
"""The approximate number of entries under one seal: the entries of one transaction stay together."""
START = "0" * 64
SEALS_AT_ONCE = 50
SHOW_AT_MOST = 20
SAME_VIEW = timedelta(minutes=10)
"""Within this time, whoever looks at the same thing again goes on looking."""

_UNSEALED_SQL = """
SELECT entry.id FROM core_auditentry AS entry
LEFT JOIN (SELECT jsonb_array_elements_text(entries)::bigint AS id FROM core_auditseal) AS sealed USING (id)
WHERE sealed.id IS NULL AND {condition} ORDER BY id LIMIT {limit}
"""


def record(
    *,
    actor: Actor,
    action: str,
    page: str,
    obj: models.Model | None = None,
    before: Any = None,
    after: Any = None,
    severity: str = "low",
    campaign_id: int | None = None,
    notes: str = "",
    ip: str | None = None,
) -> AuditEntry:
    """Record an action. It runs in the transaction of the action itself, so that nothing is recorded for a rolled back action."""
    return AuditEntry.objects.create(
        actor_id=actor.user_id, actor_name=actor.name, ip=ip or actor.ip, severity=severity, page=page, action=action,
        object_type=obj._meta.label_lower if obj else "", object_id=str(obj.pk) if obj else "",
        before=_as_json(before), after=_as_json(after), campaign_id=campaign_id, notes=notes,
    )  # fmt: skip


def record_view(*, actor: Actor, action: str, page: str, obj: models.Model, campaign_id: int | None = None) -> None:
    """Record that a person has looked at something, unless the same look was recorded within the last minutes.

    It is the one thing that a GET request writes. Two requests at the same moment may leave two entries.
    """
    earlier = AuditEntry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk), actor_id=actor.user_id, action=action)
    if not earlier.filter(at__gt=timezone.now() - SAME_VIEW).exists():
        record(actor=actor, action=action, page=page, obj=obj, campaign_id=campaign_id)


@transaction.atomic
def seal() -> int:
    """Seal a batch of committed entries and return their number. Only one process seals at a time, and no writer waits for it.

    A smaller id may be committed later, so entries are taken by transaction: all entries of the transactions that have
    ended since the last seal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.SEAL_AUDIT])
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        over = int(cursor.fetchone()[0])
    last = AuditSeal.objects.order_by("-id").first()
    first, previous = (last.upto, last.sha256) if last else (0, START)
    entries, upto = _next_batch(first, over) if first <= over else _left_by_restore(first, over)
    if entries:
        sha256 = _link_sha256(previous, upto, entries)
        AuditSeal.objects.create(entries=sorted(entry.pk for entry in entries), upto=upto, previous=previous, sha256=sha256)
        # A chain and table that are cut short disagree with the log.
        transaction.on_commit(lambda: log.info("audit sealed", entries=len(entries), sha256=sha256))
    return len(entries)


def verify() -> list[str]:
    """Walk the chain and return a message for each place where it does not hold."""
    problems: list[str] = []
    previous = START
    seals = AuditSeal.objects.order_by("id").iterator(chunk_size=SEALS_AT_ONCE)
    while links := list(islice(seals, SEALS_AT_ONCE)):
        entries = AuditEntry.objects.in_bulk({pk for link in links for pk in link.entries})
        for link in links:
            problems += _link_problems(link, previous, entries)
            previous = link.sha256
    if late := _unsealed("entry.at < now() - interval '10 minutes'", SHOW_AT_MOST):
        problems.append(f"entries older than ten minutes are not sealed: {late}")
    return problems


def _as_json(value: Any) -> Any:
    """Convert dates and amounts to text, so that the values read back are the values that were sealed."""
    return None if value is None else json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def _next_batch(first: int, over: int) -> tuple[list[AuditEntry], int]:
    """Return the next entries of transactions from `first` up to, not including, `over`, and the transaction where the next seal begins."""
    waiting = AuditEntry.objects.filter(xid__gte=first, xid__lt=over).order_by("xid", "pk")
    entries = list(waiting[: BATCH + 1])
    if len(entries) <= BATCH:
        return entries, over
    upto = entries[-1].xid
    if complete := [entry for entry in entries if entry.xid < upto]:
        return complete, upto
    return list(waiting.filter(xid=upto)), upto + 1


def _left_by_restore(before: int, over: int) -> tuple[list[AuditEntry], int]:
    """Return the unsealed entries of a cluster restored from a dump, where transaction ids start again.

    An entry that was sealed before may come under a second link when its transaction id is reached again. The chain
    holds all the same.
    """
    ids = _unsealed("(entry.xid < pg_snapshot_xmin(pg_current_snapshot()) OR entry.xid >= pg_snapshot_xmax(pg_current_snapshot()))", BATCH)
    return list(AuditEntry.objects.filter(pk__in=ids)), before if len(ids) == BATCH else over


def _unsealed(condition: str, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED_SQL.format(condition=condition, limit=limit))
        return [pk for (pk,) in cursor.fetchall()]


def _link_problems(link: AuditSeal, previous: str, known: dict[int, AuditEntry]) -> Iterator[str]:
    entries = [known[pk] for pk in link.entries if pk in known]
    if link.previous != previous:
        yield f"seal {link.pk} does not follow the one before it"
    if missing := [pk for pk in link.entries if pk not in known]:
        yield f"seal {link.pk}: entries are gone: {missing[:SHOW_AT_MOST]}"
    elif _link_sha256(link.previous, link.upto, entries) != link.sha256:
        yield f"seal {link.pk}: it or one of its {len(link.entries)} entries was changed: {link.entries[:SHOW_AT_MOST]}"


def _link_sha256(previous: str, upto: int, entries: list[AuditEntry]) -> str:
    """Return the SHA-256 over every column of every entry, in one canonical form.

    Nulls are left out: a column added later must not break the seals before it.
    """
    rows = []
    for entry in sorted(entries, key=lambda entry: entry.pk):
        values = {field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.concrete_fields}
        values["at"] = entry.at.astimezone(UTC).isoformat()
        rows.append({name: value for name, value in values.items() if value is not None})
    text = json.dumps([previous, upto, *rows], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
