"""`leads-bulk-flag`, -deliver, -undeliver, -metadata, -delete: what each does, to whom it is open, and what it refuses."""

import pytest

from config.core.accounts import roles
from config.core.background import runs
from leads import bulk
from leads.bulk import drafts
from leads.models import BulkAction, FlagReason, FlagReasonCategory, Lead, LeadNote
from tests.leads.acts import again, judge_all
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
SIGNED = {"signature": "Ann Ĺukasz Example", "confirm": True}
CONFIRMED = {"confirm": True}
ADDRESSES = ("flag", "deliver", "undeliver", "metadata", "reprocess", "delete")


def ids(leads) -> list[int]:
    return [lead.pk for lead in leads]


def finish() -> None:
    for pk in runs.waiting(bulk.BulkActionRun):
        runs.work_on(bulk.BulkActionRun, pk)


@pytest.fixture
def bodies(reason):
    """By address, a body without leads."""
    return {
        "flag": {"flag": "invalid", "reason": reason("invalid", "Duplicate")},
        "deliver": SIGNED, "undeliver": SIGNED, "metadata": {"type": "replacement"}, "reprocess": CONFIRMED, "delete": CONFIRMED,
    }  # fmt: skip


def test_leads_are_flagged_with_reason_category_and_comment(judged, program, reason):
    returned = FlagReason.objects.get(name="Returned")
    category = FlagReasonCategory.objects.create(reason=returned, name="Wrong number")
    body = {"flag": "invalid", "reason": returned.pk, "reasonCategory": category.pk, "comment": " Nobody answers "}
    answer = program.post("leads-bulk-flag", {"leads": ids(judged), **body}).json()
    assert (answer["type"], answer["state"], answer["processed"], answer["skipped"]) == ("mark_invalid", "done", ids(judged), [])
    lead = again(judged[0])
    assert (lead.current_status, lead.flag_reason, lead.flag_category, lead.flag_comment) == (
        "invalid",
        "Returned",
        "Wrong number",
        "Nobody answers",
    )
    assert lead.flagged_by == program.user.name
    note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk")
    assert (note.action_id, note.reason, note.comment) == (answer["id"], "Returned", "Nobody answers")


def test_an_own_reason_goes_with_the_reason_that_asks_for_it(judged, program, reason):
    body = {
        "leads": ids(judged),
        "flag": "TEST",
        "reason": f"/api/v4/lead-flag-reasons/{reason('test', 'Other')}",
        "customReason": "A trade fair",
    }
    assert program.post("leads-bulk-flag", body).status_code == 200
    assert {lead.flag_reason for lead in map(again, judged)} == {"A trade fair"}


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ({"flag": None}, "flag"), ({"flag": "caution"}, "flag"), ({"flag": 1}, "flag"), ({"flag": ["valid"]}, "flag"),
        ({"reason": None}, "reason"), ({"reason": "valid/Data verified"}, "reason"), ({"reason": 10**9}, "reason"),
        ({"reason": "Data verified"}, "reason"), ({"reason": 0}, "reason"), ({"reason": True}, "reason"),
        ({"reason": "invalid/Other"}, "customReason"), ({"reason": "invalid/Other", "customReason": " "}, "customReason"),
        ({"reason": "invalid/Other", "customReason": "\u200b"}, "customReason"),
        ({"reason": "invalid/Other", "customReason": "x" * 256}, "customReason"), ({"customReason": "x"}, "customReason"),
        ({"customReason": 5}, "customReason"), ({"customReason": "a\x00b"}, ""),
        ({"comment": "x" * 2001}, "comment"), ({"comment": ["x"]}, "comment"), ({"comment": "\ud800"}, ""),
        ({"reasonCategory": "category"}, "reasonCategory"), ({"reason": "invalid/Returned", "reasonCategory": 10**9}, "reasonCategory"),
        ({"reasonCategory": "x"}, "reasonCategory"), ({"integrations": [1]}, "integrations[0]"), ({"integrations": "1"}, "integrations"),
        ({"integrations": [None]}, "integrations"), ({"dryRun": 1}, "dryRun"), ({"dryRun": "true"}, "dryRun"), ({"who": 1}, "who"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_a_flag_is_named_and_nothing_is_begun(change, about, judged, program, reason, bodies):
    category = FlagReasonCategory.objects.create(reason=FlagReason.objects.get(name="Returned"), name="Wrong number")
    if isinstance(named := change.get("reason"), str) and "/" in named:
        change = {**change, "reason": reason(*named.split("/"))}
    if change.get("reasonCategory") == "category":
        change = {"reasonCategory": category.pk}  # of another reason
    answer = program.post("leads-bulk-flag", {"leads": ids(judged), **bodies["flag"], **change})
    assert wrong(answer) == ({about} if about else set())
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("spelling", ["Ann Ĺukasz Example", " ann ĺUKASZ   example ", "Ann L\u0301ukasz Example"])
def test_delivered_and_undelivered_are_signed_with_the_full_name(spelling, judged, program):
    first = judged[0].pk
    signed = {"leads": [first], "signature": spelling, "confirm": True}
    for address, status in (("leads-bulk-deliver", "delivered"), ("leads-bulk-undeliver", "not_delivered")):
        answer = program.post(address, signed)
        assert (answer.status_code, answer.json()["processed"]) == (200, [first])
        assert again(judged[0]).delivery_status == status
    assert {action.signature for action in BulkAction.objects.all()} == {spelling.strip()}


@pytest.mark.parametrize("address", ["leads-bulk-deliver", "leads-bulk-undeliver"])
@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"confirm": True}, "signature"), ({"signature": "Ann", "confirm": True}, "signature"), ({"signature": "", "confirm": True}, "signature"),
        ({"signature": None, "confirm": True}, "signature"), ({"signature": {"a": 1}, "confirm": True}, "signature"),
        ({"signature": "x" * 151, "confirm": True}, "signature"),
        ({"signature": SIGNED["signature"]}, "confirm"), ({**SIGNED, "confirm": False}, "confirm"), ({**SIGNED, "confirm": "true"}, "confirm"),
    ],
    ids=str,
)  # fmt: skip
def test_nothing_is_delivered_without_a_signature(address, body, about, judged, program):
    assert wrong(program.post(address, {"leads": ids(judged), **body})) == {about}
    assert not BulkAction.objects.exists()


def test_leads_that_cannot_be_delivered_are_skipped_with_the_reason(campaign, make_leads, judged, program):
    (invalid,) = make_leads(campaign)
    judge_all(campaign, "invalid")
    chosen = {"leads": [*ids(judged), invalid.pk], **SIGNED}
    program.post("leads-bulk-deliver", {**chosen, "leads": ids(judged)[:1]})
    answer = program.post("leads-bulk-deliver", chosen).json()
    assert answer["processed"] == ids(judged)[1:]
    assert answer["skipped"] == [{"lead": judged[0].pk, "reason": "already delivered"}, {"lead": invalid.pk, "reason": "not valid"}]


@pytest.mark.parametrize("none", [None, "none", "None"])
def test_metadata_makes_a_replacement_and_takes_it_back(none, judged, program):
    assert program.post("leads-bulk-metadata", {"leads": ids(judged), "type": "Replacement", "comment": "for 17"}).status_code == 200
    assert {(lead.replacement_type, lead.replacement_comment) for lead in map(again, judged)} == {("replacement", "for 17")}
    assert program.post("leads-bulk-metadata", {"leads": ids(judged), "type": none}).json()["type"] == "unmark_replacement"
    assert {(lead.replacement_type, lead.replacement_comment) for lead in map(again, judged)} == {("", "for 17")}


def test_metadata_takes_a_flag_away(judged, program, bodies):
    program.post("leads-bulk-flag", {"leads": ids(judged), **bodies["flag"]})
    assert program.post("leads-bulk-metadata", {"leads": ids(judged), "type": "unflag"}).json()["type"] == "unflag"
    assert {lead.current_status for lead in map(again, judged)} == {"valid"}


@pytest.mark.parametrize("body", [{}, {"type": "valid"}, {"type": 1}, {"type": []}, {"type": ""}], ids=str)
def test_metadata_of_no_known_type_is_refused(body, judged, program):
    assert wrong(program.post("leads-bulk-metadata", {"leads": ids(judged), **body})) == {"type"}


def test_deleted_leads_are_not_found_afterwards(judged, program):
    assert program.post("leads-bulk-delete", {"leads": ids(judged)[:2], **CONFIRMED}).json()["processed"] == ids(judged)[:2]
    assert program.get(f"leads/{judged[0].pk}").status_code == 404
    second = program.post("leads-bulk-delete", {"leads": ids(judged), **CONFIRMED}).json()
    assert second["skipped"] == [{"lead": lead.pk, "reason": "not found"} for lead in judged[:2]]


@pytest.mark.parametrize("address", ["delete", "reprocess"])
@pytest.mark.parametrize("confirm", [None, False, "true", 1, [True]])
def test_nothing_is_deleted_or_processed_again_without_a_confirmation(address, confirm, judged, program):
    assert wrong(program.post(f"leads-bulk-{address}", {"leads": ids(judged), "confirm": confirm})) == {"confirm"}
    assert wrong(program.post(f"leads-bulk-{address}", {"leads": ids(judged)})) == {"confirm"}
    assert not BulkAction.objects.exists()


MANAGERS = {roles.ADMIN: 200, roles.ADMIN_MASKED: 200, roles.SUPER: 200, roles.AGENCY: 200}


@pytest.mark.parametrize("role", roles.LABELS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_each_role_may_do_what_its_decision_says(address, role, judged, program_of, bodies):
    """Decisions 20 and 41. Whoever may not is told so before anything about the body."""
    allowed = MANAGERS | ({roles.AGENCY_CALL_CENTRE: 200} if address == "flag" else {})
    if address == "delete":
        allowed = {roles.ADMIN: 200, roles.ADMIN_MASKED: 200}
    program = program_of(role, name="Ann Ĺukasz Example")
    answer = program.post(f"leads-bulk-{address}", {"leads": ids(judged), **bodies[address]})
    assert answer.status_code == allowed.get(role, 403), answer.content
    if answer.status_code == 403:
        assert "can change that" in answer.json()["hydra:description"]
        assert not BulkAction.objects.exists()


@pytest.mark.parametrize("role", [roles.SUPER, roles.AGENCY])
def test_super_users_and_agencies_delete_with_a_right_of_their_own(role, judged, program_of):
    body = {"leads": ids(judged), **CONFIRMED}
    assert "Can delete leads" in program_of(role).post("leads-bulk-delete", body).json()["hydra:description"]
    assert program_of(role, can_delete_leads=True).post("leads-bulk-delete", body).json()["processed"] == ids(judged)


def test_the_right_to_delete_is_asked_again_for_each_chunk(campaign, make_leads, program_of):
    leads = make_leads(campaign, bulk.AT_ONCE + 1)
    program = program_of(roles.SUPER, can_delete_leads=True)
    address = program.post("leads-bulk-delete", {"leads": ids(leads), **CONFIRMED}).json()["@id"]
    type(program.user).objects.filter(pk=program.user.pk).update(can_delete_leads=False)
    finish()
    told = program.get(address).json()
    assert told["state"] == "failed"
    assert "may not do this any more" in told["error"]
    assert not Lead.objects.exclude(deleted_at=None).exists()


def test_the_call_centre_flags_its_leads_as_valid_and_invalid_alone(campaign, judged, program_of, reason, bodies):
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    program = program_of(roles.AGENCY_CALL_CENTRE)
    as_test = {"leads": ids(judged), "flag": "test", "reason": reason("test", "Client test")}
    assert program.post("leads-bulk-flag", as_test).status_code == 403
    answer = program.post("leads-bulk-flag", {"leads": ids(judged)[:1], **bodies["flag"]}).json()
    assert answer["processed"] == ids(judged)[:1]
    assert program.get(answer["@id"]).status_code == 200
    assert program.post("leads-bulk-flag", {"leads": ids(judged)[:1], **bodies["flag"]}).json()["skipped"] == [
        {"lead": judged[0].pk, "reason": "not found"}
    ], "it is not Valid any more, and so not to be seen"


@pytest.mark.parametrize("address", ADDRESSES)
def test_leads_of_others_and_of_nobody_are_not_found(address, judged, program_of, bodies):
    program = program_of(roles.AGENCY, member=False, name="Ann Ĺukasz Example", can_delete_leads=True)
    before = list(Lead.objects.values())
    nobodys, unknown = judged[0].lead_hash, "f" * 32
    answer = program.post(f"leads-bulk-{address}", {"leads": [*ids(judged), 2**40, nobodys, unknown], **bodies[address]})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["processed"], told["total"], told["processedCount"], told["skippedCount"]) == ([], 6, 0, 6)
    expected = [*ids(judged), 2**40, nobodys, unknown]
    assert told["skipped"] == [{"lead": lead, "reason": "not found"} for lead in expected]
    assert list(Lead.objects.values()) == before


def test_where_only_hashes_of_nobody_are_named_the_answer_has_the_same_shape(program):
    told = program.post("leads-bulk-metadata", {"leads": ["F" * 32], "type": "replacement"}).json()
    assert (told["state"], told["processed"], told["skipped"]) == ("done", [], [{"lead": "f" * 32, "reason": "not found"}])
    assert program.get(told["@id"]).json() == told


def test_hashes_of_an_action_are_shown_to_those_who_sent_or_may_know_them(judged, program_of):
    """One that is of no lead of its sender may be that of another lead, and whoever knows it can change that."""
    own = program_of(roles.AGENCY, member=False)
    address = own.post("leads-bulk-metadata", {"leads": [judged[0].lead_hash, 2**40], "type": "replacement"}).json()["@id"]
    named = [{"lead": 2**40, "reason": "not found"}, {"lead": judged[0].lead_hash, "reason": "not found"}]
    assert own.get(address).json()["skipped"] == program_of(roles.SUPER).get(address).json()["skipped"] == named
    masked = program_of(roles.ADMIN_MASKED).get(address).json()
    assert (masked["skipped"], masked["skippedCount"]) == (named[:1], 2)


def test_a_lead_is_named_by_number_text_address_or_hash_and_counts_once(judged, program):
    first, second, third = judged
    named = [first.pk, str(first.pk), f" {first.pk} ", f"/api/v4/leads/{first.pk}", first.lead_hash, first.lead_hash.upper()]
    named += [second.lead_hash, f"/api/v4/leads/{third.pk}", third.pk]
    told = program.post("leads-bulk-metadata", {"leads": named, "type": "replacement"}).json()
    assert (told["processed"], told["total"]) == (ids(judged), 3)


@pytest.mark.parametrize(
    "lead",
    [0, -1, 1.5, True, None, "", "x", "1.0", "01", "+1", "١", "1,2", str(2**63), [1], {"id": 1}, "/api/v4/leads/", "/api/v4/leads/x",
     "/api/v4/campaigns/1", "https://example.com/api/v4/leads/1", "g" * 32, "f" * 31, "f" * 33, "9" * 40],
    ids=str,
)  # fmt: skip
def test_what_names_no_lead_is_refused_with_its_place(lead, program):
    assert wrong(program.post("leads-bulk-metadata", {"leads": [1, lead], "type": "replacement"})) == {"leads[1]"}
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("leads", [None, [], {}, "1,2", 1, {"0": 1}], ids=str)
def test_without_a_list_of_leads_nothing_is_begun(address, leads, program, bodies):
    assert wrong(program.post(f"leads-bulk-{address}", {"leads": leads, **bodies[address]})) == {"leads"}
    assert wrong(program.post(f"leads-bulk-{address}", bodies[address])) == {"leads"}
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hundred_leads_are_answered_at_once_and_one_more_is_asked_after(address, campaign, make_leads, program, bodies):
    leads = make_leads(campaign, bulk.AT_ONCE + 1)
    judge_all(campaign)
    if address == "undeliver":
        program.post("leads-bulk-deliver", {"leads": ids(leads), **SIGNED})
        finish()
    few = program.post(f"leads-bulk-{address}", {"leads": ids(leads)[:100], **bodies[address]})
    assert (few.status_code, few.json()["processed"], few.json()["skipped"]) == (200, ids(leads)[:100], [])
    more = program.post(f"leads-bulk-{address}", {"leads": ids(leads), **bodies[address]})
    assert (more.status_code, more.json()["state"], "processed" in more.json()) == (202, "queued", False)
    assert more["Location"] == more.json()["@id"]
    finish()
    told = program.get(more["Location"]).json()
    assert (told["state"], told["total"], told["processedCount"], told["skippedCount"]) == ("done", 101, 1, 100)
    assert (len(told["skipped"]), told["processed"]) == (100, ids(leads)[100:])


def test_one_key_begins_one_action_and_belongs_to_one_body(judged, program, program_of, bodies):
    body = {"leads": ids(judged), **bodies["flag"]}
    answers = [program.ask("POST", "leads-bulk-flag", body, Idempotency_Key="k1") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert BulkAction.objects.count() == 1
    assert wrong(program.ask("POST", "leads-bulk-flag", {**body, "leads": ids(judged)[:1]}, Idempotency_Key="k1"), 409) == set()
    assert wrong(program.ask("POST", "leads-bulk-delete", {"leads": ids(judged), **CONFIRMED}, Idempotency_Key="k1"), 409) == set()
    assert BulkAction.objects.count() == 1
    assert program_of(roles.ADMIN).ask("POST", "leads-bulk-flag", body, Idempotency_Key="k1").json()["skipped"], "a key belongs to its user"


def test_a_refused_body_keeps_no_key(judged, program, bodies):
    body = {"leads": ids(judged), **bodies["flag"]}
    assert program.ask("POST", "leads-bulk-flag", {**body, "reason": 10**9}, Idempotency_Key="k").status_code == 400
    assert program.ask("POST", "leads-bulk-flag", body, Idempotency_Key="k").status_code == 200


def test_actions_are_listed_the_newest_first_without_their_leads(judged, program, program_of, bodies, bob):
    flagged, replaced = (
        program.post(f"leads-bulk-{address}", {"leads": ids(judged), **bodies[address]}).json() for address in ("flag", "metadata")
    )
    bulk.run_or_queue("unflag", ids(judged), actor=bob)
    undo = bulk.begin_undo(BulkAction.objects.get(pk=replaced["id"]), actor=bob)
    listed = program.members("bulk-actions")
    assert [action["id"] for action in listed] == sorted(BulkAction.objects.values_list("pk", flat=True), reverse=True)
    assert {"processed", "skipped"}.isdisjoint(listed[0])
    assert {name: listed[-1][name] for name in listed[-1]} == {name: flagged[name] for name in listed[-1]}
    assert (listed[0]["undoes"], listed[0]["user"], listed[-1]["user"]) == (replaced["@id"], bob.name, program.user.name)
    for query, expected in {
        "type=unflag&type=undo": ["undo", "unflag"],
        "type[]=mark_invalid": ["mark_invalid"],
        "state=queued": ["undo"],
        f"user={bob.name[:2].upper()}": ["undo", "unflag"],
        "savedTs[after]=2100-01-01": [],
        "order[savedTs]=asc&itemsPerPage=1": ["mark_invalid"],
    }.items():
        assert [action["type"] for action in program.members(f"bulk-actions?{query}")] == expected, query
    for query in ("type=x", "state=draft", "order[type]=asc", "who=me", "after=x"):
        assert wrong(program.get(f"bulk-actions?{query}")), query
    assert [action["type"] for action in program_of(roles.SUPER).members("bulk-actions")][0] == undo.type
    agent = program_of(roles.AGENCY)
    assert agent.members("bulk-actions") == []
    own = agent.post("leads-bulk-metadata", {"leads": ids(judged), "type": None}).json()["id"]
    assert [action["id"] for action in agent.members("bulk-actions")] == [own]


def test_a_draft_is_no_action_yet(judged, program, bob):
    draft = drafts.begin_draft(actor=bob)
    assert program.members("bulk-actions") == []
    assert program.get(f"bulk-actions/{draft.pk}").status_code == 404


@pytest.mark.sql
def test_all_leads_of_an_action_are_walked_page_by_page(campaign, make_leads, program, program_of, bob, monkeypatch):
    """Whatever the bounds of its chunks, those that were processed and those that were skipped."""
    leads = ids(make_leads(campaign, 11))
    judge_all(campaign)
    monkeypatch.setattr("leads.bulk.runner.CHUNK", 4)
    done = leads[::2]
    bulk.run_or_queue("mark_replacement", leads[1::2], actor=bob)
    action = bulk.run_or_queue("mark_replacement", [*leads, 2**40], actor=bob)
    for outcome, expected in (("processed", done), ("skipped", [*leads[1::2], 2**40])):
        for size in (1, 2, 3, 100):
            walked, path = [], f"bulk-action-leads?bulkAction.id={action.pk}&outcome={outcome}&itemsPerPage={size}"
            counted = program.members(f"{path}&page=2")
            while path:
                page = program.get(path).json()
                walked += page["hydra:member"]
                path = page["hydra:view"].get("hydra:next")
            assert [member["lead"] for member in walked] == [f"/api/v4/leads/{pk}" for pk in expected], (outcome, size)
            assert (page["hydra:totalItems"], counted) == (len(expected), walked[size : 2 * size])
    assert [member["reason"] for member in walked] == ["already a replacement"] * 5 + ["not found"]
    first = f"bulk-action-leads?bulkAction.id={action.pk}"
    assert program_of(roles.AGENCY).members(f"{first}&outcome=skipped") == []
    assert program_of(roles.PUBLISHER).get(f"{first}&outcome=skipped").status_code == 403
    for query in ("", "&outcome=all", "&outcome=skipped&after=x", "&outcome=skipped&outcome=processed", "&outcome=skipped&reason=x"):
        assert wrong(program.get(first + query)), query
