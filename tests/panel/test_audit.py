"""The audit trail: insert-only, and a later change shows."""

import pytest
from django.db import DatabaseError, connection, transaction

from config.panel import audit
from config.panel.actor import Actor
from config.panel.models import AuditEntry, AuditSeal
from tests.races import at_once, connected

ADA = Actor("Ada", None, "203.0.113.9")


def record(action: str = "campaign paused") -> AuditEntry:
    return audit.record(actor=ADA, page="Campaigns", action=action, after={"reason": "holiday"}, severity="medium")


@pytest.mark.django_db
@pytest.mark.parametrize("act", [lambda rows: rows.update(notes="never happened"), lambda rows: rows.delete()])
def test_an_entry_can_be_neither_changed_nor_deleted(act):
    entry = record()
    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
        act(AuditEntry.objects.filter(pk=entry.pk))
    assert AuditEntry.objects.get(pk=entry.pk).actor_name == "Ada"


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_sealed_once_and_the_chain_holds():
    first, second = record(), record()
    assert audit.seal() == 2
    assert audit.seal() == 0
    third = record()
    assert audit.seal() == 1
    assert list(AuditSeal.objects.values_list("entries", flat=True)) == [[first.pk, second.pk], [third.pk]]
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_later_and_not_lost():
    with connected() as other:
        other.execute("BEGIN")
        other.execute(
            "INSERT INTO panel_auditentry (at, actor_name, severity, page, action, object_type, object_id, notes) "
            "VALUES (now(), 'Slow', 'low', 'x', 'late', '', '', '')"
        )
        early = record("early")
        assert audit.seal() == 0, "nothing is sealed past a transaction that still runs"
        other.execute("COMMIT")
    assert audit.seal() == 2
    assert {early.pk} < set(AuditSeal.objects.get().entries)
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sql", ["UPDATE panel_auditentry SET notes = 'never'", "DELETE FROM panel_auditentry"])
def test_tampering_past_the_trigger_shows(sql):
    record()
    audit.seal()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE panel_auditentry DISABLE TRIGGER insert_only")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE panel_auditentry ENABLE TRIGGER insert_only")
    assert len(audit.verify()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain():
    for _ in range(5):
        record()
    assert at_once(audit.seal, audit.seal, audit.seal) == []
    assert sum(len(seal.entries) for seal in AuditSeal.objects.all()) == 5
    assert audit.verify() == []
