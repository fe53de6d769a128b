"""The audit trail: one entry per action, sealed in a chain so that a later change shows."""

import hashlib
import json
from typing import Any

from django.db import connection, models, transaction

from config.panel.actor import Actor
from config.panel.models import AuditEntry, AuditSeal

SEAL_LOCK = 7_310_002
START = "0" * 64


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
) -> AuditEntry:
    """In the transaction of the action itself: what is rolled back was not done."""
    return AuditEntry.objects.create(
        actor_id=actor.user_id, actor_name=actor.name, ip=actor.ip, severity=severity, page=page, action=action,
        object_type=obj._meta.label_lower if obj else "", object_id=str(obj.pk) if obj else "",
        before=before, after=after, campaign_id=campaign_id, notes=notes,
    )  # fmt: skip


@transaction.atomic
def seal() -> int:
    """Put what is committed under a new link of the chain; returns how many entries. One sealer at a time; no writer waits.

    A smaller id may commit later, so entries are taken by transaction: all of those that are over, from where the last seal ended.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        upto = int(cursor.fetchone()[0])
    last = AuditSeal.objects.order_by("-id").first()
    # In a cluster restored from a dump transactions count from the start again: so does the search.
    first = last.upto if last and last.upto <= upto else 0
    entries = list(_between(first, upto))
    if entries:
        previous = last.sha256 if last else START
        AuditSeal.objects.create(entries=[entry.pk for entry in entries], upto=upto, previous=previous, sha256=_link(previous, entries))
    return len(entries)


def verify() -> list[str]:
    """Walk the chain and say in words where it does not hold."""
    problems, previous = [], START
    for link in AuditSeal.objects.order_by("id").iterator(chunk_size=50):
        entries = list(AuditEntry.objects.filter(pk__in=link.entries).order_by("pk"))
        if link.previous != previous:
            problems.append(f"seal {link.pk} does not follow the one before it")
        if missing := set(link.entries) - {entry.pk for entry in entries}:
            problems.append(f"seal {link.pk}: entries are gone: {sorted(missing)[:10]}")
        elif _link(link.previous, entries) != link.sha256:
            problems.append(f"seal {link.pk}: an entry among {link.entries[0]}–{link.entries[-1]} was changed")
        previous = link.sha256
    return problems


def _between(first_xid: int, before_xid: int) -> models.QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(xid__gte=first_xid, xid__lt=before_xid).order_by("pk")


def _link(previous: str, entries: list[AuditEntry]) -> str:
    """Over every column of every entry, in one canonical spelling."""
    text = json.dumps([previous, *(_row(entry) for entry in entries)], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _row(entry: AuditEntry) -> dict[str, Any]:
    row = {field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.concrete_fields}
    return {**row, "at": entry.at.isoformat()}
