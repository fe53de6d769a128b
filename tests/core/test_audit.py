"""The audit trail: insert-only, and a later change shows."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config.core import audit, tasks
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.models import AuditEntry, AuditSeal
from tests.cast import make_user
from tests.races import at_once, connected, until_older_strangers_have_ended

ADA = Actor("Ada", None, "203.0.113.9")
LATE = (
    "INSERT INTO core_auditentry (at, actor_name, severity, page, action, object_type, object_id, notes) "
    "VALUES (now(), 'Slow', 'low', 'x', 'late', '', '', '')"
)


def record(action: str = "campaign paused") -> AuditEntry:
    entry = audit.record(actor=ADA, page="Campaigns", action=action, after={"reason": "holiday"}, severity="medium")
    until_older_strangers_have_ended()
    return entry


def links() -> list[list[int]]:
    return list(AuditSeal.objects.order_by("id").values_list("entries", flat=True))


def tamper(sql: str) -> None:
    """Change a row as an owner of the tables could."""
    with transaction.atomic(), connection.cursor() as cursor:
        _switch(cursor, "DISABLE")
        cursor.execute(sql)
        _switch(cursor, "ENABLE")


def _switch(cursor, state: str) -> None:
    for table in ("core_auditentry", "core_auditseal"):
        cursor.execute(f"ALTER TABLE {table} {state} TRIGGER insert_only")


@pytest.mark.sql
@pytest.mark.django_db
@pytest.mark.parametrize("act", [lambda rows: rows.update(notes="never happened"), lambda rows: rows.delete()])
def test_an_entry_can_be_neither_changed_nor_deleted(act):
    entry = record()
    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
        act(AuditEntry.objects.filter(pk=entry.pk))
    assert AuditEntry.objects.get(pk=entry.pk).actor_name == "Ada"


@pytest.mark.sql
@pytest.mark.django_db
@pytest.mark.parametrize("table", ["core_auditentry", "core_auditseal"])
def test_the_whole_trail_cannot_be_emptied_either(table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER no_truncate")  # the tests live without it, see tests/conftest.py
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table}")


@pytest.mark.sql
@pytest.mark.django_db
def test_the_admin_shows_how_many_entries_a_seal_covers(client):
    AuditSeal.objects.create(entries=[1, 2], upto=2, sha256="1" * 64, previous=audit.START)
    client.force_login(make_user(roles.ADMIN, is_staff=True))
    assert '<td class="field-entries_sealed">2</td>' in client.get("/admin/core/auditseal/").content.decode()


@pytest.mark.django_db
def test_amounts_and_dates_are_kept_as_text():
    before, after = {"payout": Decimal("20.50")}, {"start": date(2026, 11, 21)}
    entry = audit.record(actor=ADA, page="Campaigns", action="payout changed", before=before, after=after)
    entry.refresh_from_db()
    assert (entry.before, entry.after) == ({"payout": "20.50"}, {"start": "2026-11-21"})


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_sealed_once_and_the_chain_holds():
    first, second = record(), record()
    assert audit.seal() == 2
    assert audit.seal() == 0
    third = record()
    assert audit.seal() == 1
    assert links() == [[first.pk, second.pk], [third.pk]]
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_later_and_not_lost():
    with connected() as other:
        other.execute("BEGIN")
        other.execute(LATE)
        early = record("early")
        assert audit.seal() == 0, "nothing is sealed past a transaction that still runs"
        other.execute("COMMIT")
    assert audit.seal() == 2
    assert {early.pk} < set(AuditSeal.objects.get().entries)
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_a_sealer_at_work_keeps_nobody_from_writing():
    record()
    with transaction.atomic():
        audit.seal()
        with connected() as other:
            other.execute("SET lock_timeout = '1s'")
            other.execute(LATE)
    assert audit.seal() == 1


@pytest.mark.django_db(transaction=True)
def test_many_entries_are_sealed_in_batches_and_a_transactions_entries_stay_together(monkeypatch):
    monkeypatch.setattr(audit, "BATCH", 3)
    alone = [record().pk for _ in range(4)]
    with transaction.atomic():
        together = [record().pk for _ in range(5)]
    after = record().pk
    assert tasks.seal_audit() == 10
    assert links() == [alone[:3], alone[3:], together, [after]]
    assert audit.verify() == []


@pytest.mark.parametrize("column", [field.attname for field in AuditEntry._meta.concrete_fields])
def test_a_seal_covers_every_column(column):
    entry = AuditEntry(
        pk=1, xid=1, at=timezone.now(), actor_name="Ada", page="Campaigns", action="campaign paused", after={"reason": "holiday"}
    )
    sealed = audit._link_sha256(audit.START, 2, [entry])
    setattr(entry, column, entry.at + timedelta(seconds=1) if column == "at" else "other")
    assert audit._link_sha256(audit.START, 2, [entry]) != sealed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE core_auditentry SET notes = 'never'", "was changed"),
        ("DELETE FROM core_auditentry WHERE id = (SELECT max(id) FROM core_auditentry)", "entries are gone"),
        ("DELETE FROM core_auditseal WHERE id = (SELECT min(id) FROM core_auditseal)", "does not follow"),
        ("UPDATE core_auditseal SET upto = '9'", "was changed"),
        ("UPDATE core_auditseal SET entries = '[]'", "was changed"),
    ],
)
def test_what_is_taken_out_of_the_chain_shows(sql, problem):
    for _ in range(2):
        record()
        audit.seal()
    tamper(sql)
    assert problem in " ".join(audit.verify())


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_stays_unsealed_shows_after_ten_minutes():
    record()
    assert audit.verify() == []
    tamper("UPDATE core_auditentry SET at = at - interval '11 minutes'")
    assert "not sealed" in " ".join(audit.verify())


@pytest.mark.sql
@pytest.mark.django_db(transaction=True)
def test_an_entry_smuggled_in_under_an_old_transaction_is_never_sealed_and_shows():
    record()
    audit.seal()
    smuggled = record()
    tamper(f"UPDATE core_auditentry SET xid = '3', at = '{timezone.now() - timedelta(days=9)}' WHERE id = {smuggled.pk}")
    assert audit.seal() == 0
    assert str(smuggled.pk) in " ".join(audit.verify())


@pytest.mark.django_db(transaction=True)
def test_in_a_cluster_restored_from_a_dump_the_chain_goes_on():
    """Transactions count from the start again there: what came with the dump has numbers far ahead."""
    record()
    forgotten = record()
    tamper("UPDATE core_auditentry SET xid = '900000000'")
    brought = AuditEntry.objects.order_by("pk").first()
    AuditSeal.objects.create(
        entries=[brought.pk], upto=900_000_001, previous=audit.START, sha256=audit._link_sha256(audit.START, 900_000_001, [brought])
    )
    fresh = record()
    assert audit.seal() == 2
    assert audit.seal() == 0
    last = record()
    assert audit.seal() == 1
    assert links()[1:] == [[forgotten.pk, fresh.pk], [last.pk]]
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain():
    for _ in range(5):
        record()
    assert at_once(audit.seal, audit.seal, audit.seal) == []
    assert sum(len(entries) for entries in links()) == 5
    assert audit.verify() == []
