"""The page of a destination's sending rules: what it shows, what each role may do there, and how a secret is shown once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations.destinations.selectors import destination_of
from integrations.destinations.signing import Signer
from integrations.models import Destination, OutboundEvent, SentCount

pytestmark = pytest.mark.django_db
FORM = {"act": "save", "per_minute": "", "when": "always", "cap_day": "", "cap_week": "", "cap_month": ""}
WORKING = {"when": "hours", "weekdays": ["0", "1"], "opens": "9:00", "closes": "17:30"}


@pytest.fixture
def event(campaign) -> OutboundEvent:
    return OutboundEvent.objects.create(campaign=campaign, label="Tell Pat", trigger="valid", url="https://pat.example/?id={leadId}")


@pytest.fixture(params=["integration", "event"])
def owner(request, crm, event):
    return crm if request.param == "integration" else event


@pytest.fixture
def page(owner) -> str:
    place = f"processr/{owner.pk}" if owner._meta.model_name == "job" else f"tracking/events/{owner.pk}"
    return f"/v2/campaigns/{owner.campaign_id}/{place}/sending"


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def secret_on(answer) -> str:
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.content.decode())
    return secret


def test_a_new_one_has_no_rules_and_looking_at_it_writes_none(reader, page):
    shown = words(reader().client.get(page))
    assert "Served What is due is sent." in shown
    assert "At any time" in shown
    assert "Calls are not signed." in shown
    assert "Try now" not in shown
    assert not Destination.objects.exists()


def test_rules_are_saved_and_shown_again(reader, page):
    ann = reader().client
    answer = ann.post(page, FORM | WORKING | {"per_minute": "60", "cap_day": "500"}, follow=True)
    assert "The sending rules are saved." in words(answer)
    assert "Monday and Tuesday from 09:00 to 17:30" in words(answer)
    assert "0 of 500 (0 %)" in words(answer)
    row = Destination.objects.get()
    assert (row.per_minute, row.hours, row.cap_day, row.cap_week) == (
        60, {"weekdays": [0, 1], "opens": "09:00", "closes": "17:30"}, 500, None,
    )  # fmt: skip
    html = answer.content.decode()
    assert 'value="60"' in html
    assert 'value="17:30"' in html


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9", "09:00"), ("09:00", "09:00"), ("9:00", "09:00"), ("9.30", "09:30"), (" 09:30 ", "09:30"), ("9h30", "09:30"), ("9:30 am", "09:30"),
        ("9PM", "21:00"), ("24:00", "00:00"), ("0930", "09:30"), ("09:30:59", "09:30"),
    ],
)  # fmt: skip
def test_a_time_is_read_as_people_write_it(reader, crm, typed, kept):
    page = f"/v2/campaigns/{crm.campaign_id}/processr/{crm.pk}/sending"
    reader().client.post(page, FORM | WORKING | {"opens": typed})
    assert Destination.objects.get().hours["opens"] == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"per_minute": "0"}, "greater than or equal to 1"), ({"per_minute": "-3"}, "greater than or equal"), ({"per_minute": "many"}, "whole number"),
        ({"cap_day": "9" * 400}, "whole number|less than"), ({"cap_week": "1.5"}, "whole number"), ({"when": "never"}, "valid choice"),
        (WORKING | {"opens": "25:00"}, "valid time"), (WORKING | {"opens": ""}, "Say when they begin"), (WORKING | {"weekdays": []}, "at least one day"),
        (WORKING | {"weekdays": ["7"]}, "valid choice"), (WORKING | {"closes": "\x00"}, "valid time"), ({"per_minute": "\x00"}, "whole number|ull"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_beside_its_field(reader, crm, typed, problem):
    answer = reader().client.post(f"/v2/campaigns/{crm.campaign_id}/processr/{crm.pk}/sending", FORM | typed)
    assert answer.status_code == 422
    assert re.search(problem, words(answer))
    assert not Destination.objects.exists()


def test_hours_that_are_not_shown_do_not_matter(reader, crm):
    page = f"/v2/campaigns/{crm.campaign_id}/processr/{crm.pk}/sending"
    assert reader().client.post(page, FORM | {"opens": "junk", "weekdays": ["9"], "cap_day": "5"}).status_code == 302
    assert (Destination.objects.get().hours, Destination.objects.get().cap_day) == ({}, 5)


def test_a_secret_is_shown_once_and_rotated(reader, owner, page):
    ann = reader().client
    made = ann.post(page, {"act": "make", "seen": ""})
    assert "no-store" in made["Cache-Control"]
    old = secret_on(made)
    assert "whsec_" not in ann.get(page).content.decode()
    (seen,) = set(re.findall(r'name="seen" value="(\w+)"', ann.get(page).content.decode()))
    new = secret_on(ann.post(page, {"act": "rotate", "seen": seen, "overlap": "24"}))
    now = datetime.now(UTC)
    headers = Signer.of(destination_of(owner)).headers("msg_1", b"{}", now)
    for secret in (old, new):
        Webhook(secret).verify(b"{}", headers)
    again = ann.post(page, {"act": "rotate", "seen": seen, "overlap": "24"}, follow=True)
    assert "The secret was changed meanwhile" in words(again)
    assert "The old secret is valid too" in words(again)
    assert "The old secret has ended" in words(ann.post(page, {"act": "end"}, follow=True))
    assert "Calls are no longer signed." in words(ann.post(page, {"act": "stop"}, follow=True))


@pytest.mark.parametrize("typed", [{"overlap": "9999"}, {"overlap": ""}, {}])
def test_an_overlap_that_is_none_of_the_choices_changes_nothing(reader, page, owner, typed):
    ann = reader().client
    ann.post(page, {"act": "make", "seen": ""})
    before = bytes(destination_of(owner).signing_secret)
    assert ann.post(page, {"act": "rotate", **typed}).status_code == 422
    assert bytes(destination_of(owner).signing_secret) == before


@pytest.mark.parametrize("act", ["save", "make", "rotate", "end", "stop"])
def test_masked_roles_read_the_page_and_change_nothing(reader, page, act):
    mia = reader(roles.ADMIN_MASKED).client
    shown = mia.get(page)
    assert "unmasked" in words(shown)
    assert "Save the rules" not in words(shown)
    assert mia.post(page, FORM | {"act": act, "seen": "", "overlap": "1"}).status_code == 403
    assert not Destination.objects.exists()


def test_an_unknown_action_is_none(reader, page):
    assert reader().client.post(page, FORM | {"act": "burn"}).status_code == 404


def test_others_campaigns_and_other_jobs_are_not_there(reader, crm, integrate, event):
    agent = reader(roles.AGENCY).client
    files = integrate("Files", kind="collect")
    base = f"/v2/campaigns/{crm.campaign_id}"
    assert agent.get(f"{base}/processr/{files.pk}/sending").status_code == 404, "nothing is sent there one by one"
    assert agent.get(f"/v2/campaigns/{crm.campaign_id + 999}/processr/{crm.pk}/sending").status_code == 404
    assert agent.get(f"{base}/tracking/events/{event.pk + 999}/sending").status_code == 404
    OutboundEvent.objects.update(removed_at=timezone.now())
    assert agent.get(f"{base}/tracking/events/{event.pk}/sending").status_code == 404


@pytest.mark.parametrize(
    ("waits_for", "said", "may_try"),
    [
        ("unreachable", "Resting It does not answer.", True),
        ("rate", "The limit a minute is reached", False),
        ("hours", "It is outside the delivery hours", False),
        ("cap", "A cap is reached", False),
    ],
)
def test_the_state_is_said_in_words(reader, owner, page, waits_for, said, may_try):
    now = timezone.now()
    of = {"job": owner} if owner._meta.model_name == "job" else {"event": owner}
    row = Destination.objects.create(**of, waits_for=waits_for, waits_until=now + timedelta(hours=1), failing_since=now, cap_month=50)
    SentCount.objects.create(destination=row, day=now.date(), n=40)
    ann = reader().client
    shown = words(ann.get(page))
    assert said in shown
    assert "Goes on" in shown
    assert "Failing since" in shown
    assert "40 of 50 (80 %)" in shown
    assert ("Try now" in shown) is may_try
    answer = words(ann.post(page, {"act": "try"}, follow=True))
    assert ("It is tried now" in answer) is may_try
    assert AuditEntry.objects.filter(action="tried before its time").exists() is may_try


def test_the_log_and_the_processr_page_lead_there(reader, crm, integrate):
    files = integrate("Files", kind="collect")
    ann = reader().client
    base = f"/v2/campaigns/{crm.campaign_id}/processr"
    address = f"{base}/{crm.pk}/sending"
    for place in (f"{base}?tab=integration", f"{base}/{crm.pk}/deliveries"):
        html = ann.get(place).content.decode()
        assert f'href="{address}"' in html
        assert f"{base}/{files.pk}/sending" not in html


def test_the_processr_page_says_that_it_rests(reader, crm):
    Destination.objects.create(job=crm, waits_for="unreachable", waits_until=timezone.now() + timedelta(hours=1))
    assert "It does not answer: it goes on" in words(reader().client.get(f"/v2/campaigns/{crm.campaign_id}/processr?tab=integration"))
