"""The Processr status of leads that wait for a batch or for a person, wherever it is shown (decision 12)."""

from datetime import timedelta
from itertools import product
from random import Random
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Case, Q, When
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.core.accounts import roles
from integrations.models import Delivery
from leads import lifecycle
from leads.extension_points import Hold, hold_reasons
from leads.lifecycle import claims
from leads.models import Lead
from leads.shown_status import ORDER, condition_of, shown_label, shown_status, shown_statuses
from leads.statuses import ProcessrStatus
from processr import services
from tests.integrations.queueing.acts import FILE, asking_for, delayed, filed, given_up, judged, sent, stuck, taken
from tests.screens.conftest import member, reader  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db
COMPLETE, AWAITS, FAILED = ("Complete", 1000), ("Awaiting Batch", 540), ("Integration Failed", 600)
DELAYED = ("Scheduled Delivery", 530)


@pytest.fixture
def file(integrate):
    return integrate("File", kind=FILE)


def stands(lead) -> tuple[str, int | None]:
    """In Python, and as files have it, by the same label in SQL."""
    standing = shown_status(Lead.objects.get(pk=lead.pk))
    assert numbers_in_sql(Lead.objects.filter(pk=lead.pk)) == {lead.pk: (standing.label, [standing.api_number])}
    return standing.label, standing.api_number


def numbers_in_sql(leads) -> dict[int, tuple[str, list[int | None]]]:
    """Return the label of each lead, and all numbers whose condition it meets; None for none of them."""
    meets = [Case(When(condition_of(number), then=True), default=False) for number in ORDER]
    rows = leads.values_list("pk", shown_label(), *meets)
    return {pk: (label, [number for number, met in zip(ORDER, found, strict=True) if met] or [None]) for pk, label, *found in rows}


def again(lead, bob) -> None:
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras=asking_for(list(lead.campaign.jobs.values_list("pk", flat=True))))


@pytest.mark.parametrize(
    ("acts", "by_itself", "by_file"),
    [
        ([], COMPLETE, AWAITS), ([taken], COMPLETE, COMPLETE), ([sent], COMPLETE, COMPLETE), ([stuck], FAILED, FAILED),
        ([stuck, given_up], FAILED, FAILED), ([filed], AWAITS, AWAITS), ([delayed], DELAYED, DELAYED),
    ],
)  # fmt: skip
def test_a_lead_stands_as_its_delivery_does(acts, by_itself, by_file, make_campaign, integrate, make_leads):
    for kind, stands_so in (("sends_one_by_one", by_itself), (FILE, by_file)):
        campaign = make_campaign()
        integrate(kind=kind, on=campaign)
        (lead,) = judged(campaign, make_leads)
        for act in acts:
            act(lead)
        assert stands(lead) == stands_so


@pytest.mark.sql
def test_what_failed_is_over_when_the_lead_is_sent_anew(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    stuck(lead), given_up(lead)
    again(lead, bob)
    assert stands(lead) == COMPLETE
    sent(lead)
    assert stands(lead) == COMPLETE


def test_a_round_that_was_withdrawn_takes_nothing_back(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    stuck(lead), given_up(lead)
    again(lead, bob)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    assert stands(lead) == FAILED


def test_a_failure_goes_before_a_batch(campaign, crm, file, make_leads):
    (lead,) = judged(campaign, make_leads)
    assert stands(lead) == AWAITS
    Delivery.objects.filter(job=crm).update(state="needs_person")
    assert stands(lead) == FAILED


def test_under_way_and_held_for_want_of_a_job_go_before_both(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    stuck(lead), given_up(lead)
    lifecycle.requeue([lead.pk], actor=bob)
    assert stands(lead) == ("Waiting", 0)
    claim = claims.claim(campaign.pk, limit=1)
    assert stands(lead) == ("Sent to Processr", 100)
    lifecycle.hold([lead.pk], reason="no_job", token=claim.token)
    assert stands(lead) == ("On Hold - No Job Assigned", 500)


OWN = ("waiting", "processing", "complete", "no_job", "retired", "over", "later", "over_delivery", "waiting, over_delivery")
LAST = ("", *Delivery.State.values, "delayed", "delayed until now")
SOON, PAST = timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1)


def delivery_in(state: str, **columns) -> Delivery:
    """With `delayed`, one that waits for the process delay."""
    if state.startswith("delayed"):
        return Delivery(state="queued", held_for="process_delay", not_before=SOON if state == "delayed" else PAST, **columns)
    return Delivery(state=state, claim=uuid4() if state == "sending" else None, **columns)


def test_each_number_selects_the_leads_that_show_it_and_no_other(campaign, crm, file, make_leads, monkeypatch):
    """Statuses and holds of the row, with states of the last round of two integrations, and rounds before it."""
    for hold in (Hold("over", "Over", 510), Hold("later", "Later", 530)):
        monkeypatch.setitem(hold_reasons._plugins, hold.key, hold)
    random, deliveries = Random(12), []
    worlds = random.sample(list(product(OWN, LAST, LAST)), 160)
    leads = make_leads(campaign, len(worlds))
    for lead, (own, *last) in zip(leads, worlds, strict=True):
        own_status, _, over = own.partition(", ") if own != "over_delivery" else ("complete", "", own)
        lead.processr_status = own_status if own_status in ProcessrStatus.values else "held"
        lead.hold_reason = over or (own if lead.processr_status == "held" else "")
        lead.second_check = lead.current_status = "valid"
        lead.claim, lead.claimed_at = (uuid4(), timezone.now()) if own == "processing" else (None, None)
        for job, state in zip((crm, file), last, strict=True):
            rounds = [*random.choices(Delivery.State.values, k=random.randint(0, 2)), state] if state else []
            deliveries += [delivery_in(state, lead=lead, job=job, round=n) for n, state in enumerate(rounds, 1)]
    columns = ["processr_status", "hold_reason", "claim", "claimed_at", "second_check", "current_status"]
    Lead.objects.bulk_update(leads, columns)
    Delivery.objects.bulk_create(deliveries)
    shown = {pk: (status.label, [status.api_number]) for pk, status in shown_statuses(Lead.objects.all()).items()}
    assert numbers_in_sql(Lead.objects.all()) == shown
    assert {number for _, (number,) in shown.values()} == {*ORDER, None} - {520}
    for number in ORDER:
        found = set(Lead.objects.filter(condition_of(number)).values_list("pk", flat=True))
        assert found == {pk for pk, (_, (told,)) in shown.items() if told == number}


def test_of_several_the_first_of_the_decided_order_is_told(campaign, make_leads, monkeypatch):
    """Each number against each other, whether it is the row's or follows from others' rows."""
    judged(campaign, make_leads)
    lead = Lead.objects.get()
    for low, number in enumerate(ORDER):
        for other in ORDER[low + 1 :]:
            monkeypatch.setattr(hold_reasons, "_plugins", {})
            for key, hold in (("a", number), ("b", other)):
                in_it = Hold(key, str(hold), hold, lookup=lambda ids, key=key: dict.fromkeys(ids, [key]), condition=lambda: Q(pk=lead.pk))
                hold_reasons.register(in_it)
            assert stands(lead)[1] == number


def test_a_hold_nobody_registers_any_more_is_still_a_hold(campaign, crm, make_leads):
    (lead,) = make_leads(campaign)
    lifecycle.hold([lead.pk], reason="retired")
    assert stands(lead) == ("On Hold", None)


def test_an_unknown_key_of_an_upper_app_says_nothing(campaign, make_leads, monkeypatch):
    (lead,) = judged(campaign, make_leads)
    monkeypatch.setitem(hold_reasons._plugins, "odd", Hold("odd", "Odd", 600, lookup=lambda ids: dict.fromkeys(ids, ["no such key"])))
    assert stands(lead) == COMPLETE


def test_a_retired_kind_awaits_no_batch(campaign, file, make_leads, monkeypatch):
    (lead,) = judged(campaign, make_leads)
    monkeypatch.delitem(__import__("processr.job_types.registry", fromlist=["job_types"]).job_types._plugins, FILE)
    assert stands(lead) == COMPLETE


def test_a_page_of_leads_asks_once_whatever_their_number_and_that_of_their_holds(campaign, crm, file, make_leads, bob):
    judged(campaign, make_leads, 30)
    Delivery.objects.filter(job=crm, lead_id__in=Lead.objects.values("pk")[:15]).update(state="needs_person")
    under_way = make_leads(campaign, 2)
    for leads, asked in (
        (Lead.objects.all(), 1),
        (Lead.objects.all()[:2], 1),
        (Lead.objects.filter(pk__in=[lead.pk for lead in under_way]), 0),
    ):
        leads = list(leads)
        with CaptureQueriesContext(connection) as caught:
            assert len(shown_statuses(leads)) == len(leads)
        assert len(caught) == asked


@pytest.mark.sql
def test_the_list_of_leads_and_the_page_of_one_say_so(campaign, crm, file, make_leads, reader):  # noqa: F811
    failed, awaiting, complete = judged(campaign, make_leads, 3)
    stuck(failed), sent(complete)
    screen = reader().with_columns()
    for address in ("/v2/leads", f"/v2/campaigns/{campaign.pk}/leads"):
        rows = {int(row["Id"]): row["Processr Status"] for row in screen.get(address).rows}
        assert rows == {failed.pk: "Integration Failed", awaiting.pk: "Awaiting Batch", complete.pk: "Complete"}
    assert "Processr Integration Failed" in screen.get(f"/v2/leads/{failed.pk}").words
    assert "Processr Awaiting Batch" in reader(roles.PUBLISHER).get(f"/v2/leads/{awaiting.pk}").words


@pytest.mark.sql
def test_the_cell_that_the_list_waits_for_comes_with_the_hold(campaign, file, make_leads, reader):  # noqa: F811
    screen, (lead,) = reader().with_columns(), make_leads(campaign)
    assert f'id="lead-{lead.pk}-processr"' in screen.get("/v2/leads").html
    judged(campaign, make_leads, 0)
    claims_left = Lead.objects.get(pk=lead.pk).processr_status
    assert claims_left == "complete"
    assert "Awaiting Batch" in screen.get(f"/v2/leads/new?since={lead.pk}&awaited={lead.pk}").words


def test_a_longer_list_takes_as_many_queries_as_a_short_one(campaign, crm, file, make_leads, reader):  # noqa: F811
    screen = reader().with_columns()
    stuck(judged(campaign, make_leads)[0])
    screen.queries("/v2/leads")
    few = len(screen.queries("/v2/leads"))
    for lead in judged(campaign, make_leads, 20)[:10]:
        stuck(lead)
    assert len(screen.queries("/v2/leads")) == few


def test_a_removed_integration_is_told_of_as_long_as_its_failure_stands(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    stuck(lead), given_up(lead)
    services.remove_job(crm.pk, actor=bob)
    assert stands(lead) == FAILED
