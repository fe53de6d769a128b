"""Enrichment between the quality jobs: its order, which leads it is for, and who sees its values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.services import plan_changed
from leads import lifecycle
from leads.models import Lead
from leads.statuses import ProcessrStatus, QaStatus
from processr import integrity
from processr.engine import scheduler
from processr.job_types.lead import FieldSelection, text
from processr.job_types.outcomes import Enriched, Outcome, enriched, error, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.models import Event, GroupCondition, Job, JobGroup, ValueTransform
from processr.plans import current_plan
from processr.tasks import sweep

pytestmark = pytest.mark.django_db

STOPPED = "A hard fail job failed before: nothing more is found out about the lead"
NOT_ENRICHED = "A hard fail job failed before: the lead was not enriched, and this job runs after enrichment"


@pytest.fixture
def finder(job_type):
    """finder("key", {"size": "big"}): an enrichment type that finds these, or what a function of the lead says."""

    def make(key: str = "finder", finds=None, **members):
        def enrich(self, lead):
            return finds(lead) if callable(finds) else enriched(finds or {"size": "big"})

        return job_type(key, category="enrichment", default_score=0, **{"enrich": enrich, **members})

    return make


@pytest.fixture
def noting(job_type):
    """noting(order, "key"): a quality type that notes when it is run."""

    def make(order: list[str], key: str, outcome: Outcome | None = None, **members):
        def check(self, lead):
            order.append(key)
            return outcome or passed()

        return job_type(key, check=check, **members)

    return make


def judged(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def steps(lead: Lead) -> list[dict]:
    return Event.objects.filter(lead_id=lead.pk, kind="flow").latest("pk").steps


def test_jobs_run_in_the_order_quality_enrichment_quality_after_enrichment_each_by_stage(campaign, add_job, noting, finder, make_leads):
    order: list[str] = []

    def notes(key):
        return finder(key, lambda _: order.append(key) or enriched({}))

    for key, stage, after in (("after", 1, True), ("last", 2, True), ("second", 20, False), ("first", 10, False)):
        add_job(campaign, noting(order, key), stage=stage, after_enrichment=after)
    add_job(campaign, notes("found_second"), stage=6)
    add_job(campaign, notes("found_first"), stage=5)
    (lead,) = make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    expected = ["first", "second", "found_first", "found_second", "after", "last"]
    assert order == expected
    assert [step["label"].lower() for step in steps(lead)] == expected


def test_what_is_found_is_the_leads_and_earns_no_points(campaign, three_jobs, add_job, finder, make_leads):
    add_job(campaign, finder(finds={"size": "big", "sector": "steel"}), score=50)
    (lead,) = make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    lead = judged(lead)
    assert lead.enriched == {"size": "big", "sector": "steel"}
    assert (lead.qa_status, lead.score, lead.max_score) == (QaStatus.VALID, 30, 30)
    assert lead.values["size"] == "big"
    assert "size" not in lead.captured


def test_a_later_run_finds_anew_and_keeps_nothing_of_the_last_one(campaign, add_job, finder, make_leads, bob):
    job = add_job(campaign, finder(finds={"size": "big"}))
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    Job.objects.filter(pk=job.pk).update(type=finder("other", {"sector": "steel"}))
    plan_changed(campaign.pk)
    lifecycle.requeue([lead.pk], actor=bob)

    scheduler.serve_campaigns(seconds=5)

    assert judged(lead).enriched == {"sector": "steel"}


def test_jobs_after_enrichment_read_by_name_what_was_found_and_those_before_do_not(campaign, add_job, finder, job_type, make_leads):
    seen: dict[str, list] = {}

    def reads(key):
        def check(self, lead):
            seen[key] = [text(lead, "size"), FieldSelection(["size"]).texts(lead), {name for name, _ in FieldSelection([]).texts(lead)}]
            return passed()

        return job_type(key, check=check)

    add_job(campaign, reads("before"))
    add_job(campaign, reads("after"), after_enrichment=True)
    add_job(campaign, finder())
    make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    captured = {"firstName", "lastName", "email"}
    assert seen == {"before": ["", [("size", "")], captured], "after": ["big", [("size", "big")], captured]}


def test_what_was_captured_or_transformed_is_not_overlaid_by_what_is_found(campaign, add_job, finder, make_leads):
    add_job(campaign, finder(finds={"company": "Found", "city": "Found"}))
    ValueTransform.objects.create(
        campaign=campaign, label="City", type="transform", source_field="town", new_field="city", config={"values": {"LDN": "London"}}
    )
    plan_changed(campaign.pk)
    (lead,) = make_leads(campaign, company="Acme", town="LDN")

    scheduler.serve_campaigns(seconds=5)

    assert (judged(lead).values["company"], judged(lead).values["city"]) == ("Acme", "London")


@pytest.mark.parametrize("compares", [None, "campaign"])
@pytest.mark.parametrize("outcome", [failed("no"), error("cannot tell")])
def test_a_hard_fail_stops_enrichment_and_what_follows_it_with_a_reason_and_no_other_quality_job(
    compares, outcome, campaign, add_job, finder, noting, make_leads, job_type
):
    """Also one that could not check and counts as failed; and one that compares leads, though its word is given later."""
    asked, ran = [], []
    hard = job_type("hard", compares=compares, check=lambda self, lead: outcome if lead.values["company"] == "bad" else passed())
    add_job(campaign, hard, hardfail=True, on_error="fail")
    add_job(campaign, finder(finds=lambda lead: asked.append(lead.id) or enriched({"size": "big"})))
    add_job(campaign, noting(ran, "later"), stage=90)
    add_job(campaign, noting(ran, "afterwards"), after_enrichment=True)
    (bad,), (good,) = make_leads(campaign, company="bad"), make_leads(campaign, company="good")

    scheduler.serve_campaigns(seconds=5)

    assert asked == [good.pk]
    assert [step["outcome"] for step in steps(bad)] == ["error" if outcome.kind == "error" else "failed", "passed", "skipped", "skipped"]
    assert [step["reason"] for step in steps(bad)[2:]] == [STOPPED, NOT_ENRICHED]
    assert ran == ["later"] * 2 + ["afterwards"]
    assert (judged(bad).enriched, judged(bad).qa_status, judged(bad).hardfail) == ({}, QaStatus.INVALID, True)
    assert (judged(good).enriched, judged(good).qa_status) == ({"size": "big"}, QaStatus.VALID)


@pytest.mark.parametrize(
    ("hard_fails", "enriching", "ran"),
    [
        ("before", ["finder"], False),
        ("before", ["finder", "second"], False),
        ("before", [], True),
        ("compares", ["finder"], False),
        ("first of enrichment", ["finder"], False),
        ("last of enrichment", ["finder"], True),
        ("only enrichment", [], True),
        ("after", ["finder"], True),
        ("nothing", ["finder"], True),
    ],
)
@pytest.mark.parametrize("compares", [None, "campaign"])
def test_a_job_after_enrichment_runs_unless_a_hard_fail_stopped_some_enrichment(
    compares, hard_fails, enriching, ran, campaign, add_job, finder, job_type, make_leads
):
    """By the place of the hard fail. A lead that has nothing to look up was not stopped."""
    hard = job_type("hard", compares="campaign" if hard_fails == "compares" else None, check=lambda *_: failed("no"))
    if hard_fails in {"before", "compares", "after"}:
        add_job(campaign, hard, hardfail=True, after_enrichment=hard_fails == "after", stage=1)
    if hard_fails.endswith("enrichment"):
        stage = 90 if hard_fails.startswith("last") else 1
        add_job(campaign, finder("picky", lambda _: Enriched(failed("unknown company"))), hardfail=True, stage=stage)
    for key in enriching:
        add_job(campaign, finder(key, lambda _: Enriched(skipped("No company"))), stage=50)
    late = add_job(campaign, job_type("late", compares=compares, check=lambda *_: passed()), after_enrichment=True, stage=2)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    (step,) = [step for step in steps(lead) if step["job"] == late.pk]
    assert (step["outcome"], step["reason"], step["of"]) == (("passed", "", late.score) if ran else ("skipped", NOT_ENRICHED, 0))


def test_a_fail_without_hard_fail_stops_nothing(campaign, add_job, finder, job_type, make_leads):
    add_job(campaign, job_type("soft", check=lambda *_: failed("no")))
    add_job(campaign, finder())
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert judged(lead).enriched == {"size": "big"}


def test_a_hard_fail_of_an_enrichment_job_stops_those_after_it(campaign, add_job, finder, make_leads):
    add_job(campaign, finder("picky", lambda _: Enriched(failed("unknown company"))), hardfail=True)
    add_job(campaign, finder())
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    lead = judged(lead)
    assert (lead.enriched, lead.qa_status, lead.score, lead.max_score) == ({}, QaStatus.INVALID, 0, 0)


def test_who_falls_out_as_a_duplicate_is_not_enriched_and_the_first_of_them_is(campaign, add_job, finder, make_leads):
    asked: list[int] = []
    add_job(campaign, "duplicate_email", hardfail=True)
    add_job(campaign, finder(finds=lambda lead: asked.append(lead.id) or enriched({})))
    first, *others = make_leads(campaign, 3, email="twice@example.com")

    scheduler.serve_campaigns(seconds=5)

    assert asked == [first.pk]
    assert [judged(lead).qa_status for lead in (first, *others)] == [QaStatus.VALID, QaStatus.INVALID, QaStatus.INVALID]


def test_a_lead_that_no_longer_is_a_duplicate_when_it_is_written_is_run_again_and_enriched(
    campaign, add_job, finder, job_type, make_leads, bob
):
    """Between the first look and the one with the lock the lead that stood in its way was deleted."""
    add_job(campaign, "duplicate_email", hardfail=True)
    add_job(campaign, finder())
    (first,) = make_leads(campaign, email="twice@example.com")
    scheduler.serve_campaigns(seconds=5)
    (second,), (third,) = make_leads(campaign, email="twice@example.com"), make_leads(campaign)

    def deletes(self, lead):
        lifecycle.delete([first.pk], actor=bob)
        return passed()

    add_job(campaign, job_type("meanwhile", check=deletes), after_enrichment=True)
    scheduler.process_turn(campaign.pk, lane=0)
    assert (judged(second).processr_status, judged(second).qa_status) == (ProcessrStatus.PROCESSING, "")
    assert (judged(third).qa_status, judged(third).enriched) == (QaStatus.VALID, {"size": "big"})

    Lead.objects.filter(pk=second.pk).update(claimed_at="2020-01-01T00:00:00Z")
    sweep()

    assert (judged(second).qa_status, judged(second).enriched) == (QaStatus.VALID, {"size": "big"})
    assert judged(second).processing_counter == 1
    assert integrity.runs() + integrity.job_tallies() == []


def test_a_comparing_job_after_enrichment_sees_what_was_found_and_one_before_does_not(campaign, add_job, finder, job_type, make_leads):
    seen = {}

    def compares(key):
        def check(self, lead):
            seen[key] = text(lead, "size")
            return passed()

        return job_type(key, check=check, compares="campaign")

    add_job(campaign, compares("before"))
    add_job(campaign, compares("after"), after_enrichment=True)
    add_job(campaign, finder())
    make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert seen == {"before": "", "after": "big"}


@pytest.mark.parametrize(
    ("on_error", "status", "errored", "hardfail"),
    [("error", QaStatus.CAUTION, True, False), ("pass", QaStatus.VALID, False, False), ("fail", QaStatus.INVALID, False, True)],
)
def test_an_enrichment_that_could_not_be_done_keeps_the_lead_from_being_valid_unless_the_job_says_otherwise(
    on_error, status, errored, hardfail, campaign, three_jobs, add_job, finder, make_leads
):
    add_job(campaign, finder(finds=lambda _: 1 / 0), on_error=on_error, hardfail=True)
    (lead,) = make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    lead = judged(lead)
    assert (lead.qa_status, lead.errored, lead.hardfail) == (status, errored, hardfail)
    assert (lead.score, lead.max_score, lead.enriched) == (30, 30, {})
    assert ("Finder: could not be checked" in lead.qa_result["qaReasons"]) == errored


@pytest.mark.parametrize(
    "said",
    [
        enriched({"size": 7}),
        enriched({7: "size"}),
        enriched({"size": "\x00"}),
        enriched({"\ud800": "size"}),
        None,
        {"size": "big"},
    ],
)
def test_rubbish_is_an_error_of_the_job_and_the_lead_and_nothing_of_it_is_kept(said, campaign, add_job, finder, make_leads):
    add_job(campaign, finder("rubbish", lambda lead: said if lead.values["company"] == "odd" else enriched({"size": "big"})))
    (odd,), (other,) = make_leads(campaign, company="odd"), make_leads(campaign, company="even")
    scheduler.serve_campaigns(seconds=5)
    assert (judged(odd).enriched, judged(odd).qa_status) == ({}, QaStatus.CAUTION)
    assert (judged(other).enriched, judged(other).qa_status) == ({"size": "big"}, QaStatus.VALID)


def test_a_quality_job_finds_nothing(campaign, add_job, job_type, make_leads):
    add_job(campaign, job_type("lost", check=lambda *_: enriched({"size": "big"})))
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert (judged(lead).enriched, judged(lead).errored) == ({}, True)


def test_to_have_nothing_to_look_up_is_told_and_costs_nothing(campaign, three_jobs, add_job, finder, make_leads):
    add_job(campaign, finder(finds=lambda _: Enriched(skipped("No company"))))
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert judged(lead).qa_status == QaStatus.VALID
    assert (steps(lead)[-1]["outcome"], steps(lead)[-1]["reason"]) == ("skipped", "No company")


def test_groups_choose_by_what_was_found_where_their_jobs_run_after_enrichment(campaign, add_job, finder, make_leads):
    group = JobGroup.objects.create(campaign=campaign, name="Sizes", score=40)
    for stage, size in ((10, "small"), (20, "big")):
        job = add_job(campaign, "test_data", stage=stage, after_enrichment=True)
        Job.objects.filter(pk=job.pk).update(group=group)
        GroupCondition.objects.create(job=job, field="size", values=[size])
    add_job(campaign, finder())
    plan_changed(campaign.pk)
    (lead,) = make_leads(campaign)

    scheduler.serve_campaigns(seconds=5)

    assert [step["outcome"] for step in steps(lead)] == ["passed", "skipped", "passed"]
    assert (judged(lead).score, judged(lead).max_score) == (40, 40)


def test_of_a_group_with_jobs_in_two_parts_the_one_that_runs_first_is_chosen(campaign, add_job, finder, make_leads):
    group = JobGroup.objects.create(campaign=campaign, name="Either", score=40)
    jobs = [add_job(campaign, "test_data", stage=stage, after_enrichment=after) for stage, after in ((1, True), (90, False))]
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(group=group)
    plan_changed(campaign.pk)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert [(step["job"], step["outcome"]) for step in steps(lead)] == [(jobs[1].pk, "passed"), (jobs[0].pk, "skipped")]


def test_an_enrichment_job_of_a_retired_type_is_not_run_and_keeps_its_place(campaign, add_job, finder, make_leads, monkeypatch):
    add_job(campaign, finder("retired"))
    add_job(campaign, finder())
    monkeypatch.delitem(job_types._plugins, "retired")
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert [(step["label"], step["outcome"]) for step in steps(lead)] == [("Retired", "skipped"), ("Finder", "passed")]
    assert judged(lead).qa_status == QaStatus.VALID


def test_the_same_is_found_however_the_leads_are_cut_into_chunks(make_campaign, add_job, finder, make_leads, monkeypatch):
    key = finder(finds=lambda lead: enriched({"size": lead.values["company"].upper()}))

    def enriched_leads(at_once: int) -> list:
        campaign = make_campaign()
        add_job(campaign, "duplicate_email", hardfail=True)
        add_job(campaign, key)
        for number in range(7):
            make_leads(campaign, company=f"c{number % 3}", email=f"same{number % 4}@example.com")
        monkeypatch.setattr(scheduler, "_chunk_size", lambda plan: at_once)
        scheduler.serve_campaigns(seconds=10)
        return list(Lead.objects.filter(campaign=campaign).order_by("pk").values_list("qa_status", "enriched"))

    assert enriched_leads(1) == enriched_leads(3) == enriched_leads(500)


def test_a_chunk_costs_the_same_queries_whatever_its_size_and_however_many_enrichment_jobs_there_are(
    make_campaign, add_job, finder, make_leads
):
    key = finder()

    def queries(leads: int, jobs: int) -> int:
        campaign = make_campaign()
        add_job(campaign, "duplicate_email", hardfail=True)
        for _ in range(jobs):
            add_job(campaign, key)
        make_leads(campaign, leads)
        make_leads(campaign, 2, email="twice@example.com")
        current_plan(campaign.pk)
        with CaptureQueriesContext(connection) as captured:
            assert scheduler.process_turn(campaign.pk, lane=0).leads == leads + 2
        return len([query for query in captured if "SAVEPOINT" not in query["sql"]])

    assert queries(3, 1) == queries(100, 1) == queries(3, 5)


def test_leads_that_are_taken_away_while_they_are_enriched_are_left_alone(campaign, add_job, finder, make_leads, bob):
    lost, kept = make_leads(campaign, 2)

    def edits(lead):
        if lead.id == lost.pk:
            lifecycle.edit({lost.pk: {"company": "Changed"}}, actor=bob)
        return enriched({"size": "big"})

    add_job(campaign, finder(finds=edits))
    scheduler.process_turn(campaign.pk, lane=0)

    assert (judged(lost).processr_status, judged(lost).enriched) == (ProcessrStatus.WAITING, {})
    assert judged(kept).enriched == {"size": "big"}
