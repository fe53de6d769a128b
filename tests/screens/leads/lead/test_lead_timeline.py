"""The timeline of a lead: all sources merged by time, a page at a time, nothing left out or twice, at the cost of one page."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core import enterprise
from config.core.accounts import roles
from config.core.actor import SYSTEM, Actor
from config.core.lists.pagination import BadPosition
from leads import lifecycle
from leads.extension_points import TimelineEntry, TimelineSource, timeline_sources
from leads.lifecycle import notes
from leads.models import Lead, LeadNote
from leads.privacy import person_for
from leads.views import timeline
from leads.views.timeline import PAGE_SIZE, read_positions, timeline_page
from processr.engine import scheduler
from processr.permissions import SEES_RUNS
from processr.services import add_job
from tests.cast import make_user
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def jo(campaign, make_leads) -> Lead:
    return make_leads(campaign, firstName="Jo")[0]


def note(lead: Lead, n: int, seconds: int | None = None) -> None:
    LeadNote.objects.bulk_create(
        LeadNote(lead_id=lead.pk, actor_name="Sluice", kind="status", comment=f"note {i}", changes=[["second_check", "", "valid"]])
        for i in range(n)
    )
    for i, pk in enumerate(LeadNote.objects.filter(lead_id=lead.pk).order_by("pk").values_list("pk", flat=True)):
        LeadNote.objects.filter(pk=pk).update(at=NOON + timedelta(seconds=i if seconds is None else seconds))


@dataclass
class Calls:
    """A timeline source of an upper app: as many telephone calls as it is given."""

    times: list[datetime]
    asked: int = 0

    def source(self) -> type[TimelineSource]:
        calls = self

        class CallSource(TimelineSource):
            key, roles = "calls", frozenset({"admin"})

            def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
                calls.asked += 1
                if before and not before.isdecimal():
                    raise BadPosition(before)
                end = int(before) if before else len(calls.times)
                places = range(end - 1, max(end - 1 - limit, -1), -1)
                return [TimelineEntry(str(i), calls.times[i], "Ann", "Call", comment=f"call {i}") for i in places]

        return CallSource


@pytest.fixture
def calls(monkeypatch):
    def register(times: list[datetime]) -> Calls:
        made = Calls(times)
        monkeypatch.setattr(timeline_sources, "_plugins", dict(timeline_sources._plugins))
        timeline_sources.register(made.source())
        return made

    return register


def older_of(html: str) -> str:
    """The address behind *Older*; empty where there is none."""
    addresses = re.findall(r'href="([^"]*before=[^"]*)"', html)
    return unescape(addresses[0]) if addresses else ""


def pages(who, lead: Lead) -> list[list[TimelineEntry]]:
    """All pages, followed from the newest to the oldest."""
    found, positions = [], {}
    while True:
        page = timeline_page(who, lead, positions)
        found.append(page.entries)
        if not page.older:
            return found
        positions = read_positions(part.partition("=")[2].replace("%3A", ":") for part in page.older.split("&"))


@pytest.mark.parametrize("seed", range(5))
def test_every_entry_of_every_source_comes_once_and_in_the_order_of_time(jo, calls, seed):
    dice = Random(seed)
    note(jo, 120)
    calls(sorted(NOON + timedelta(seconds=dice.randrange(-30, 150)) for _ in range(130)))
    found = pages(make_user("admin"), jo)
    entries = [entry for page in found for entry in page]
    assert [len(page) for page in found] == [*[PAGE_SIZE] * 5, 1]
    told = [*(f"note {i}" for i in range(120)), *(f"call {i}" for i in range(130)), "Received by Campaign webhook, from Pat Media."]
    assert sorted(entry.comment for entry in entries) == sorted(told)
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)


def test_entries_of_one_moment_come_once(jo, calls):
    note(jo, 70, seconds=0)
    calls([NOON] * 70)
    assert len({(entry.kind, entry.position) for page in pages(make_user("admin"), jo) for entry in page}) == 140 + 1


def test_each_source_is_asked_once_for_a_page_and_for_no_more_than_fits_on_it(jo, calls):
    note(jo, 60)
    ours = calls([NOON + timedelta(seconds=i) for i in range(60)])
    timeline_page(make_user("admin"), jo, {})
    assert ours.asked == 1


def test_a_source_is_for_the_roles_it_names(jo, calls, member):
    calls([NOON])
    assert sorted(entry.kind for entry in timeline_page(make_user("admin"), jo, {}).entries) == ["Call", "Received"]
    assert [entry.kind for entry in timeline_page(member(roles.PUBLISHER), jo, {}).entries] == ["Received"]
    with pytest.raises(BadPosition):
        timeline_page(member(roles.PUBLISHER), jo, {"calls": "1"})


def test_a_thousand_notes_cost_a_page(jo):
    """As many queries as one, and of each only the rows of a page.

    The notes of others are many times as many: only then is the index of the lead the one cheap way, whatever the table held before.
    """
    note(jo, 1)
    admin = make_user("admin")
    with CaptureQueriesContext(connection) as few:
        timeline_page(admin, jo, {})
    LeadNote.objects.bulk_create(LeadNote(lead_id=jo.pk + i % 20, actor_name="Sluice", kind="status") for i in range(20_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_leadnote")
        middle = str(LeadNote.objects.order_by("pk")[10_000].pk)
        with CaptureQueriesContext(connection) as many:
            assert len(timeline_page(admin, jo, {"notes": middle}).entries) == PAGE_SIZE
        (sql,) = [query["sql"] for query in many if "leads_leadnote" in query["sql"]]
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {sql}")
        plan = "\n".join(line for (line,) in cursor)
    assert len(many) == len(few)
    assert "note_lead" in plan, plan
    assert "Sort" not in plan, plan


def test_where_a_lead_is_delivered_to_is_told_to_those_who_manage_campaigns(jo, bob, member):
    for reason, change in (
        ("They have closed", ["Delivery to CRM", "Needs a person", "Given up"]),
        ("Sent to CRM", ["CRM", "Queued", "Sent"]),
    ):
        notes.add({jo.pk: [change]}, kind=LeadNote.Kind.DELIVERY, actor=bob, reason=reason)
    judge_all(jo.campaign)
    lifecycle.mark_delivered([jo.pk], actor=bob, reason="By hand into the CRM")
    for role in sorted(roles.SEES_LEADS):
        told = role in roles.MANAGES_CAMPAIGNS
        entries = [entry for entry in timeline_page(member(role), jo, {}).entries if entry.kind == "Delivery"]
        assert [entry.lines[0].label for entry in entries] == ["Delivery", *(["CRM", "Delivery to CRM"] if told else ["Delivery"] * 2)]
        assert [(line.before, line.after) for line in entries[0].lines][:1] == [("Not Delivered", "Delivered")]
        assert any("CRM" in str(entry) for entry in entries) == told
        assert bool("".join(entry.reason for entry in entries)) == told


@pytest.mark.parametrize(("role", "hidden"), [(roles.ADMIN, False), (roles.ADMIN_MASKED, True), (roles.ADVERTISER, True)])
def test_a_reason_that_was_typed_is_hidden_where_the_lead_is_masked(jo, bob, member, role, hidden):
    notes.add(
        {jo.pk: [["Delivery to CRM", "Needs a person", "Failed"]]}, kind=LeadNote.Kind.DELIVERY, actor=bob, reason="Called jane@x.example"
    )
    lifecycle.edit({jo.pk: {"company": "Nova"}}, actor=bob, reason="Asked jane@x.example")
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned")
    flagged, *others = [entry.reason for entry in timeline_page(member(role), jo, {}, ["notes"]).entries]
    assert flagged == "Returned"
    assert ["jane@x.example" in reason for reason in others] == [not hidden] * 2


def test_names_are_those_of_ones_own_organisation(jo, bob, member, reader):
    members = {
        role: member(role) for role in (roles.AGENCY, roles.AGENCY_CALL_CENTRE, roles.ADVERTISER, roles.ADVERTISER_REPORT, roles.PUBLISHER)
    }
    lifecycle.delete([jo.pk], actor=bob)
    lifecycle.restore([jo.pk], actor=bob)
    for n, user in enumerate((*members.values(), None)):
        flag = ("valid", "invalid")[n % 2]
        lifecycle.flag([jo.pk], flag, actor=Actor(str(user), user.pk) if user else SYSTEM, reason="Returned")
    house = enterprise.current().name
    known = {
        roles.AGENCY: {roles.AGENCY, roles.AGENCY_CALL_CENTRE},
        roles.AGENCY_CALL_CENTRE: {roles.AGENCY, roles.AGENCY_CALL_CENTRE},
        roles.ADVERTISER: {roles.ADVERTISER, roles.ADVERTISER_REPORT},
        roles.PUBLISHER: {roles.PUBLISHER},
        roles.ADMIN_MASKED: set(members),
    }
    for role, parts in known.items():
        own = {str(members[part]) for part in parts}
        everybody = {bob.name} if role == roles.ADMIN_MASKED else {house}
        who = members.get(role) or member(role)
        assert {entry.by for entry in timeline_page(who, jo, {}).entries} == own | everybody | {SYSTEM.name}
    agency, admin = (person_for(members[roles.AGENCY], name) for name in (str(members[roles.AGENCY]), bob.name))
    assert (agency, admin) == (str(members[roles.AGENCY]), house)
    lifecycle.unflag([jo.pk], actor=bob)
    lifecycle.flag([jo.pk], "valid", actor=bob, reason="Moved")
    for role, by in ((roles.AGENCY, house), (roles.PUBLISHER, house), (roles.ADMIN, bob.name)):
        assert f"Flagged by {by}" in reader(role).with_columns().get("/v2/leads").rows[0]["2nd Check Status"]


def test_the_call_centre_is_not_told_what_the_publisher_earns(jo, member):
    judge_all(jo.campaign)
    lines = [line.label for entry in timeline_page(member(roles.AGENCY_CALL_CENTRE), jo, {}).entries for line in entry.lines]
    assert "Billable to lead generator" not in lines
    assert "Current Status" in lines


def test_the_tab_shows_the_newest_and_the_way_to_older_ones(jo, bob, reader):
    screen, address = reader(), f"/v2/leads/{jo.pk}/timeline"
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned")
    screen.get(address)
    few = len(screen.queries(address))
    assert ">Older</a>" not in screen.get(address).html
    for flag in ("test", "invalid") * 30:
        lifecycle.flag([jo.pk], flag, actor=bob, reason="Turned again")
    assert len(screen.queries(address)) == few
    page = screen.get(address)
    assert page.html.count("Reason: Turned again") == PAGE_SIZE
    older = older_of(page.html)
    further = screen.get(older)
    assert (further.html.count("Reason: Turned again"), "Reason: Returned" in further.words) == (60 - PAGE_SIZE, True)
    assert '<li tabindex="-1" autofocus>' in further.html
    assert ">Older</a>" not in further.html


def test_the_timeline_is_of_the_sources_and_types_that_are_chosen(jo, bob, reader, calls):
    calls([NOON])
    lifecycle.edit({jo.pk: {"company": "Nova"}}, actor=bob)
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned")
    screen, address = reader(), f"/v2/leads/{jo.pk}/timeline"

    def shown(query: str) -> list[bool]:
        page = screen.fragment(address + query).words
        return [text in page for text in ("Nova", "Reason: Returned", "call 0")]

    assert shown("") == [True, True, True]
    assert shown("?type=notes") == [True, True, False]
    assert shown("?type=notes.data") == [True, False, False]
    assert shown("?type=calls&type=notes.status") == [False, True, True]
    assert shown("?type=notes&type=notes.data") == [True, True, False]
    assert shown("?type=notes.metadata") == [False, False, False]
    assert "Nothing of these types has happened." in screen.get(address + "?type=notes.metadata").words
    for unknown in ("gossip", "notes.gossip", "", "calls.x"):
        assert shown(f"?type={unknown}") == [False, False, False]
        assert "There is no type" in screen.get(f"{address}?type={unknown}").words


def test_older_entries_are_of_the_same_types(jo, reader):
    note(jo, 120)
    page = reader().get(f"/v2/leads/{jo.pk}/timeline?type=notes.status")
    assert "type=notes.status&before=notes" in older_of(page.html)


@pytest.mark.parametrize(
    "query",
    ["notes:x", "notes:-1", "notes:", "notes", ":5", "gossip:5", "notes:5&before=notes:6", "notes:99999999999999999999", "notes:%00"],
)
def test_a_position_that_nothing_has_given_does_not_exist(jo, reader, query):
    assert reader().get(f"/v2/leads/{jo.pk}/timeline?before={query}").status == 404


def test_personal_data_is_masked_on_every_page(jo, bob, reader, monkeypatch):
    monkeypatch.setattr(timeline, "PAGE_SIZE", 1)
    for name in ("Nunez", "Smith", "Meyer"):
        lifecycle.edit({jo.pk: {"lastName": name}}, actor=bob, reason="Married")
    masked = reader(roles.ADMIN_MASKED)
    shown = [masked.get(f"/v2/leads/{jo.pk}/timeline").html]
    while older := older_of(shown[-1]):
        shown.append(masked.get(older).html)
    assert len(shown) == 3 + 1, "the last one is about its arrival"
    assert [name for name in ("Nunez", "Smith", "Meyer") if name in "".join(shown)] == []


def test_the_arrival_and_each_run_with_its_verdict_are_entries(campaign, make_leads, member, bob):
    add_job(campaign, "first_last_name_match", label="Same names", score=30, actor=bob)
    (lead,) = make_leads(campaign, firstName="Nunez", lastName="Nunez")
    for _ in range(2):
        scheduler.serve_campaigns(seconds=10)
        lifecycle.requeue([lead.pk], actor=bob)
    lead = Lead.objects.get(pk=lead.pk)
    for role in sorted(roles.SEES_LEADS):
        who = member(role)
        with CaptureQueriesContext(connection) as queries:
            entries = timeline_page(who, lead, {}, ["received", "runs"] if role in SEES_RUNS else ["received"]).entries
        runs, (arrival,) = entries[:-1], entries[-1:]
        assert [(run.kind, run.lines[0].label, run.lines[0].after) for run in runs] == (
            [("Run", f"Run {n}", "Invalid") for n in (2, 1)] if role in SEES_RUNS else []
        )
        assert all("Same names failed" in run.comment and "Nunez" not in run.comment for run in runs)
        assert (arrival.kind, arrival.at) == ("Received", lead.created_at)
        assert ("from " in arrival.comment) == (role in roles.MANAGES_CAMPAIGNS)
        assert sum("processr_event" in query["sql"] for query in queries) == (role in SEES_RUNS)


def test_runs_are_read_on_by_their_position(campaign, make_leads, member, bob, monkeypatch):
    monkeypatch.setattr(timeline, "PAGE_SIZE", 2)
    add_job(campaign, "test_data", actor=bob)
    (lead,) = make_leads(campaign)
    for _ in range(3):
        scheduler.serve_campaigns(seconds=10)
        lifecycle.requeue([lead.pk], actor=bob)
    found = [entry for page in pages(member(roles.ADMIN), lead) for entry in page]
    assert [entry.lines[0].label for entry in found if entry.kind == "Run"] == ["Run 3", "Run 2", "Run 1"]
    assert found[-1].kind == "Received"


@pytest.mark.parametrize("query", ["runs:x", "runs:1", "received:2", "received:x", "runs:0190ABCD-0000-7000-8000-000000000000"])
def test_a_position_of_no_run_and_of_no_arrival_does_not_exist(jo, reader, query):
    assert reader().get(f"/v2/leads/{jo.pk}/timeline?before={query}").status == 404


def test_the_types_of_notes_are_offered_once_notes_are_chosen_and_no_two_have_one_name(jo, reader):
    screen, address = reader(), f"/v2/leads/{jo.pk}/timeline"

    def choices(query: str) -> dict[str, str]:
        links = re.findall(r'<a id="timeline-of-[^>]* hx-get="([^"]*)"[^>]*>([^<]*)</a>', screen.get(f"{address}{query}").html)
        assert len(links) == len({label for _, label in links})
        return {label: unescape(url).removeprefix(address) for url, label in links}

    sources = {"All", "Delivery attempts", "Received", "Runs of the jobs", "Notes", "Tracking events"}
    assert choices("").keys() == sources
    of_notes = choices("?type=notes")
    assert of_notes.keys() == sources | {"Status", "Delivery status", "Contract", "Data", "Metadata", "Feedback", "Comment"}
    assert (of_notes["Data"], of_notes["Notes"], of_notes["All"]) == ("?type=notes.data", "", "")
    of_data = choices("?type=received&type=notes.data")
    assert (of_data["Status"], of_data["Notes"]) == ("?type=received&type=notes.data&type=notes.status", "?type=received")
    assert of_data["Data"] == "?type=received&type=notes", "the source stays when its last type is taken away"
