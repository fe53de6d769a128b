"""campaign-events in API v4."""

from typing import Any

import pytest

from campaigns import services as campaign_services
from config.core.accounts import roles
from integrations.models import Message, OutboundEvent
from integrations.outbound_events.headers import stored_headers
from tests.cast import make_user
from tests.integrations.outbound_events.conftest import URL
from tests.leads.acts import judge_all
from tests.processr.api.program import Program as Caller

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v4/campaign-events"
SECRET = "sesame-open-42"


class Program(Caller):
    """A program that calls the collection of events."""

    def ask(self, method: str, path: str, body: Any = None, **headers: str):
        return super().ask(method, ADDRESS + path, body, **headers)

    def put(self, path: str, body: Any):
        return self.ask("PUT", path, body)


@pytest.fixture
def program():
    return Program(make_user(roles.ADMIN))


@pytest.fixture
def body(campaign):
    return {"campaign": campaign.pk, "label": "Postback", "trigger": "valid", "url": URL}


def test_an_event_is_added_read_changed_and_deleted(program, body, campaign, pat, make_leads):
    added = program.post("", {**body, "publisher": f"/api/v4/publishers/{pat.pk}", "headers": [{"name": "X-Key", "value": SECRET}]})
    record = added.json()
    assert added.status_code == 201, record
    pk = record["id"]
    assert added["Location"] == record["@id"] == f"{ADDRESS}/{pk}"
    make_leads(campaign)
    judge_all(campaign)
    shown = program.get(f"/{pk}")
    assert {name: value for name, value in shown.json().items() if not name.startswith("@") and not name.endswith("Ts")} == {
        "id": pk, "campaign": f"/api/v4/campaigns/{campaign.pk}", "label": "Postback", "type": "server", "trigger": "valid",
        "publisher": f"/api/v4/publishers/{pat.pk}", "method": "GET", "url": URL, "headers": [{"name": "X-Key", "value": ""}],
        "enabled": True, "messages": {"sent": 0, "waiting": 1, "needsPerson": 0},
    }  # fmt: skip
    assert SECRET not in shown.content.decode()

    sent_back = {**shown.json(), "method": "POST", "publisher": None}
    changed = program.patch(f"/{pk}", sent_back)
    assert changed.status_code == 200, changed.json()
    assert (changed.json()["method"], changed.json()["publisher"]) == ("POST", None)
    assert stored_headers(OutboundEvent.objects.get()) == {"X-Key": SECRET}

    replaced = program.put(f"/{pk}", {"label": "Other", "trigger": "billable", "url": URL})
    assert replaced.status_code == 200, replaced.json()
    assert (replaced.json()["method"], replaced.json()["headers"], replaced.json()["trigger"]) == ("GET", [], "billable")

    assert program.delete(f"/{pk}").status_code == 204
    assert program.get(f"/{pk}").status_code == 404
    assert Message.objects.get().state == "withdrawn"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"trigger": "Valid"}, "valid"),
        ({"trigger": " BILLABLE "}, "billable"),
        ({"method": "post"}, "POST"),
        ({"type": "Server"}, "server"),
    ],
)
def test_words_are_taken_in_any_case(program, body, typed, kept):
    made = program.post("", {**body, **typed})
    assert made.status_code == 201, made.json()
    assert made.json()[next(iter(typed))] == kept


def test_events_are_filtered_and_listed(program, make_event, make_campaign):
    mine, other = make_event(), make_event("invalid", on=make_campaign(), enabled=False)
    by_campaign = program.get(f"?campaign.id={other.campaign_id}").json()
    assert [member["id"] for member in by_campaign["hydra:member"]] == [other.pk]
    assert [member["id"] for member in program.get("?enabled=true").json()["hydra:member"]] == [mine.pk]
    assert [member["id"] for member in program.get("?trigger=invalid").json()["hydra:member"]] == [other.pk]
    assert program.get("?trigger=conversion").status_code == 400


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"campaign": 2**50}, "campaign"), ({"url": "https://hooks.example/{nobodyKnows}"}, "url"), ({"trigger": "conversion"}, "trigger"),
        ({"type": "client"}, "type"), ({"publisher": 2**50}, "publisher"), ({"headers": "X: 1"}, "headers"), ({"headers": [1]}, "headers"),
        ({"headers": [{"name": "X-A", "value": None}]}, "headers"), ({"headers": [{"name": "X-A", "value": 5.5}]}, None),
        ({"label": None}, "label"), ({"enabled": "perhaps"}, "enabled"), ({"colour": 1}, "colour"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_with_its_path(change, path, program, body):
    answer = program.post("", {**body, **change})
    if path is None:
        assert answer.status_code in (201, 400)
        return
    assert answer.status_code == 400, answer.json()
    assert [violation["propertyPath"] for violation in answer.json()["violations"]] == [path]


def test_an_event_stays_on_its_campaign_and_a_change_over_another_is_refused(program, make_event, make_campaign):
    event = make_event()
    assert program.patch(f"/{event.pk}", {"campaign": make_campaign().pk}).status_code == 400
    etag = program.get(f"/{event.pk}")["ETag"]
    assert program.patch(f"/{event.pk}", {"label": "Theirs"}, If_Match=etag).status_code == 200
    assert program.patch(f"/{event.pk}", {"label": "Mine"}, If_Match=etag).status_code == 412
    assert program.delete(f"/{event.pk}", If_Match=etag).status_code == 412


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_who_may_read_and_set_up_events(role, make_event, body, campaign, acme, pat, bob):
    event, user = make_event(), make_user(role)
    if role in roles.AGENCY_SIDE:
        campaign_services.add_member(user, campaign_services.create_agency("Blue", advertisers=[acme], actor=bob), actor=bob)
    elif role in roles.ADVERTISER_SIDE:
        campaign_services.add_member(user, acme, actor=bob)
    elif role == roles.PUBLISHER:
        campaign_services.add_member(user, pat, actor=bob)
    program = Program(user)
    reads, writes = role in roles.MANAGES_CAMPAIGNS, role in roles.MANAGES_CAMPAIGNS - {roles.ADMIN_MASKED}
    assert program.get(f"/{event.pk}").status_code == (200 if reads else 403)
    assert program.get("").status_code == (200 if reads else 403)
    assert program.post("", body).status_code == (201 if writes else 403)
    assert program.patch(f"/{event.pk}", {"enabled": False}).status_code == (200 if writes else 403)
    assert program.delete(f"/{event.pk}").status_code == (204 if writes else 403)


def test_events_of_others_campaigns_are_not_there(make_event, body):
    event, stranger = make_event(), Program(make_user(roles.AGENCY))
    assert stranger.get("").json()["hydra:totalItems"] == 0
    for method, given in (("get", None), ("patch", {"label": "x"}), ("delete", None)):
        assert stranger.ask(method.upper(), f"/{event.pk}", given).status_code == 404
    assert stranger.post("", body).json()["violations"][0]["propertyPath"] == "campaign"
