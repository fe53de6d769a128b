"""Outcomes of jobs, steps of runs, provider exchanges and the audit in API v4, for each role."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.core.accounts import roles
from config.core.models import AuditEntry
from leads import bulk
from processr import services
from processr.engine import scheduler
from processr.job_types.outcomes import BADGES, error, failed, passed, skipped
from processr.models import Event
from tests.processr.api.program import wrong


@pytest.fixture
def lead(campaign, add_job, make_leads):
    add_job(campaign, "first_last_name_match", label="Names", stage=10, score=30)
    add_job(campaign, "test_data", label="Tests", stage=20, score=20)
    (lead,) = make_leads(campaign, firstName="Test", lastName="Nunez")
    scheduler.serve_campaigns(seconds=10)
    return lead


@pytest.fixture
def again(bob):
    def reprocess(lead):
        bulk.run_or_queue("reprocess", [lead.pk], actor=bob)
        scheduler.serve_campaigns(seconds=10)

    return reprocess


def ids(records) -> list[str]:
    return [record["id"] for record in records]


def test_each_job_of_the_campaign_has_a_result(program, campaign, lead, add_job, bob):
    added = add_job(campaign, "duplicate_email", label="Twice")
    off = add_job(campaign, "field_not_empty", label="Off", enabled=False, config={"fields_to_read": "x"})
    results = program.members(f"processr-job-leads?lead.id={lead.pk}")
    assert [(one["campaignProcessrJob"]["label"], one["status"], one["score"], one["maxScore"]) for one in results] == [
        ("Names", "passed", 30, 30), ("Tests", "failed", 0, 20), ("Twice", "not run", 0, 0),
        ("Off", "not run", 0, 0),
    ]  # fmt: skip
    assert (results[1]["field"], results[1]["value"], results[1]["run"]) == ("firstName", "Test", 1)
    assert results[2]["id"] == f"{lead.pk}-{added.pk}"
    assert (results[3]["id"], results[3]["reason"]) == (f"{lead.pk}-{off.pk}", "The job is switched off")
    assert results[2]["reason"] == "The job was added or switched on after this run"


def test_results_are_those_of_the_last_run_and_of_jobs_as_they_were_in_it(program, campaign, lead, again, bob):
    names = campaign.jobs.get(label="Names")
    services.update_job(names.pk, actor=bob, changes={"label": "Renamed"})
    services.remove_job(campaign.jobs.get(label="Tests").pk, actor=bob)
    assert [one["campaignProcessrJob"]["label"] for one in program.members(f"processr-job-leads?lead.id={lead.pk}")] == ["Names", "Tests"]
    again(lead)
    (result,) = program.members(f"processr-job-leads?lead.id={lead.pk}")
    assert (result["campaignProcessrJob"]["label"], result["run"]) == ("Renamed", 2)


def test_an_outcome_has_one_word_wherever_it_is_shown(program, campaign, add_job, job_type, make_leads):
    outcomes = {"passed": passed(), "failed": failed("no"), "could not be checked": error("cannot tell"), "not run": skipped("no company")}
    for number, (word, outcome) in enumerate(outcomes.items()):
        add_job(campaign, job_type(f"one{number}", check=lambda *_, outcome=outcome: outcome), label=word, stage=number + 1)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=10)
    results = program.members(f"processr-job-leads?lead.id={lead.pk}")
    assert {one["campaignProcessrJob"]["label"]: one["status"] for one in results} == {word: word for word in outcomes}
    explained = program.get(f"lead-explanations/{lead.pk}").json()["jobs"]
    assert {one["label"]: one["outcome"] for one in explained} == {word: word for word in outcomes}
    logged = program.members(f"logs?channel=processr&lead.id={lead.pk}")
    assert {one["campaignProcessrJob"]["label"]: one["outcome"] for one in logged} == {word: word for word in outcomes}
    assert all(one["message"].startswith(f"{one['outcome']}: {one['outcome']}") for one in logged)
    assert [label.lower() for _, label in BADGES.values()] == [*outcomes]


def test_before_a_lead_is_judged_no_job_has_been_run(program, campaign, add_job, make_leads):
    add_job(campaign, "test_data")
    (lead,) = make_leads(campaign)
    assert [one["status"] for one in program.members(f"processr-job-leads?lead.id={lead.pk}")] == ["not run"]


@pytest.mark.parametrize("path", ["processr-job-leads", "logs?channel=processr", "logs?channel=provider"])
def test_the_lead_must_be_named(program, path):
    assert wrong(program.get(path)) == {"lead.id"}


@pytest.mark.parametrize("path", ["processr-job-leads?", "logs?channel=processr&"])
def test_of_a_lead_out_of_sight_nothing_is_told(program_of, program, lead, path):
    assert program_of(roles.AGENCY, member=False).members(f"{path}lead.id={lead.pk}") == []
    assert program.members(f"{path}lead.id=9223372036854775807") == []


@pytest.mark.parametrize("path", ["processr-job-leads?", "logs?channel=processr&"])
def test_who_sees_leads_masked_reads_masked_values(program_of, lead, path):
    seen = {
        role: program_of(role).members(f"{path}lead.id={lead.pk}")[1]["value"] for role in (roles.ADMIN, roles.AGENCY, roles.ADMIN_MASKED)
    }
    assert seen == {roles.ADMIN: "Test", roles.AGENCY: "Test", roles.ADMIN_MASKED: "T••••"}


@pytest.mark.sql
def test_steps_of_all_runs_are_told_in_the_order_of_time(program, lead, again):
    again(lead)
    steps = program.members(f"logs?channel=processr&lead.id={lead.pk}")
    assert [(step["run"], step["campaignProcessrJob"]["label"], step["level"]) for step in steps] == [
        (1, "Names", "info"), (1, "Tests", "warning"), (2, "Names", "info"), (2, "Tests", "warning"),
    ]  # fmt: skip
    assert steps[1]["message"] == "Tests: failed (The word 'test' appears in firstName)"
    assert [step["createdTs"] for step in steps] == sorted(step["createdTs"] for step in steps)
    assert len(set(ids(steps))) == 4


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_pages_of_steps_follow_each_other_across_runs(program, lead, again, size):
    again(lead)
    again(lead)
    everything = ids(program.members(f"logs?channel=processr&lead.id={lead.pk}"))
    followed, counted, path, page = [], [], f"logs?channel=processr&lead.id={lead.pk}&itemsPerPage={size}", 1
    while path:
        answer = program.get(path).json()
        assert answer["hydra:totalItems"] == len(everything) == 6
        followed += ids(answer["hydra:member"])
        counted += ids(program.members(f"logs?channel=processr&lead.id={lead.pk}&itemsPerPage={size}&page={page}"))
        path, page = answer["hydra:view"].get("hydra:next"), page + 1
    assert followed == counted == everything


@pytest.mark.parametrize("after", ["x", "-", "1-1", "{run}-2", "{run}-99999999", "{run}--1", "{run}-", "{run}-²"])
def test_a_place_that_is_none_is_refused(program, lead, after):
    run = Event.objects.get(lead_id=lead.pk).pk
    assert wrong(program.get(f"logs?channel=processr&lead.id={lead.pk}&after={after.format(run=run)}")) == {"after"}


def test_the_number_of_queries_does_not_grow_with_runs_or_jobs(program, campaign, lead, again, add_job):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.members(f"{path}lead.id={lead.pk}")
        return len(captured)

    paths = (
        "processr-job-leads?",
        "logs?channel=processr&",
    )
    first = [queries(path) for path in paths]
    for _ in range(3):
        add_job(campaign, "test_data")
        again(lead)
    assert [queries(path) for path in paths] == first


@pytest.fixture
def exchange(lead):
    return Event.objects.create(
        lead_id=lead.pk, campaign_id=lead.campaign_id, kind="provider", outcome="success", job_id=7, run_number=1, started_at=timezone.now(), duration_ms=12,
        message="GET https://api.example/check?email=x\n\nHTTP 200\n\n{\"ok\": true}",
    )  # fmt: skip


def test_the_exact_exchange_with_a_provider_is_told_to_those_who_see_everything(program_of, lead, exchange):
    told = program_of(roles.ADMIN).members(f"logs?channel=provider&lead.id={lead.pk}")
    assert [(one["id"], one["message"], one["durationMs"]) for one in told] == [(str(exchange.pk), exchange.message, 12)]
    assert program_of(roles.SUPER, can_see_provider_logs=True).members(f"logs?channel=provider&lead.id={lead.pk}") == told
    for role in (roles.SUPER, roles.ADMIN_MASKED, roles.AGENCY):
        rights = {"can_see_provider_logs": role != roles.SUPER}
        assert wrong(program_of(role, **rights).get(f"logs?channel=provider&lead.id={lead.pk}"), 403) == set()
    assert exchange.message not in program_of(roles.ADMIN).get(f"logs?channel=processr&lead.id={lead.pk}").content.decode()


def test_attempts_to_deliver_a_lead_are_in_the_log_of_calls(program_of, lead, exchange):
    sent = {
        "lead_id": lead.pk,
        "campaign_id": lead.campaign_id,
        "kind": "delivery",
        "started_at": timezone.now(),
        "message": "POST https://crm.example/",
    }
    attempts = [
        Event.objects.create(job_id=8, run_number=1, outcome=outcome, reason=f"Answered {outcome}", **sent)
        for outcome in ("error", "failure", "skip", "success")
    ]
    Event.objects.create(**{**sent, "kind": "feedback", "outcome": "success"})
    Event.objects.create(**{**sent, "lead_id": lead.pk + 1, "outcome": "success"})
    told = program_of(roles.ADMIN).members(f"logs?channel=provider&lead.id={lead.pk}")
    assert [(one["id"], one["kind"], one["level"]) for one in told] == [
        (str(exchange.pk), "provider", "info"),
        *((str(event.pk), "delivery", level) for event, level in zip(attempts, ("error", "error", "info", "info"), strict=True)),
    ]
    assert [(one["reason"], one["message"], one["campaignProcessrJob"]) for one in told[1:]] == [
        (event.reason, event.message, {"id": 8}) for event in attempts
    ]
    assert wrong(program_of(roles.AGENCY).get(f"logs?channel=provider&lead.id={lead.pk}"), 403) == set()


def test_what_people_did_is_told_to_admins(program, campaign, make_campaign, lead, add_job):
    add_job(make_campaign("Other"), "test_data")
    told = program.members(f"logs?channel=system&campaign.id={campaign.pk}&itemsPerPage=100")
    assert {one["campaign"]["id"] for one in told} == {campaign.pk}
    added = [one for one in told if one["message"] == "Processr: job added"]
    assert [(one["after"]["label"], one["user"]["name"], one["level"]) for one in added] == [
        ("Names", "Bob Admin", "low"),
        ("Tests", "Bob Admin", "low"),
    ]
    assert program.members("logs?channel=system&createdTs[after]=2999-01-01") == []
    newest = program.members("logs?channel=system&order[id]=desc&itemsPerPage=1")
    assert newest[0]["message"] == "Processr: job added"


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("", {"channel"}), ("channel=", {"channel"}), ("channel=all", {"channel"}), ("channel=processr&channel=system", {"channel"}),
        ("channel=system&lead.id=1", {"lead.id"}), ("channel=processr&lead.id=1&campaign.id=1", {"campaign.id"}), ("channel=processr&lead.id=x", {"lead.id"}),
        ("channel=processr&lead.id=1&order[id]=desc", {"order[id]"}), ("channel=provider&lead.id=1&after=x", {"after"}),
    ],
)  # fmt: skip
def test_a_question_that_is_wrong_is_refused(program, lead, query, about):
    assert wrong(program.get(f"logs?{query}")) == about


def test_reading_the_exact_exchanges_is_recorded_once_in_a_while(program_of, lead, exchange):
    admin = program_of(roles.ADMIN)
    for _ in range(2):
        admin.members(f"logs?channel=provider&lead.id={lead.pk}")
    admin.members("logs?channel=provider&lead.id=9223372036854775807")
    program_of(roles.SUPER).get(f"logs?channel=provider&lead.id={lead.pk}")
    admin.members(f"logs?channel=processr&lead.id={lead.pk}")
    (entry,) = AuditEntry.objects.filter(action="provider logs read")
    assert (entry.actor_id, entry.object_id, entry.severity, entry.ip) == (admin.user.pk, str(lead.pk), "medium", "127.0.0.1")


def test_steps_are_told_by_their_beginning_and_read_on_from_any_of_them(program, lead):
    """Jobs that compare leads run last, whatever their place in the plan."""
    run = Event.objects.get(lead_id=lead.pk, kind="flow")
    Event.objects.filter(pk=run.pk).update(steps=[{**run.steps[0], "at": 900.0}, *run.steps[1:]])
    path = f"logs?channel=processr&lead.id={lead.pk}"
    assert ids(program.members(path)) == [f"{run.pk}-1", f"{run.pk}-0"]
    assert ids(program.members(f"{path}&after={run.pk}-1")) == [f"{run.pk}-0"]
    assert program.members(f"{path}&after={run.pk}-0") == []
