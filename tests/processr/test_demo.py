"""The demo world of the Processr: every job type has found something, and every status occurs."""

import re
import shlex
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.db.models import F, Q, Sum
from django.utils import timezone

from campaigns import submission
from campaigns.curl_example import curl
from campaigns.models import Campaign
from config.core import demo, extension_points
from config.core.models import Notification
from integrations.models import Delivery, Destination, Message, SentCount
from leads.demo import leads as leads_demo
from leads.intake.service import check_open, receive_lead
from leads.models import BulkAction, Lead, LeadImport, LeadNote
from leads.statuses import CurrentStatus, EntryPoint
from processr.demo_lists import CAMPAIGN
from processr.engine import scheduler
from processr.models import Event, Job, SuppressedEmail, SuppressedName, ValidationList, ValueTransform
from processr.selectors import statistics_of
from processr.transforms.selectors import groups_of

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
CAUGHT_BY = {
    "Suppressed Email Check": "moira.quinlan@liffey-software.example",
    "Suppressed Name Check": "mickey@alder-foods.example",
    "Key accounts": "dana.whitfield@sunbelt-motors.example",
    "Telephone number of the lead's country": "nils.berger@orchard-retail.example",
    "UK postcode": "owen.pritchard@hazel-energy.example",
    "US ZIP code": "tyler.brandt@bluegrass-freight.example",
    "A postcode of some kind": "cormac.daly@liffey-software.example",
}


@pytest.fixture
def world(settings, tmp_path, monkeypatch):
    settings.STATE_DIR = tmp_path
    monkeypatch.setenv("SLUICE_DEMO", "1")
    return demo.make()


def test_the_demo_world_has_something_caught_and_something_passed_by_each_kind_of_job(world, settings):
    campaign = Campaign.objects.get(name=CAMPAIGN)
    jobs = {job.label: job for job in Job.objects.filter(campaign=campaign)}
    counted = {label: statistics_of([job.pk])[job.pk] for label, job in jobs.items()}
    for label, email in CAUGHT_BY.items():
        assert counted[label].passed > 0, label
        assert counted[label].failed > 0, label
        assert jobs[label].pk in Lead.objects.get(email=email).failed_jobs, (label, email)
    assert {label for label, found in counted.items() if found.errored} == set()
    _every_status_occurs()
    _lists_are_there(campaign)
    _one_job_of_the_group_runs(campaign, jobs)
    _facts_were_found()
    told = next(entry for entry in world["campaigns"] if entry["name"] == CAMPAIGN)
    assert {job["id"] for job in told["jobs"]} == {job.pk for job in jobs.values()}
    assert [problem for check in extension_points.integrity_checks.values() for problem in check()] == []
    _leads_came_over_the_past_weeks()
    _one_receiver_took_leads_until_its_key_expired()
    _outbound_events_were_sent_refused_and_wait()
    _an_admin_has_imported_and_acted_on_leads(settings.STATE_DIR)
    _first_leads_are_valid(world)


def test_the_people_of_the_demo_world_are_the_same_each_time():
    emails = [person["email"] for person in leads_demo.people("Spring webinar", Random(leads_demo.SEED))]
    assert emails[:2] == ["oscar.rossi0@orchard-retail.example", "george.fischer1@pinnacle-print.example"]


def _leads_came_over_the_past_weeks() -> None:
    times = list(Lead.objects.order_by("pk").values_list("created_at", flat=True))
    ages = [(timezone.now() - time).days for time in times]
    assert times == sorted(times), "the newest has the highest number"
    assert 40 <= max(ages) <= 45
    assert len(set(ages)) > 25
    judged = Event.objects.filter(kind="flow").values_list("submitted_at", "started_at")
    assert {started - submitted < timedelta(minutes=1) for submitted, started in judged} == {True}
    assert not LeadNote.objects.filter(at__gt=timezone.now()).exists()
    came = dict(Lead.objects.values_list("pk", "created_at"))
    done = [*LeadNote.objects.values_list("lead_id", "at"), *Event.objects.values_list("lead_id", "started_at")]
    assert [pk for pk, at in done if at < came[pk]] == [], "nothing is done with a lead before it comes"


def _one_receiver_took_leads_until_its_key_expired() -> None:
    deliveries = list(Delivery.objects.filter(job__label="Edinburgh desk").order_by("pk"))
    states = [delivery.state for delivery in deliveries]
    assert set(states) <= {"sent", "needs_person", "withdrawn"}
    assert (states.count("sent") > 0, states.count("needs_person") > 0) == (True, True)
    assert {delivery.status for delivery in deliveries if delivery.state == "needs_person"} == {401}
    assert not any("127.0.0.1" in str(job.config) for job in Job.objects.all())


def _outbound_events_were_sent_refused_and_wait() -> None:
    """By label and state; a receiver that is away rests, and what waits for it stays in its order."""
    rows = Message.objects.select_related("destination__event", "lead").order_by("pk")
    states: dict[str, Counter] = {}
    for message in rows:
        states.setdefault(str(message.destination.event.label), Counter())[message.state] += 1
    assert set(states) == {"Techscope postback", "Techscope returns", "Sales alert", "Ledger"}
    assert set(states["Techscope returns"]) == set(states["Ledger"]) == {"sent"}
    postback = states["Techscope postback"]
    assert (postback["needs_person"], postback["failed"], set(postback)) == (2, 1, {"sent", "needs_person", "failed"})
    assert set(states["Sales alert"]) == {"sent", "queued"}
    resting = Destination.objects.exclude(waits_for="")
    assert [(str(destination), destination.waits_for, destination.rests) for destination in resting] == [("Sales alert", "unreachable", 1)]
    assert [message.pk for message in rows if message.created_at < message.lead.created_at] == []
    assert not rows.filter(Q(answered_at__gt=timezone.now()) | Q(first_tried_at__gt=F("answered_at"))).exists()
    attempts = Event.objects.filter(kind="message")
    assert attempts.count() == rows.filter(attempts__gt=0).count()
    sent = rows.filter(state="sent").count() + Delivery.objects.filter(state="sent", job__destination__isnull=False).count()
    assert SentCount.objects.aggregate(n=Sum("n"))["n"] == sent


def _first_leads_are_valid(world) -> None:
    """The leads of the README, and of the command shown on each open campaign's page."""
    example = dict(re.findall(r"-d 'form\[(\w+)\]=([^']*)'", (Path(__file__).parents[2] / "README.md").read_text()))
    assert example["firstName"] == "Grace"
    sent = [(world["campaigns"][0], example)]
    for entry in world["campaigns"]:
        fields = submission.forms_of(Campaign.objects.get(pk=entry["id"]))[0].fields.all()
        words = shlex.split(curl("/", key="k", publisher_id=1, link_id=1, fields=fields).replace("\\\n", " "))
        if entry["status"] == "Active" and entry["jobs"] and entry["name"] != "Test drive":
            pairs = (word.partition("=") for word in words[3::2])
            sent.append((entry, {name.removeprefix("form[").removesuffix("]"): value for name, _, value in pairs}))
    for entry, values in sent:
        context = submission.load_submission_context(entry["id"], form_id=entry["forms"][0]["id"], publisher_id=entry["publishers"][0])
        received = receive_lead(check_open(context), values, entry_point=EntryPoint.WEBHOOK)
        while turn := scheduler.next_turn():
            scheduler.process_turn(*turn)
        lead = Lead.objects.get(pk=received.lead_id)
        assert (lead.current_status, lead.failed_jobs) == ("valid", []), (entry["name"], values)
    assert len(sent) > 2


def _an_admin_has_imported_and_acted_on_leads(folder):
    (run,) = LeadImport.objects.all()
    assert (run.state, run.started_by.username, run.done, run.failed) == ("done", "ada", 7, 1)
    assert "patience.osei(at)cedar-care.example" in (folder / "trade-fair-stand-12.refused.csv").read_text(encoding="utf-8-sig")
    actions = BulkAction.objects.order_by("pk").values_list("type", "state", "done", "failed")
    assert list(actions) == [("mark_delivered", "done", 6, 1), ("mark_invalid", "done", 2, 0), ("mark_replacement", "done", 1, 0)]
    notices = Notification.objects.filter(user__username="ada")
    assert notices.filter(text__startswith="Sales alert of Payroll demo requests does not answer").count() == 1
    assert notices.count() == 2 + len(actions)
    assert Campaign.objects.filter(is_template=True).get().jobs.values("lock_state").distinct().count() == 3
    assert Campaign.objects.filter(call_centre=True).exists()
    assert not Lead.objects.filter(campaign__signed_at__gt=F("created_at")).exists()
    assert Lead.objects.filter(updated_at__lt=timezone.now() - timedelta(days=20)).exists()


def _every_status_occurs() -> None:
    assert set(Lead.objects.values_list("current_status", flat=True)) == set(CurrentStatus.values)
    assert set(Lead.objects.filter(campaign__name=CAMPAIGN).values_list("qa_status", flat=True)) == {"valid", "caution", "invalid"}
    assert Lead.objects.filter(suppressed=True).count() == 2


def _lists_are_there(campaign: Campaign) -> None:
    assert list(ValidationList.objects.filter(advertiser=None).values_list("name", flat=True)) == ["Competitors"]
    listed = ValidationList.objects.get(advertiser__isnull=False)
    assert (listed.advertiser_id, listed.value_count) == (campaign.advertiser_id, 19)
    assert (SuppressedEmail.objects.count(), SuppressedName.objects.count()) == (5, 5)
    (advertiser,) = {transform.advertiser for transform in ValueTransform.objects.exclude(advertiser=None)}
    assert {name: len(members) for name, members in groups_of(advertiser).items()} == {"Countries": 2}


def _one_job_of_the_group_runs(campaign: Campaign, jobs: dict[str, Job]) -> None:
    (group,) = {job.group_id for job in jobs.values() if job.group_id}
    grouped = {job.pk for job in jobs.values() if job.group_id == group}
    for event in Event.objects.filter(kind=Event.Kind.FLOW, campaign_id=campaign.pk):
        ran = [step for step in event.steps if step["job"] in grouped and step["outcome"] in ("passed", "failed")]
        assert len(ran) == 1, event.steps


def _facts_were_found() -> None:
    grace = Lead.objects.get(email="grace.holloway@bluegrass-freight.example")
    assert (grace.enriched["emailDomain"], grace.enriched["telephoneCountry"]) == ("bluegrass-freight.example", "US")
    assert Lead.objects.get(email="leah.sutton81@gmail.com").enriched["isFreeEmail"] == "true"
