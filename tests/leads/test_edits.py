"""Edits of captured values, and values appended by the hash of a lead: what is merged, refused and counted as changed."""

import pytest

from campaigns.models import FormField
from leads import integrity, lifecycle
from leads.lifecycle import claims
from leads.models import LeadNote, LeadSearch
from leads.statuses import Refusal
from leads.values import field_names
from tests.leads.acts import again, judge_all, verdict

pytestmark = pytest.mark.django_db


def test_a_field_in_another_case_is_that_field(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, company="Acme", jobTitle="CEO")
    lifecycle.edit({lead.pk: {"COMPANY": "Navy", "jobtitle": "CTO", "other": "new"}}, actor=bob)
    assert {name: again(lead).captured.get(name) for name in ("company", "COMPANY", "jobTitle", "other")} == {
        "company": "Navy", "COMPANY": None, "jobTitle": "CTO", "other": "new",
    }  # fmt: skip


def test_of_two_fields_that_differ_in_case_neither_is_guessed(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, size="1", Size="2")
    lifecycle.edit({lead.pk: {"SIZE": "3", "Size": "4"}}, actor=bob)
    assert {name: again(lead).captured[name] for name in ("size", "Size", "SIZE")} == {"size": "1", "Size": "4", "SIZE": "3"}


def test_only_edits_of_values_count_as_changes_of_values(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    assert (again(lead).revision, again(lead).captured_revision) == (1, 0)
    lifecycle.edit({lead.pk: {"company": "Navy"}}, actor=bob)
    assert (again(lead).revision, again(lead).captured_revision) == (2, 2)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned")
    assert lifecycle.edit({lead.pk: {"company": "Navy"}}, actor=bob).refused == {lead.pk: Refusal.UNCHANGED}
    assert (again(lead).revision, again(lead).captured_revision) == (3, 2)
    lifecycle.append({lead.pk: {"company": "Army"}}, actor=bob)
    assert (again(lead).revision, again(lead).captured_revision) == (4, 4)


def test_an_edit_is_refused_where_the_values_are_not_those_that_were_read(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, company="Acme")
    seen = []

    def as_read(locked) -> bool:
        seen.append((locked.captured["company"], locked.captured_revision))
        return locked.captured["company"] == "Acme"

    assert lifecycle.edit({lead.pk: {"company": "Navy"}}, actor=bob, if_as_read=as_read).ids == [lead.pk]
    assert lifecycle.edit({lead.pk: {"company": "Army"}}, actor=bob, if_as_read=as_read).refused == {lead.pk: Refusal.CHANGED_SINCE}
    assert lifecycle.edit({lead.pk: {"company": "Navy"}}, actor=bob, if_as_read=as_read).refused == {lead.pk: Refusal.UNCHANGED}
    assert seen == [("Acme", 0), ("Navy", 1)]
    assert again(lead).captured["company"] == "Navy"


def test_values_are_appended_to_leads_whatever_their_state_and_to_no_deleted_one(campaign, make_leads, bob):
    waiting, running, held, delivered, flagged, deleted = make_leads(campaign, 6, company="Acme")
    lifecycle.flag([flagged.pk], "test", actor=bob, reason="Internal test")
    lifecycle.hold([held.pk], reason="no_job", actor=bob)
    lifecycle.flag([delivered.pk], "valid", actor=bob, reason="Data verified")
    lifecycle.mark_delivered([delivered.pk], actor=bob)
    lifecycle.delete([deleted.pk], actor=bob)
    claim = claims.claim(campaign.pk, limit=2)
    ids = [lead.pk for lead in (waiting, running, held, delivered, flagged, deleted)]
    states = {
        pk: (lead.current_status, lead.delivery_status, lead.hold_reason)
        for pk, lead in zip(ids, map(again, (waiting, running, held, delivered, flagged, deleted)), strict=True)
    }

    moved = lifecycle.append({pk: {"company": " Navy ", "crmId": "7"} for pk in ids}, actor=bob, reason="via append")

    assert (sorted(moved.ids), moved.refused) == (ids[:-1], {deleted.pk: Refusal.NOT_FOUND})
    for lead in (waiting, running, held, delivered, flagged):
        now = again(lead)
        assert (now.captured["company"], now.captured["crmId"]) == ("Navy", "7")
        assert (now.current_status, now.delivery_status, now.hold_reason) == states[lead.pk]
        note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk")
        assert (note.kind, note.reason, note.changes) == ("data", "via append", [["company", "Acme", "Navy"], ["crmId", None, "7"]])
    assert lifecycle.judge([verdict(lead.pk) for lead in claim.leads], token=claim.token).ids == [lead.pk for lead in claim.leads]
    assert again(running).processr_status == "complete"
    assert integrity.tallies() + integrity.billing() + integrity.notes() + integrity.search() == []


def test_a_lead_is_judged_however_many_values_are_appended_meanwhile_but_an_edit_has_it_processed_again(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, company="Acme")
    claim = claims.claim(campaign.pk, limit=1)
    for n in range(5):
        lifecycle.append({lead.pk: {"company": f"Navy {n}"}}, actor=bob)
    assert claims.still_claimed(claim.token, [lead.pk]) == {lead.pk}
    lifecycle.edit({lead.pk: {"company": "Army"}}, actor=bob)
    assert lifecycle.judge([verdict(lead.pk)], token=claim.token).ids == [], "it had read the values from before the edit"
    assert again(lead).processr_status == "waiting"

    claim = claims.claim(campaign.pk, limit=1)
    lifecycle.append({lead.pk: {"company": "Navy"}}, actor=bob)
    assert lifecycle.judge([verdict(lead.pk)], token=claim.token).ids == [lead.pk]
    assert (again(lead).processr_status, again(lead).captured["company"]) == ("complete", "Navy")


@pytest.fixture
def consents(form):
    """consents("terms", …): fields of the form that ask for consent."""

    def add(*names: str) -> None:
        FormField.objects.bulk_create(FormField(form=form, name=name, label=name, type="optin") for name in names)

    return add


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ({"terms": "1"}, {"terms": "0"}, False), ({"terms": "0"}, {"terms": "YES"}, True), ({"terms": "0"}, {"TERMS": "on"}, True),
        ({"terms": "1"}, {"terms": ""}, False), ({}, {"terms": "true"}, True), ({"terms": "1"}, {"terms": "perhaps"}, False),
        ({"terms": "1"}, {"company": "Navy"}, None), ({"terms": "1"}, {"terms": "yes"}, True),
    ],
    ids=str,
)  # fmt: skip
def test_consent_follows_from_the_consent_field_that_is_edited(campaign, make_leads, consents, bob, before, values, after):
    consents("terms")
    (lead,) = make_leads(campaign, **before)
    lifecycle.edit({lead.pk: values}, actor=bob)
    assert again(lead).opt_in is after
    assert again(lead).captured | {name.lower(): value for name, value in values.items()} == again(lead).captured


def test_consent_is_given_in_every_consent_field_or_not_at_all(campaign, make_leads, consents, bob):
    consents("terms", "calls")
    asked, other = make_leads(campaign, 2, terms="1", calls="0")
    lifecycle.edit({asked.pk: {"calls": "1"}, other.pk: {"company": "Navy"}}, actor=bob)
    assert (again(asked).opt_in, again(other).opt_in) == (True, None)
    lifecycle.edit({asked.pk: {"terms": "0"}}, actor=bob)
    assert again(asked).opt_in is False


def test_consent_is_withdrawn_but_never_given_by_an_append(campaign, make_leads, consents, bob):
    consents("terms")
    (lead,) = make_leads(campaign, terms="1", company="Acme")
    for kept in ("yes", "TRUE"):
        assert lifecycle.append({lead.pk: {"terms": kept}}, actor=bob).ids == [lead.pk]
        assert again(lead).opt_in is True
    assert lifecycle.append({lead.pk: {"terms": "no"}}, actor=bob).ids == [lead.pk]
    assert again(lead).opt_in is False
    for given in ("1", "On", "1.0"):
        for values in ({"terms": given}, {"TERMS": given}, {"company": "Navy", "terms": given}):
            assert lifecycle.append({lead.pk: values}, actor=bob).refused == {lead.pk: Refusal.CONSENT}
    assert (again(lead).opt_in, again(lead).captured["terms"], again(lead).captured["company"]) == (False, "no", "Acme")


def test_appended_values_are_searched_by(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, company="Acme")
    lifecycle.append({lead.pk: {"email": "Grace@Navy.example", "company": "Navy"}}, actor=bob)
    assert again(lead).email == "grace@navy.example"
    assert "navy" in str(LeadSearch.objects.get(lead_id=lead.pk).tsv)


def test_a_lead_does_not_grow_without_end(campaign, make_leads, bob, monkeypatch):
    (lead,) = make_leads(campaign, company="Acme")
    monkeypatch.setattr(field_names, "MOST_FIELDS", len(lead.captured) + 2)
    monkeypatch.setattr(field_names, "MOST_TEXT", 3000)
    verbs = (lifecycle.edit, lifecycle.append)
    for verb in verbs:
        assert verb({lead.pk: {"a": "1", "b": "2", "c": "3"}}, actor=bob).refused == {lead.pk: Refusal.TOO_MANY_VALUES}
        assert verb({lead.pk: {"company": "x" * 3000}}, actor=bob).refused == {lead.pk: Refusal.TOO_MANY_VALUES}
    assert lifecycle.edit({lead.pk: {"a": "1", "b": "2"}}, actor=bob).ids == [lead.pk]
    monkeypatch.setattr(field_names, "MOST_FIELDS", 1)
    assert lifecycle.edit({lead.pk: {"a": "3"}}, actor=bob).ids == [lead.pk], "one that has too many already can be corrected"


@pytest.mark.parametrize(
    ("name", "stored", "fault"),
    [
        ("company", "company", ""), (" \u200bcompany\t", "company", ""), ("cafe\u0301", "café", ""), ("a.b[0]/c?d#e", "a.b[0]/c?d#e", ""),
        ("שם", "שם", ""), ("🚀", "🚀", ""), ("x" * 80, "x" * 80, ""), ("__proto__", "__proto__", ""),
        ("", "", "blank"), ("\u3164 ", "", "blank"), ("x" * 81, "x" * 81, "at most 80"), ("x" * 10_000, "x" * 10_000, "at most 80"),
        ("a\x00b", "a\x00b", "control"), ("a\nb", "a\nb", "line break"), ("a\ud800b", "a\ud800b", "control"), ("a\u202eb", "a\u202eb", "direction mark"),
    ],
    ids=ascii,
)  # fmt: skip
def test_the_name_of_a_field_is_one_short_line(name, stored, fault):
    assert field_names.clean(name) == stored
    assert fault in field_names.fault_of(stored)
    assert bool(field_names.fault_of(stored)) == bool(fault)
