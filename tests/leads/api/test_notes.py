"""`lead-notes`: the change log of a lead, as its page shows it to the same user."""

from functools import partial

import pytest

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from leads import bulk, display, lifecycle, privacy
from leads.api.notes import NAMES
from leads.bulk.runner import BulkActionRun
from leads.lifecycle import notes
from leads.models import BulkAction, Lead, LeadNote
from leads.selectors import notes_told_to
from tests.leads.acts import again
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
SEES = roles.SEES_LEADS - {roles.AGENCY_CALL_CENTRE}
MASKED = (roles.ADMIN_MASKED, roles.ADVERTISER)


@pytest.fixture
def lead(judged, bob) -> Lead:
    """A lead with a note of every kind."""
    pk = judged[0].pk
    lifecycle.edit({pk: {"firstName": "Grace", "company": "Navy"}}, actor=bob, reason="Called back")
    lifecycle.flag([pk], "valid", actor=bob, reason="Data verified", comment="Grace said so")
    lifecycle.mark_delivered([pk], actor=bob)
    lifecycle.mark_replacement([pk], actor=bob, comment="for 17")
    notes.add(
        {pk: [["CRM", "queued", "withdrawn"]]}, kind=LeadNote.Kind.DELIVERY, actor=bob, reason="not Valid any more", comment="by hand"
    )
    return again(judged[0])


def test_the_notes_of_a_lead_are_listed_the_newest_first(lead, judged, program, bob):
    members = program.members(f"lead-notes?lead.id={lead.pk}")
    assert [member["type"] for member in members] == ["delivery", "metadata", "contract", "delivery", "status", "data", "status"]
    assert [member["id"] for member in members] == sorted((member["id"] for member in members), reverse=True)
    flagged = members[4]
    assert flagged.pop("createdTs")[-6:] == "+00:00"
    assert flagged == {
        "@id": f"/api/v4/lead-notes/{flagged['id']}", "@type": "LeadNote", "id": flagged["id"], "lead": f"/api/v4/leads/{lead.pk}",
        "user": bob.name, "type": "status", "reason": "Data verified", "comment": "Grace said so",
        "changes": [{"name": "secondCheck", "old": "", "new": "valid"}], "changesLeftOut": 0,
    }  # fmt: skip
    assert {"name": "company", "old": None, "new": "Navy"} in members[5]["changes"]
    assert {"name": "deliveryStatus", "old": "not_delivered", "new": "delivered"} in members[3]["changes"]
    one = program.get(flagged["@id"]).json()
    assert {name: one[name] for name in flagged} == flagged
    assert program.members(f"lead-notes?lead.id={judged[1].pk}")[0]["lead"].endswith(f"/{judged[1].pk}")


def test_a_lead_names_its_notes_by_these_addresses(lead, program):
    addresses = program.get(f"leads/{lead.pk}").json()["leadNotes"]
    assert addresses == [member["@id"] for member in program.members(f"lead-notes?lead.id={lead.pk}")]
    assert {program.get(address).status_code for address in addresses} == {200}


def test_pages_go_on_at_the_next(lead, program):
    first = program.get(f"lead-notes?lead.id={lead.pk}&itemsPerPage=4").json()
    second = program.get(first["hydra:view"]["hydra:next"]).json()
    assert (first["hydra:totalItems"], len(first["hydra:member"]), len(second["hydra:member"])) == (7, 4, 3)


def test_the_billing_of_the_other_party_is_nobodys_note(lead, program_of):
    publisher = program_of(roles.PUBLISHER)
    told = publisher.members(f"lead-notes?lead.id={lead.pk}")
    assert "contract" not in [note["type"] for note in told], "the advertiser's side alone has changed"
    assert publisher.get(f"leads/{lead.pk}").json()["leadNotes"] == [note["@id"] for note in told]
    note = LeadNote.objects.get(lead_id=lead.pk, kind="contract")
    assert publisher.get(f"lead-notes/{note.pk}").status_code == 404
    assert program_of(roles.ADVERTISER).get(f"lead-notes/{note.pk}").status_code == 200


@pytest.mark.parametrize("role", roles.LABELS)
def test_a_note_is_seen_by_those_who_see_its_lead(role, lead, program_of):
    note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk").pk
    program = program_of(role)
    listed = program.get(f"lead-notes?lead.id={lead.pk}")
    if role not in roles.SEES_LEADS:
        assert (listed.status_code, program.get(f"lead-notes/{note}").status_code) == (403, 403)
        return
    sees, n = role in SEES, 6 if role == roles.PUBLISHER else 7  # the advertiser's billing is none of the publisher's
    assert (len(listed.json()["hydra:member"]), program.get(f"lead-notes/{note}").status_code) == ((n, 200) if sees else (0, 404))


@pytest.mark.parametrize("role", sorted(SEES - roles.SEES_EVERYTHING))
def test_a_note_of_a_lead_of_others_is_absent(role, lead, program_of):
    note, program = LeadNote.objects.filter(lead_id=lead.pk).latest("pk").pk, program_of(role, member=False)
    assert program.members(f"lead-notes?lead.id={lead.pk}") == []
    assert program.get(f"lead-notes/{note}").status_code == 404


def test_a_note_of_a_deleted_lead_is_absent(lead, program, bob):
    note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk").pk
    lifecycle.delete([lead.pk], actor=bob)
    assert program.members(f"lead-notes?lead.id={lead.pk}") == []
    assert program.get(f"lead-notes/{note}").status_code == 404


@pytest.mark.parametrize("role", MASKED)
def test_personal_data_in_notes_is_masked_where_the_lead_is(role, lead, program_of):
    told = program_of(role).get(f"lead-notes?lead.id={lead.pk}")
    text = told.content.decode()
    assert "Data verified" in text, "a reason for a flag is no personal data"
    for secret in ("Grace", "Navy", lead.captured["lastName"], "Called back"):
        assert secret not in text
    assert {"name": "company", "old": "", "new": "N\u2022\u2022\u2022\u2022"} in told.json()["hydra:member"][5]["changes"]


@pytest.mark.parametrize("role", sorted(SEES))
def test_a_reason_that_a_person_has_typed_is_masked_where_the_lead_is(role, lead, program_of, bob):
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Grace said so herself")
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Duplicate")
    bulk.run_or_queue("reprocess", [lead.pk], actor=bob)
    told = program_of(role).get(f"lead-notes?lead.id={lead.pk}").content.decode()
    lead.refresh_from_db()
    lead.flag_reason = "Grace said so herself"
    program = program_of(role)
    words = display.flagging_for(program.user, lead).in_words(with_comment=False)
    assert ("Grace said so" not in told) == (role in MASKED)
    assert ("Grace said so herself" not in words) == (role in MASKED)
    assert "Duplicate" in told
    assert "Reprocess: queued for another run" in told


@pytest.mark.parametrize("role", MASKED)
def test_a_reason_that_the_product_writes_is_read_by_masked_roles(role, lead, program_of, bob):
    for begin in (partial(bulk.run_or_queue, "unflag"), partial(bulk.run_or_queue, "mark_undelivered")):
        bulk.begin_undo(begin([lead.pk], actor=bob), actor=bob)
        runs.work_on(BulkActionRun, BulkAction.objects.latest("pk").pk)
    lifecycle.flag([lead.pk], "test", actor=bob, reason=notes.SENT_AGAIN)
    program = program_of(role)
    told = {note["reason"] for note in program.members(f"lead-notes?lead.id={lead.pk}")}
    delivery = {"Undo of Mark as Undelivered"} if role in roles.MANAGES_CAMPAIGNS else set()
    assert {"Undo of Unflag", notes.SENT_AGAIN, *delivery} <= told
    assert program.get(f"leads/{lead.pk}").json()["flagReason"] == notes.SENT_AGAIN
    for text in (notes.REQUEUED, "Undo of Delete Leads"):
        assert privacy.is_listed_reason(program.user, text)


def test_a_reason_that_a_receiver_has_typed_is_masked_too(lead, program_of):
    sender = Actor("Ann of Acme (via webhook)")
    lifecycle.flag([lead.pk], "invalid", actor=sender, reason="Jane hung up", comment="twice")
    lifecycle.flag([lead.pk], "invalid", actor=sender, reason="Jane hung up")  # of which no axis changes
    told = program_of(roles.ADMIN_MASKED).get(f"lead-notes?lead.id={lead.pk}").content.decode()
    assert "Jane" not in told


@pytest.mark.parametrize("role", sorted(SEES))
def test_a_note_is_the_same_here_as_on_the_page_of_its_lead(role, lead, program_of):
    program = program_of(role)
    for note in notes_told_to(program.user, LeadNote.objects.filter(lead_id=lead.pk)):
        told, shown = program.get(f"lead-notes/{note.pk}").json(), display.note_for(program.user, lead, note)
        assert (told["user"], told["reason"], told["comment"]) == (shown.by, shown.reason, shown.comment)
        named = [name if note.kind == "data" else NAMES.get(name, name) for name, _, _ in shown.changes]
        assert [(change["name"], change["old"], change["new"]) for change in told["changes"]] == [
            (name, old, new) for name, (_, old, new) in zip(named, shown.changes, strict=True)
        ]


@pytest.mark.parametrize("role", [roles.PUBLISHER, roles.ADVERTISER, roles.ADVERTISER_REPORT])
def test_where_a_lead_goes_and_what_others_earn_is_not_told(role, lead, program_of):
    text = program_of(role).get(f"lead-notes?lead.id={lead.pk}").content.decode()
    hidden = "advertiserBillable" if role == roles.PUBLISHER else "publisherBillable"
    assert [word for word in ("CRM", "not Valid any more", "by hand", hidden) if word in text] == []


def test_every_axis_of_a_lead_has_a_name_in_the_api():
    assert set(NAMES) == {*notes.AXES, "flag_reason"}


@pytest.mark.parametrize("query", ["", "lead.id=x", "lead.id=0", "lead.id=1&lead.id=2", "lead.id=1&type=status", "lead=1"])
def test_notes_are_asked_for_one_lead(query, program):
    assert wrong(program.get(f"lead-notes?{query}"))


@pytest.mark.sql
def test_the_list_has_the_beginning_of_a_large_note_and_the_note_all_of_it(judged, program, bob):
    values = {f"field{n:03}": "x" * 490 for n in range(300)}
    lifecycle.append({judged[0].pk: values}, actor=bob)
    (listed, *_) = program.members(f"lead-notes?lead.id={judged[0].pk}")
    assert listed["changes"] == [{"name": f"field{n:03}", "old": None, "new": "x" * 255 + "…"} for n in range(20)]
    assert listed["changesLeftOut"] == 280
    note = program.get(listed["@id"]).json()
    assert note["changesLeftOut"] == 0
    alone = note["changes"]
    assert {change["name"]: change["new"] for change in alone} == values


def test_small_notes_are_the_same_in_the_list(judged, program, bob):
    lifecycle.append({judged[0].pk: {f"f{n}": "🚀" * 255 for n in range(20)}}, actor=bob)
    lifecycle.mark_replacement([judged[0].pk], actor=bob)
    for listed in program.members(f"lead-notes?lead.id={judged[0].pk}"):
        assert program.get(listed["@id"]).json()["changes"] == listed["changes"]
