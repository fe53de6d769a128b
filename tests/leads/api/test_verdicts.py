"""`/api/webhook/validate|invalidate/<hash>`: what the receiver of a lead says of it."""

import pytest
from django.test import Client

from config.core.models import AuditEntry
from leads import lifecycle
from leads.api.verdicts import LONGEST_USER
from leads.models import Lead, LeadNote, PriceEntry
from tests.leads.acts import again
from tests.publisher.limits import allow

__all__ = ["allow"]
pytestmark = pytest.mark.django_db
SAID = {"reason": "Not interested", "user": "Ann of Acme"}
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def lead(judged, bob) -> Lead:
    """A lead that is Valid, delivered and billable to both."""
    lifecycle.mark_delivered([judged[0].pk], actor=bob)
    return again(judged[0])


@pytest.fixture
def say(lead):
    """say("invalidate", {…}): as a stranger who knows the hash."""
    client = Client(raise_request_exception=False)

    def post(verdict: str, data=SAID, *, lead_hash: str = lead.lead_hash, query: str = "", **how):
        return client.post(f"/api/webhook/{verdict}/{lead_hash}{query}", data, **how)

    return post


def billable(lead: Lead) -> tuple[bool, bool]:
    lead.refresh_from_db()
    return lead.publisher_billable, lead.advertiser_billable


def test_an_invalid_lead_is_billable_to_nobody_and_a_valid_one_is_again(lead, say):
    assert billable(lead) == (True, True)
    answer = say("invalidate")
    assert (answer.status_code, answer.content) == (201, b"")
    assert (again(lead).current_status, billable(lead)) == ("invalid", (False, False))
    assert say("validate", {**SAID, "reason": "Came back"}).status_code == 201
    assert (again(lead).current_status, billable(lead)) == ("valid", (True, True))
    assert say("invalidate").status_code == 201
    assert sum(PriceEntry.objects.filter(lead=lead).values_list("sign", flat=True)) == 0


def test_a_lead_that_is_validated_is_billed_by_the_contract_of_that_time(lead, say, campaign):
    say("invalidate")
    campaign.publishers.through.objects.filter(campaign=campaign).update(payout=7)
    say("validate")
    assert again(lead).publisher_payout == 7


def test_note_flag_and_audit_name_the_person_and_the_way(lead, say):
    say("invalidate")
    note = LeadNote.objects.filter(lead_id=lead.pk, kind="status").latest("pk")
    assert (note.actor_name, note.actor_id, note.kind, note.reason) == ("Ann of Acme (via webhook)", None, "status", "Not interested")
    assert ["second_check", "", "invalid"] in note.changes
    assert (again(lead).flagged_by, again(lead).flag_reason) == ("Ann of Acme (via webhook)", "Not interested")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor_name, entry.action, entry.severity, entry.ip) == (
        note.actor_name,
        "Marked as Invalid by webhook",
        "medium",
        "127.0.0.1",
    )
    assert lead.lead_hash not in str(entry.__dict__)


def test_a_repetition_is_answered_alike_and_changes_nothing(lead, say):
    say("invalidate")
    counts = [model.objects.count() for model in (LeadNote, PriceEntry, AuditEntry)]
    for _ in range(3):
        assert (say("invalidate").status_code, say("invalidate").content) == (201, b"")
    assert [model.objects.count() for model in (LeadNote, PriceEntry, AuditEntry)] == counts


def test_a_reason_of_the_list_is_kept_as_the_list_has_it(lead, say):
    assert say("invalidate", {**SAID, "reason": "  RETURNED "}).status_code == 201
    assert again(lead).flag_reason == "Returned"


@pytest.mark.parametrize(
    ("data", "how"),
    [
        (SAID, {}),
        ("reason=Not%20interested&user=Ann+of+Acme", {"content_type": URLENCODED}),
        ('{"reason": "Not interested", "user": "Ann of Acme", "lead": {"id": 5}}', {"content_type": "application/json"}),
        ("", {"content_type": URLENCODED, "query": "?reason=Not+interested&user=Ann+of+Acme"}),
        ({}, {"query": "?reason=Not+interested&user=Ann+of+Acme"}),
        ("user=Ann+of+Acme", {"content_type": URLENCODED, "query": "?reason=Not+interested&user=Other"}),
        ("reason=Not+interested&user=Ann+of+Acme&status=17&reason=Not+interested", {"content_type": URLENCODED}),
    ],
    ids=["multipart", "urlencoded", "json", "query", "query and an empty form", "body over query", "more fields"],
)
def test_every_way_to_send_the_fields_is_taken(data, how, lead, say):
    assert say("invalidate", data, **how).status_code == 201
    assert (again(lead).flag_reason, again(lead).flagged_by) == ("Not interested", "Ann of Acme (via webhook)")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, "Missing: reason, user."), ({"reason": "x"}, "Missing: user."), ({"user": "x"}, "Missing: reason."),
        ({"reason": " ", "user": "x"}, "Missing: reason."), ({"reason": "x", "user": "\u200b"}, "Missing: user."),
        ({"reason": "x" * 256, "user": "x"}, "reason has at most 255"), ({"reason": "x", "user": "x" * (LONGEST_USER + 1)}, "user has at most"),
        ({"reason": ["a", "b"], "user": "x"}, "reason is given more than once"), ({"reason": "a\x00b", "user": "x"}, "must be a text"),
        ({"reason": "x", "user": "moc.\u202eann"}, "direction mark"),
    ],
    ids=str,
)  # fmt: skip
def test_a_field_that_is_missing_or_wrong_is_named_and_nothing_changes(data, named, lead, say):
    answer = say("invalidate", data)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert named in answer.json()["message"]
    assert again(lead).current_status == "valid"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"reason": ["x"], "user": "y"}', "application/json", 400), ('{"reason": null, "user": "y"}', "application/json", 400),
        ("[]", "application/json", 400), ("{", "application/json", 400), ("<a/>", "text/xml", 415), ("x" * 70_000, URLENCODED, 413),
    ],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(body, kind, status, lead, say):
    assert say("invalidate", body, content_type=kind).status_code == status
    assert again(lead).current_status == "valid"


def test_the_longest_name_fits(lead, say):
    assert say("invalidate", {"reason": "x" * 255, "user": "y" * LONGEST_USER}).status_code == 201
    assert len(again(lead).flagged_by) == 150


@pytest.mark.parametrize("lead_hash", ["f" * 32, "f" * 31, "f" * 33, "g" * 32, "1", "%00", "\u0661" * 32])
def test_an_unknown_hash_is_not_found(lead_hash, lead, say):
    answer = say("invalidate", lead_hash=lead_hash)
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Not found."})


def test_a_hash_is_read_in_any_case_and_an_id_is_none(lead, say):
    assert say("invalidate", lead_hash=lead.lead_hash.upper()).status_code == 201
    assert say("invalidate", lead_hash=str(lead.pk)).status_code == 404


def test_a_deleted_lead_is_not_found(lead, say, bob):
    lifecycle.delete([lead.pk], actor=bob)
    assert say("invalidate").status_code == 404


def test_a_campaign_may_take_no_verdicts(campaign, lead, say):
    type(campaign).objects.filter(pk=campaign.pk).update(accept_webhook_verdicts=False)
    answer = say("invalidate")
    assert (answer.status_code, "Accept webhook verdicts" in answer.json()["message"]) == (403, True)
    assert again(lead).current_status == "valid"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_it_takes_posts_alone(method, lead):
    answer = getattr(Client(), method)(f"/api/webhook/invalidate/{lead.lead_hash}")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert again(lead).current_status == "valid"


def test_calls_are_limited_for_each_address(lead, say, allow):
    allow(verdicts_of_address=3)
    assert [say("invalidate").status_code, say("validate", {}).status_code, say("validate", lead_hash="f" * 32).status_code] == [
        201,
        400,
        404,
    ]
    answer = say("validate")
    assert (answer.status_code, answer.json()["code"]) == (429, 429)
    assert int(answer["Retry-After"]) > 0
    assert again(lead).current_status == "invalid"
    assert say("validate", REMOTE_ADDR="198.51.100.9").status_code == 201
