"""The present flag stands on the lead: who set it, when, and why (decision 36)."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from leads import lifecycle
from leads.lifecycle.state import FLAG_COLUMNS
from leads.models import Lead, LeadNote
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db
migration = import_module("leads.migrations.0005_flags_from_notes")
NONE = ("", "", "", "", None)


def flags() -> dict[int, tuple]:
    return {pk: tuple(values) for pk, *values in Lead.objects.values_list("pk", *FLAG_COLUMNS)}


def test_a_flagged_lead_knows_its_flag_until_it_is_unflagged(campaign, make_leads, bob):
    lead, other = make_leads(campaign, 2)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned", category="Wrong number", comment="Nobody answers")
    note = LeadNote.objects.get(lead_id=lead.pk)
    *flag, at = flags()[lead.pk]
    assert (flag, at <= note.at) == (["Returned", "Wrong number", "Nobody answers", "Bob Admin"], True)
    assert note.changes == [
        ["second_check", "", "invalid"], ["flag_category", "", "Wrong number"], ["current_status", "pending", "invalid"],
    ]  # fmt: skip
    assert flags()[other.pk] == NONE
    lifecycle.unflag([lead.pk], actor=bob)
    assert flags()[lead.pk] == NONE


def test_the_next_flag_takes_the_place_of_the_last_and_a_rerun_leaves_it(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned", category="Wrong number", comment="x")
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Manual QA passed")
    judge_all(campaign, "invalid")
    assert flags()[lead.pk][:4] == ("Manual QA passed", "", "", "Bob Admin")
    assert again(lead).current_status == "valid"


def test_the_migration_fills_flags_from_notes_in_batches_and_may_run_twice(campaign, make_leads, bob, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    leads = [lead.pk for lead in make_leads(campaign, 5)]
    lifecycle.flag(leads[:4], "invalid", actor=bob, reason="Returned", comment="Moved")
    lifecycle.flag(leads[1:2], "valid", actor=bob, reason="Known after all")
    lifecycle.unflag(leads[2:3], actor=bob)
    lifecycle.mark_replacement(leads[3:4], actor=bob, comment="For another")
    filled = flags()
    LeadNote.objects.filter(lead_id=leads[4]).delete()
    Lead.objects.update(flag_reason="", flag_comment="", flagged_by="", flagged_at=None)
    for _ in range(2):
        migration.fill(None, SimpleNamespace(connection=connection))
        assert {pk: flag[:4] for pk, flag in flags().items()} == {pk: flag[:4] for pk, flag in filled.items()}
    assert set(Lead.objects.values_list("revision", flat=True)) == {0, 1, 2}
    times = dict(LeadNote.objects.filter(changes__contains=[["second_check"]]).order_by("pk").values_list("lead_id", "at"))
    assert {pk: flag[4] for pk, flag in flags().items() if flag[4]} == {pk: at for pk, at in times.items() if pk != leads[2]}
