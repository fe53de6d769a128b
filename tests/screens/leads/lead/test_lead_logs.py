"""The tabs Processr Logs and Provider Logs of a lead: in the order of time, searched, paged by key, and for whom they are."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from config.core.accounts import roles
from config.core.models import AuditEntry
from leads import lifecycle
from leads.models import Lead
from processr.engine import call_log, scheduler, step_log
from processr.job_types.outcomes import error, failed, passed, skipped
from processr.models import Event
from processr.services import add_job
from processr.views import lead_logs
from processr.views.lead_logs import duration
from tests.processr.conftest import job_type
from tests.screens.leads.lead.run_tables import cells_of

pytestmark = pytest.mark.django_db
__all__ = ["job_type"]

NOBODYS = "01a22df2-7513-71f4-9cd7-f3a95b5cf054"
HOSTILE = ["x", "-", "-1", "1-1", "%00", "💥", "9" * 50, f"{NOBODYS}-", f"{NOBODYS}-²", f"{NOBODYS}-999999", "' OR 1=1 --", "<b>"]


@pytest.fixture
def lead(campaign, make_leads, bob, job_type) -> Lead:
    """A lead over which four jobs have run, each with another outcome."""
    outcomes = {
        "Names": passed(), "Mail": failed("The address does not exist", field="email", value="nunez@example.com"),
        "Mill": error("No answer"), "Ünder": skipped("No 100 % match"),
    }  # fmt: skip
    for number, (label, outcome) in enumerate(outcomes.items(), start=1):
        key = job_type(f"logged{number}", check=lambda *_, outcome=outcome: outcome)
        add_job(campaign, key, label=label, stage=number, actor=bob)
    (lead,) = make_leads(campaign, email="nunez@example.com")
    scheduler.serve_campaigns(seconds=10)
    return lead


@pytest.fixture
def again(bob):
    def run(lead):
        lifecycle.requeue([lead.pk], actor=bob)
        scheduler.serve_campaigns(seconds=10)

    return run


@pytest.fixture
def call(campaign):
    """call(lead, message, …): an exchange about the lead."""

    def make(lead: Lead, message: str = "", **fields) -> Event:
        given = {
            "kind": "provider", "outcome": "success", "run_number": 1, "started_at": timezone.now(), "duration_ms": 12,
            "job_id": campaign.jobs.order_by("pk").values_list("pk", flat=True).first(), "source": {}, **fields,
        }  # fmt: skip
        return Event.objects.create(lead_id=lead.pk, campaign_id=lead.campaign_id, message=message, **given)

    return make


def steps(page) -> list[tuple[str, str]]:
    """Return label and outcome of each row."""
    return [(re.sub(r" \d+$", "", row[0]), row[1]) for row in cells_of(page.html)]


LABELS = ["Names", "Mail", "Mill", "Ünder"]


def labels(page) -> list[str]:
    return [label for label, _ in steps(page)]


def test_each_step_has_its_time_job_outcome_reason_points_and_duration(lead, reader):
    page = reader().get(f"/v2/leads/{lead.pk}/processr_logs")
    outcomes = [
        ("Names", "Passed 10 of 10 points"),
        ("Mail", "Failed 0 of 10 points"),
        ("Mill", "Could not be checked"),
        ("Ünder", "Not run"),
    ]
    assert steps(page) == outcomes
    assert "0 of 10 points The address does not exist email “nunez@example.com”" in page.words
    assert re.search(r"\d+ \w{3}, \d\d:\d\d:\d\d\.\d{3} run 1, took [<\d]", page.words)


@pytest.mark.sql
def test_steps_stand_in_the_order_in_which_they_began_whatever_their_place_in_the_plan(lead, reader):
    run = Event.objects.get(lead_id=lead.pk, kind="flow")
    late = [{**run.steps[0], "at": 900.0}, *run.steps[1:]]
    Event.objects.filter(pk=run.pk).update(steps=late)
    assert labels(reader().get(f"/v2/leads/{lead.pk}/processr_logs")) == ["Mail", "Mill", "Ünder", "Names"]


@pytest.mark.sql
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail", ["Mail"]), ("ADDRESS DOES", ["Mail"]), ("not be checked", ["Mill"]), ("ünder", ["Ünder"]), ("100 % match", ["Ünder"]),
        ("mail: failed (the", ["Mail"]), ("m", ["Names", "Mail", "Mill", "Ünder"]), ("%", ["Ünder"]), ("_", []), ("\\", []), ("nunez", []),
        ("  mail ", ["Mail"]), ("", LABELS), ("' OR '1'='1", []), ("💥", []),
    ],
)  # fmt: skip
def test_the_search_looks_for_the_text_in_jobs_outcomes_and_reasons_in_any_case(lead, reader, text, found):
    admin = reader()
    answer = admin.client.get(f"/v2/leads/{lead.pk}/processr_logs", {"text": text})
    assert answer.status_code == 200
    assert labels(admin._page(answer)) == found


@pytest.mark.parametrize(
    ("query", "found"), [("outcome=failed", ["Mail"]), ("outcome=skipped&run=1", ["Ünder"]), ("run=2", []), ("run=", LABELS)]
)
def test_steps_are_filtered_by_run_and_outcome(lead, reader, query, found):
    page = reader().get(f"/v2/leads/{lead.pk}/processr_logs?{query}")
    assert labels(page) == found
    assert ("No step matches." in page.words) is (not found)


def test_the_newest_runs_are_there_to_choose_from_and_an_older_one_by_its_address(lead, reader, again, monkeypatch):
    monkeypatch.setattr(lead_logs, "RUNS_OFFERED", 2)
    for _ in range(2):
        again(lead)
    offered = lambda query: re.findall(r'<option value="(\d*)"( selected)?', select(query))  # noqa: E731
    select = lambda query: re.search(r'<select[^>]*name="run".*?</select>', reader().get(address + query).html, re.DOTALL)[0]  # noqa: E731
    address = f"/v2/leads/{lead.pk}/processr_logs"
    assert offered("") == [("", " selected"), ("3", ""), ("2", "")]
    assert offered("?run=2") == [("", ""), ("3", ""), ("2", " selected")]
    assert offered("?run=1") == [("", ""), ("3", ""), ("2", ""), ("1", " selected")]


@pytest.mark.parametrize(
    "query",
    ["run=x", "run=-1", "run=0", f"run={10**30}", "run=1.5", "run=%00", "outcome=lost", "outcome=passed'", "text=%00", f"text={'x' * 101}"],
)
def test_a_filter_that_is_not_understood_finds_nothing_and_says_so(lead, reader, query):
    page = reader().get(f"/v2/leads/{lead.pk}/processr_logs?{query}")
    assert (page.status, labels(page)) == (200, [])
    assert "Nothing was searched: see what is wrong above." in page.words


@pytest.mark.parametrize("tab", ["processr_logs", "provider_logs"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_place_that_is_none_is_refused_in_words(lead, reader, call, tab, text):
    call(lead, "GET https://api.example/")
    page = reader().get(f"/v2/leads/{lead.pk}/{tab}?after={text}")
    assert (page.status, labels(page)) == (200, [])
    assert "The address names no place in this log." in page.words


@pytest.mark.sql
def test_pages_follow_each_other_across_runs(lead, reader, again, monkeypatch):
    for _ in range(2):
        again(lead)
    monkeypatch.setattr(step_log, "PAGE_SIZE", 5)
    admin = reader()
    path, found, sizes = f"/v2/leads/{lead.pk}/processr_logs", [], []
    while path:
        page = admin.get(path)
        found += labels(page)
        sizes.append(len(labels(page)))
        later = re.search(r'href="([^"]*)"[^>]*>Later', page.html)
        path = later[1].replace("&amp;", "&") if later else ""
    assert found == LABELS * 3
    assert sizes == [5, 5, 2]
    assert "From the beginning" in page.words


@pytest.mark.sql
def test_a_search_looks_at_some_runs_at_a_time_and_offers_to_look_further(lead, reader, again, monkeypatch):
    for _ in range(3):
        again(lead)
    last = Event.objects.filter(lead_id=lead.pk, kind="flow").order_by("pk").last()
    Event.objects.filter(pk=last.pk).update(steps=[{**last.steps[0], "label": "Needle"}])
    monkeypatch.setattr(step_log, "RUNS_LOOKED_AT", 2)
    admin = reader()
    page = admin.get(f"/v2/leads/{lead.pk}/processr_logs?text=needle")
    assert "None of the steps that were searched matches." in page.words
    assert "Not all of the log was searched." in page.words
    further = re.search(r'href="([^"]*)"[^>]*>Look further', page.html)[1].replace("&amp;", "&")
    for _ in range(3):
        page = admin.get(further)
        if labels(page):
            break
        further = re.search(r'href="([^"]*)"[^>]*>Look further', page.html)[1].replace("&amp;", "&")
    assert labels(page) == ["Needle"]


def test_logs_that_are_empty_say_what_will_stand_there(campaign, make_leads, reader):
    (lead,) = make_leads(campaign)
    assert (
        "No job has run over this lead yet: each step of a run will stand here" in reader().get(f"/v2/leads/{lead.pk}/processr_logs").words
    )
    assert "Nobody outside was called about this lead" in reader().get(f"/v2/leads/{lead.pk}/provider_logs").words
    assert 'class="log-search"' not in reader().get(f"/v2/leads/{lead.pk}/provider_logs").html


SENT = 'POST https://api.example/check\naccept: application/json\n\n{"email":"jo@example.com","n":1.10,"n":2}'
RECEIVED = "200 OK\n\n<answer><ok>true</ok></answer>"


@pytest.mark.sql
def test_calls_stand_in_the_order_of_time_with_the_exact_message_readable(lead, reader, call):
    call(lead, f"{SENT}\n\n{RECEIVED}", source={"answer_at": len(SENT) + 2})
    call(lead, "POST https://crm.example/", kind="delivery", outcome="error", reason="crm.example answered 503", duration_ms=2300)
    call(lead, "not told", kind="feedback")
    page = reader().get(f"/v2/leads/{lead.pk}/provider_logs")
    assert "&quot;n&quot;: 1.10,\n  &quot;n&quot;: 2\n}" in page.html
    assert "&lt;answer&gt;&lt;ok&gt;true&lt;/ok&gt;&lt;/answer&gt;" in page.html
    assert page.words.index("Provider call, run 1") < page.words.index("Delivery, run 1")
    assert "took 2.3 s Error crm.example answered 503" in page.words
    assert "not told" not in page.html


@pytest.mark.sql
def test_a_large_message_is_folded_with_its_size_and_opened_as_a_whole(lead, reader, call):
    body = json.dumps([{"n": number} for number in range(5000)])
    large = call(lead, f"GET https://api.example/\n\n200 OK\n\n{body}END", source={"answer_at": 26})
    admin = reader()
    page = admin.get(f"/v2/leads/{lead.pk}/provider_logs")
    assert re.search(r"Show the whole message, \d\d\.\d KB", page.words)
    assert "END" not in page.html
    assert len(page.html) < 100_000
    assert "END" in admin.get(f"/v2/leads/{lead.pk}/provider_logs?call={large.pk}").html


@pytest.mark.parametrize("text", [*HOSTILE, NOBODYS])
def test_a_call_that_is_not_there_or_of_another_lead_is_refused(lead, reader, make_leads, campaign, call, text):
    assert "Message" not in reader().get(f"/v2/leads/{lead.pk}/provider_logs?call={text}").words
    other = call(make_leads(campaign)[0], "GET https://secret.example/")
    page = reader().get(f"/v2/leads/{lead.pk}/provider_logs?call={other.pk}")
    assert "The lead has no such call." in page.words
    assert "secret.example" not in page.html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=CRM.example", ["b"]),
        ("text=answered+503", ["b"]),
        ("text=names", ["a", "b"]),
        ("text=%25", []),
        ("outcome=success", ["a"]),
        ("outcome=skip", []),
    ],
)
def test_calls_are_searched_by_message_reason_and_job(lead, reader, call, query, found):
    call(lead, "GET https://api.example/a")
    call(lead, "POST https://crm.example/b", outcome="error", reason="It answered 503")
    page = reader().get(f"/v2/leads/{lead.pk}/provider_logs?{query}")
    assert re.findall(r"\.example/([ab])", page.html) == found
    assert ("No call matches." in page.words) is (not found)


def test_pages_of_calls_follow_each_other(lead, reader, call, monkeypatch):
    made = [call(lead, f"GET https://api.example/{number:03}") for number in range(7)]
    monkeypatch.setattr(call_log, "PAGE_SIZE", 3)
    admin = reader()
    path, found = f"/v2/leads/{lead.pk}/provider_logs", []
    while path:
        page = admin.get(path)
        found += re.findall(r"example/(\d{3})", page.html)
        later = re.search(r'href="([^"]*)"[^>]*>Later', page.html)
        path = later[1] if later else ""
    assert found == [f"{number:03}" for number in range(len(made))]


def test_a_search_of_calls_looks_at_some_at_a_time_and_offers_to_look_further(lead, reader, call, monkeypatch):
    for number in range(5):
        call(lead, f"GET https://api.example/{number}")
    call(lead, "GET https://needle.example/")
    monkeypatch.setattr(call_log, "CALLS_LOOKED_AT", 4)
    admin = reader()
    page = admin.get(f"/v2/leads/{lead.pk}/provider_logs?text=needle")
    assert "None of the calls that were searched matches." in page.words
    further = re.search(r'href="([^"]*)"[^>]*>Look further', page.html)[1].replace("&amp;", "&")
    assert "needle.example" in admin.get(further).html


@pytest.mark.parametrize("role", sorted(roles.LABELS))
@pytest.mark.parametrize("right", [False, True])
def test_the_exact_exchanges_are_for_admin_and_for_super_with_a_right(lead, reader, call, role, right, campaign):
    Campaign.objects.filter(pk=campaign.pk).update(call_centre=True)
    call(lead, "GET https://api.example/?email=planted@example.com")
    person = reader(role)
    type(person.user).objects.filter(pk=person.user.pk).update(can_see_provider_logs=right)
    opened = role == roles.ADMIN or (role == roles.SUPER and right)
    for query in ("", "?text=planted", "?call=x"):
        page = person.get(f"/v2/leads/{lead.pk}/provider_logs{query}")
        assert page.status == (200 if opened else 403)
        assert opened or "planted" not in page.html
    assert "planted" not in person.get(f"/v2/leads/{lead.pk}/processr_logs?text=planted").html.replace('value="planted"', "")
    assert ("Provider Logs" in person.get(f"/v2/leads/{lead.pk}").words) is opened


def test_reading_the_exchanges_is_recorded_once_in_a_while_for_each_user_and_lead(lead, reader, make_leads, campaign):
    admin, other = reader(), reader()
    for _ in range(3):
        admin.get(f"/v2/leads/{lead.pk}/provider_logs")
    other.get(f"/v2/leads/{lead.pk}/provider_logs")
    reader(roles.SUPER).get(f"/v2/leads/{lead.pk}/provider_logs")
    admin.get(f"/v2/leads/{lead.pk}/processr_logs")
    read = AuditEntry.objects.filter(action="provider logs read")
    assert sorted(read.values_list("actor_id", "object_id", "campaign_id", "ip")) == sorted(
        (person.user.pk, str(lead.pk), campaign.pk, "127.0.0.1") for person in (admin, other)
    )


def test_the_number_of_queries_grows_neither_with_runs_nor_with_calls(lead, reader, call, again):
    admin = reader()
    paths = [f"/v2/leads/{lead.pk}/{tab}{query}" for tab in ("processr_logs", "provider_logs") for query in ("", "?text=example")]
    call(lead, "GET https://api.example/")
    admin.get(paths[-1])  # the reading is recorded
    before = [len(admin.queries(path)) for path in paths]
    for _ in range(3):
        again(lead)
        call(lead, "GET https://api.example/")
    assert [len(admin.queries(path)) for path in paths] == before


def test_durations_are_written_by_their_size():
    assert [duration(took) for took in (0, 0.04, 0.42, 5.0, 12.34, 2300, 61_000)] == [
        "0 ms", "< 0.1 ms", "0.4 ms", "5 ms", "12 ms", "2.3 s", "61.0 s",
    ]  # fmt: skip


def test_times_are_told_to_the_thousandth_in_the_users_zone(lead, reader):
    at = timezone.now().replace(microsecond=7_000) - timedelta(hours=1)
    Event.objects.filter(lead_id=lead.pk).update(started_at=at)
    assert re.search(r":\d\d\.0\d\d run 1", reader().get(f"/v2/leads/{lead.pk}/processr_logs").words)
