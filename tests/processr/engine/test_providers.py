"""Jobs that ask a provider: concurrency, time limits, recorded exchanges, and no lead asked about twice."""

import json
import threading
from datetime import timedelta
from time import monotonic

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.services import plan_changed
from config.core import http
from leads import lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from leads.statuses import ProcessrStatus, QaStatus
from processr import integrity, tasks
from processr.engine import provider_calls, provider_log, scheduler
from processr.engine.pipeline import judge_chunk
from processr.engine.runner import JobRunner
from processr.job_types.base import ProviderCheck
from processr.job_types.exchange import Exchange
from processr.job_types.outcomes import Enriched, enriched, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.models import Event, Job
from processr.plans import current_plan
from tests.processr.planned import job
from tests.processr.planned import lead as planned_lead
from tests.processr.provider import Provider

pytestmark = pytest.mark.django_db

SECRET = "s3cr3t-key"
HELD = 'SELECT "leads_lead"."id" AS "pk" FROM "leads_lead"'
"""Each job that asks looks once which leads are still there to be asked about."""


@pytest.fixture
def asks(job_type):
    """asks("key", provider): a quality type that asks it about the company, and goes by `fine` in the answer."""

    def make(key: str, provider: Provider, **members):
        def ask(self, lead):
            url = f"{provider.url}/{lead.values['company']}?key={SECRET}"
            return Exchange.from_answer(http.request("GET", url, limits=http.Limits(read=2, total=2), secrets=[SECRET]))

        def answered(self, lead, exchange):
            return passed() if json.loads(exchange.body).get("asked") == lead.values["company"] else failed("Unknown company")

        return job_type(key, **{"ask": ask, "judge_answer": answered, **members})

    return make


def judged(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def of_companies(make_leads, campaign, number: int) -> list[Lead]:
    return [make_leads(campaign, company=f"company{n}")[0] for n in range(number)]


def calls() -> list[Event]:
    return list(Event.objects.filter(kind="provider").order_by("pk"))


def outcomes(lead: Lead) -> list[tuple[str, str]]:
    return [(step["outcome"], step["reason"]) for step in Event.objects.filter(lead_id=lead.pk, kind="flow").latest("pk").steps]


def test_leads_are_asked_about_side_by_side_but_never_more_than_the_job_says(campaign, add_job, asks, provider, make_leads):
    asked = provider(lambda text: asked.hold(0.1) or {"asked": text})
    add_job(campaign, asks("slow", asked, concurrency=4))
    leads = of_companies(make_leads, campaign, 20)

    began = monotonic()
    scheduler.process_turn(campaign.pk, lane=0)

    assert asked.most_at_once == 4
    assert monotonic() - began < 20 * 0.1
    assert {judged(lead).qa_status for lead in leads} == {QaStatus.VALID}
    assert set(asked.asked.values()) == {1}


def test_a_turn_of_a_campaign_with_such_a_job_takes_no_more_leads_than_the_job_likes(
    campaign, three_jobs, add_job, asks, provider, make_leads
):
    asked = provider()
    add_job(campaign, asks("slow", asked, chunk=5))
    of_companies(make_leads, campaign, 12)
    assert [scheduler.process_turn(campaign.pk, lane=0).leads for _ in range(3)] == [5, 5, 2]


def test_each_call_is_recorded_as_it_stood_on_the_wire_without_its_secrets(campaign, add_job, asks, provider, make_leads):
    asked = provider()
    added = add_job(campaign, asks("open", asked))
    (lead,) = of_companies(make_leads, campaign, 1)

    scheduler.serve_campaigns(seconds=5)

    (call,) = calls()
    assert (call.lead_id, call.campaign_id, call.job_id, call.run_number, call.outcome) == (lead.pk, campaign.pk, added.pk, 1, "success")
    assert call.message.startswith(f"GET {asked.url}/company0?key=")
    assert "HTTP/1.1 200 OK" in call.message
    assert call.message.endswith('{"asked": "company0"}')
    assert SECRET not in call.message
    assert (call.source["publisher"], call.source["status"]) == (lead.publisher_id, 200)
    assert call.plan_number == current_plan(campaign.pk).number
    assert timedelta(0) < timezone.now() - call.started_at < timedelta(minutes=1)
    assert integrity.runs() + integrity.job_tallies() == []


def test_a_step_takes_as_long_as_its_call(campaign, add_job, asks, provider, make_leads):
    asked = provider(lambda text: asked.hold(0.2) or {"asked": text})
    add_job(campaign, asks("slow", asked))
    of_companies(make_leads, campaign, 2)
    scheduler.serve_campaigns(seconds=5)
    for run in Event.objects.filter(kind="flow"):
        assert 190 <= run.steps[0]["took"] < 2000
    assert all(190 <= call.duration_ms < 2000 for call in calls())


def test_one_dead_provider_among_others_is_an_error_of_its_own_job(campaign, three_jobs, add_job, asks, provider, make_leads):
    dead, alive = provider(lambda text: None), provider()
    for key, asked in (("dead", dead), ("alive", alive)):
        add_job(campaign, asks(key, asked))
    leads = of_companies(make_leads, campaign, 5)

    scheduler.serve_campaigns(seconds=20)

    for lead in leads:
        assert (judged(lead).qa_status, judged(lead).errored, judged(lead).score, judged(lead).max_score) == (
            QaStatus.CAUTION,
            True,
            40,
            40,
        )
        assert outcomes(lead)[-2:] == [("error", "The provider did not answer"), ("passed", "")]
    assert {call.outcome for call in calls()} == {"error", "success"}
    assert all("127.0.0.1" in call.reason for call in calls() if call.outcome == "error")


def test_an_answer_that_cannot_be_read_is_an_error_of_that_lead(campaign, add_job, asks, provider, make_leads):
    asked = provider(lambda text: "rubbish" if text == "company1" else {"asked": text})
    add_job(campaign, asks("odd", asked))
    leads = of_companies(make_leads, campaign, 3)
    scheduler.serve_campaigns(seconds=5)
    assert [judged(lead).errored for lead in leads] == [False, True, False]


@pytest.mark.parametrize("answer", [lambda self, lead: 1 / 0, lambda self, lead: "no exchange", lambda self, lead: Lead.objects.count()])
def test_what_asking_raises_is_an_error_of_that_lead_and_threads_have_no_database(answer, campaign, add_job, asks, provider, make_leads):
    asked = provider()
    (lead,) = of_companies(make_leads, campaign, 1)
    add_job(campaign, asks("broken", asked, ask=answer))
    scheduler.serve_campaigns(seconds=5)
    assert outcomes(lead) == [("error", "Could not be checked")]
    assert [call.outcome for call in calls()] == ["error"]


def test_an_answer_that_the_type_calls_a_problem_is_not_judged(campaign, add_job, asks, provider, make_leads):
    def busy(self, lead):
        return Exchange("GET /", "HTTP/1.1 503 Busy", status=503, problem="Three times 503")

    add_job(campaign, asks("busy", provider(), ask=busy))
    (lead,) = of_companies(make_leads, campaign, 1)
    scheduler.serve_campaigns(seconds=5)
    assert outcomes(lead) == [("error", "The provider did not answer")]
    assert [(call.outcome, call.reason) for call in calls()] == [("error", "Three times 503")]


def test_what_is_known_without_asking_is_not_asked(campaign, add_job, asks, provider, make_leads):
    def unasked(self, lead):
        return {"none": skipped("No company"), "bad": failed("Known as bad"), "odd": 1}.get(lead.values["company"])

    asked = provider()
    add_job(campaign, asks("sparing", asked, known_outcome=unasked))
    leads = [make_leads(campaign, company=company)[0] for company in ("none", "bad", "odd", "new")]

    scheduler.serve_campaigns(seconds=5)

    assert [outcomes(lead)[0][0] for lead in leads] == ["skipped", "failed", "error", "passed"]
    assert dict(asked.asked) == {"new": 1}


def test_what_a_provider_knows_enriches_the_lead_and_is_there_for_jobs_after_it(campaign, add_job, asks, provider, make_leads):
    asked = provider(lambda text: {"size": "big"} if text == "company0" else {})
    answered = lambda self, lead, exchange: enriched(json.loads(exchange.body))  # noqa: E731
    add_job(campaign, asks("finder", asked, category="enrichment", judge_answer=answered))
    add_job(campaign, "field_not_empty", config={"fields_to_read": "size"}, after_enrichment=True)
    known, unknown = of_companies(make_leads, campaign, 2)

    scheduler.serve_campaigns(seconds=5)

    assert (judged(known).enriched, judged(known).qa_status) == ({"size": "big"}, QaStatus.VALID)
    assert (judged(unknown).enriched, judged(unknown).qa_status) == ({}, QaStatus.INVALID)


def test_nobody_is_asked_to_enrich_a_lead_that_has_failed_hard(campaign, add_job, asks, provider, make_leads):
    asked = provider()
    add_job(campaign, "duplicate_email", hardfail=True)
    add_job(campaign, asks("finder", asked, category="enrichment", judge_answer=lambda *_: Enriched(passed())))
    make_leads(campaign, company="first", email="twice@example.com")
    make_leads(campaign, company="second", email="twice@example.com")
    scheduler.serve_campaigns(seconds=5)
    assert dict(asked.asked) == {"first": 1}


def test_a_run_that_is_taken_up_again_goes_on_with_the_answers_it_has(
    campaign, add_job, asks, provider, make_leads, break_off_while_writing
):
    asked = provider(lambda text: None if text == "company0" else {"asked": text})
    added = [add_job(campaign, asks(key, asked)) for key in ("one", "two")]
    leads = of_companies(make_leads, campaign, 3)
    break_off_while_writing(campaign)
    assert {judged(lead).processr_status for lead in leads} == {ProcessrStatus.WAITING}
    before = dict(asked.asked)

    scheduler.serve_campaigns(seconds=5)

    assert dict(asked.asked) == before
    assert [judged(lead).qa_status for lead in leads] == [QaStatus.CAUTION, QaStatus.VALID, QaStatus.VALID]
    assert len(calls()) == len(leads) * len(added)
    steps = Event.objects.get(lead_id=leads[1].pk, kind="flow").steps
    assert [step["took"] > 0 for step in steps] == [True, True]


def test_the_next_run_asks_again(campaign, add_job, asks, provider, make_leads, bob):
    asked = provider()
    add_job(campaign, asks("one", asked))
    (lead,) = of_companies(make_leads, campaign, 1)
    scheduler.serve_campaigns(seconds=5)
    lifecycle.requeue([lead.pk], actor=bob)
    scheduler.serve_campaigns(seconds=5)
    assert dict(asked.asked) == {"company0": 2}
    assert [call.run_number for call in calls()] == [1, 2]


@pytest.mark.parametrize("changed", ["lead", "settings", "nothing"])
def test_an_answer_about_something_else_is_no_answer(changed, campaign, add_job, asks, provider, make_leads, break_off_while_writing, bob):
    asked = provider()
    added = add_job(campaign, asks("one", asked))
    (lead,) = of_companies(make_leads, campaign, 1)
    break_off_while_writing(campaign)
    if changed == "lead":
        lifecycle.edit({lead.pk: {"company": "another"}}, actor=bob)
    elif changed == "settings":
        Job.objects.filter(pk=added.pk).update(config={"strict": True})
        plan_changed(campaign.pk)

    scheduler.serve_campaigns(seconds=5)

    expected = {"lead": {"company0": 1, "another": 1}, "settings": {"company0": 2}, "nothing": {"company0": 1}}
    assert dict(asked.asked) == expected[changed]
    assert judged(lead).qa_status == QaStatus.VALID


@pytest.mark.parametrize("sent", ["", "GET /", "GET \x00 /\n\nand a body"])
@pytest.mark.parametrize("received", ["", "HTTP/1.1 204 No Content", 'HTTP/1.1 200 OK\nX: y\n\n{"a": "\x00 \ud800 é\n\n"}'])
def test_a_recorded_answer_is_judged_as_a_fresh_one_whatever_signs_are_in_it(
    sent, received, campaign, add_job, asks, provider, make_leads, break_off_while_writing
):
    seen = []

    def answered(self, lead, exchange):
        seen.append((exchange.sent, exchange.received, exchange.body, exchange.status))
        return passed()

    add_job(campaign, asks("odd", provider(), judge_answer=answered, ask=lambda self, lead: Exchange(sent, received, 200)))
    of_companies(make_leads, campaign, 1)
    break_off_while_writing(campaign)
    scheduler.serve_campaigns(seconds=5)

    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_a_job_that_takes_too_long_is_an_error_for_the_leads_whose_turn_did_not_come(campaign, add_job, asks, provider, make_leads):
    slow, quick = provider(lambda text: slow.hold(0.3) or {"asked": text}), provider()
    add_job(campaign, asks("slow", slow, concurrency=2, seconds=0.45))
    add_job(campaign, asks("quick", quick))
    leads = of_companies(make_leads, campaign, 10)

    began = monotonic()
    scheduler.process_turn(campaign.pk, lane=0)

    assert monotonic() - began < 3
    told = [outcomes(lead) for lead in leads]
    assert [one[0] for one in told].count(("passed", "")) == len(slow.asked) == 4
    assert [one[0][1] for one in told].count("The provider took too long, so it was not asked about this lead") == 6
    assert {one[1] for one in told} == {("passed", "")}


def test_a_call_that_never_ends_is_not_waited_for_and_is_on_record(campaign, add_job, asks, provider, make_leads, monkeypatch):
    monkeypatch.setattr(provider_calls, "GRACE_SECONDS", 0.2)
    over = threading.Event()
    add_job(campaign, asks("stuck", provider(), ask=lambda self, lead: over.wait(30), seconds=0.1))
    (lead,) = of_companies(make_leads, campaign, 1)

    began = monotonic()
    scheduler.serve_campaigns(seconds=5)
    over.set()

    assert monotonic() - began < 5
    assert outcomes(lead) == [("error", "The provider did not answer")]
    assert [(call.outcome, call.reason) for call in calls()] == [("error", "The call did not end")]


def test_a_provider_that_is_silent_again_and_again_is_left_in_peace_for_the_rest_of_the_chunk(
    campaign, add_job, asks, provider, make_leads
):
    dead = provider(lambda text: None)
    add_job(campaign, asks("dead", dead, concurrency=3))
    of_companies(make_leads, campaign, 40)
    assert scheduler.process_turn(campaign.pk, lane=0).leads == 40
    assert 6 <= len(dead.asked) <= 9
    assert set(Lead.objects.values_list("errored", "qa_status")) == {(True, QaStatus.CAUTION)}


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 120), (2, 60), (3, 40)])
def test_all_jobs_of_a_run_share_the_time_it_has(jobs, seconds):
    class Patient(ProviderCheck):
        key = "patient"
        seconds = 1000

    shares = []
    share = provider_calls.ProviderCalls(jobs=jobs)
    for _ in range(jobs):
        shares.append(share._seconds_for(Patient(job())))
    assert shares[0] == pytest.approx(seconds, abs=1)
    assert shares[-1] == pytest.approx(120, abs=1)


def test_a_task_is_not_ended_before_a_run_has_waited_for_its_providers():
    most = tasks.SECONDS_A_TASK + provider_calls.RUN_SECONDS + provider_calls.GRACE_SECONDS
    assert most < django_settings.CELERY_TASK_SOFT_TIME_LIMIT < django_settings.CELERY_TASK_TIME_LIMIT


def test_a_chunk_that_waits_for_a_provider_stays_claimed(campaign, add_job, asks, provider, make_leads, monkeypatch):
    """Else the sweep would give its leads to another worker, who asks again."""
    monkeypatch.setattr(provider_calls, "HEARTBEAT_SECONDS", 0.05)
    swept = []
    real = claims.renew

    def keep(token, ids):
        real(token, ids)
        swept.append(claims.free_stale(30))
        Lead.objects.filter(claim=token).update(claimed_at=timezone.now() - timedelta(seconds=25))

    monkeypatch.setattr(claims, "renew", keep)
    slow = provider(lambda text: slow.hold(0.5) or {"asked": text})
    add_job(campaign, asks("slow", slow))
    leads = of_companies(make_leads, campaign, 2)

    scheduler.process_turn(campaign.pk, lane=0)

    assert len(swept) > 5
    assert set(swept) == {0}
    assert {judged(lead).qa_status for lead in leads} == {QaStatus.VALID}


def test_nobody_is_asked_about_leads_that_were_taken_away_meanwhile(campaign, add_job, asks, job_type, provider, make_leads, bob):
    lost, kept = of_companies(make_leads, campaign, 2)

    def edits(self, job_input):
        lifecycle.edit({lost.pk: {"company": "changed"}}, actor=bob)

    add_job(campaign, job_type("meanwhile", prepare=edits, check=lambda *_: passed()))
    asked = provider()
    add_job(campaign, asks("one", asked))

    scheduler.process_turn(campaign.pk, lane=0)

    assert dict(asked.asked) == {"company1": 1}
    assert (judged(lost).processr_status, judged(kept).qa_status) == (ProcessrStatus.WAITING, QaStatus.VALID)


def test_a_chunk_costs_the_same_queries_whatever_its_size_and_one_more_job_costs_its_own_record(make_campaign, add_job, asks, make_leads):
    key = asks("at_once", None, ask=lambda self, lead: Exchange("GET /", "", 200), judge_answer=lambda *_: passed(), concurrency=1)

    def statements(leads: int, jobs: int) -> tuple[int, int]:
        campaign = make_campaign()
        for _ in range(jobs):
            add_job(campaign, key)
        make_leads(campaign, leads)
        claim = claims.claim(campaign.pk, limit=500)
        plan = current_plan(campaign.pk)
        with CaptureQueriesContext(connection) as captured:
            judge_chunk(plan, claim.leads, token=claim.token)
        reads = [query["sql"] for query in captured if 'FROM "processr_event"' in query["sql"]]
        rest = [query["sql"] for query in captured if not ("processr_event" in query["sql"] or query["sql"].startswith(HELD))]
        return len(reads), len([sql for sql in rest if "SAVEPOINT" not in sql])

    assert statements(3, 1) == statements(40, 1) == statements(3, 4)
    assert statements(3, 1)[0] == 1


def test_what_has_come_back_together_is_recorded_together(campaign, add_job, asks, make_leads, monkeypatch):
    """Fifty answers that are there at once are not fifty trips to the database."""
    recorded = []
    real = provider_log.RecordedProviders.record

    def record(self, job_type, asked):
        recorded.append(len(asked))
        real(self, job_type, asked)

    monkeypatch.setattr(provider_log.RecordedProviders, "record", record)
    add_job(campaign, asks("at_once", None, ask=lambda self, lead: Exchange("GET /", "", 200), judge_answer=lambda *_: passed()))
    of_companies(make_leads, campaign, 50)
    scheduler.process_turn(campaign.pk, lane=0)
    assert sum(recorded) == 50
    assert len(recorded) < 40


def test_a_job_that_is_only_tried_asks_and_leaves_no_record(campaign, add_job, asks, provider):
    asked = provider()
    asks("one", asked)
    plan = current_plan(campaign.pk)
    tried = job(type="one")
    one = planned_lead(company="Acme")
    run = JobRunner(plan, [one])
    run.run([tried])
    assert run.steps[tried.id][one.id].outcome == passed()
    assert dict(asked.asked) == {"Acme": 1}
    assert calls() == []


def test_an_exchange_without_an_answer_has_no_body():
    assert Exchange("GET /").body == ""
    assert Exchange("GET /", "HTTP/1.1 204 No Content\nX: y", 204).body == ""
    assert Exchange("GET /", "HTTP/1.1 200 OK\nX: y\n\na\n\nb", 200).body == "a\n\nb"


def test_every_type_that_asks_takes_leads_in_small_chunks():
    chunks = {job_type.key: job_type.chunk for job_type in job_types.all() if issubclass(job_type, ProviderCheck)}
    assert chunks
    assert max(chunks.values()) <= 50
