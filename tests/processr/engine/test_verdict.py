"""The verdict in words: what decided the status, and what could not be checked."""

from dataclasses import replace

import pytest

from leads.statuses import QaStatus, percentage
from processr.engine.scoring import Step, judge
from processr.engine.verdict import sentences
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.models import Job
from processr.plans.plan import CompiledPlan, PlannedJob

PLAN = CompiledPlan(campaign_id=1, advertiser_id=1, number=1, threshold=80, test_mode=False, jobs=(), transforms=())


def step(label: str, kind: str, *, score: int = 10, hardfail: bool = False, on_error: str = Job.OnError.ERROR) -> Step:
    job = PlannedJob(
        id=1, type="made", category="quality", label=label, stage=1, score=score, hardfail=hardfail, on_error=on_error, after_enrichment=False, config={},
    )  # fmt: skip
    return Step(job, Outcome(OutcomeKind(kind)))


def said(*steps: Step, plan: CompiledPlan = PLAN) -> tuple[str, str]:
    judgement = judge(steps, threshold=plan.threshold, test=plan.test_mode)
    return judgement.qa_status, " ".join(sentences(judgement, steps, plan))


BIG = step("Big", "passed", score=90)


@pytest.mark.parametrize(
    ("steps", "status", "words"),
    [
        ([BIG], QaStatus.VALID, "It earned all 90 points of the jobs that were run."),
        ([], QaStatus.VALID, "No job that scores was run, and no hard fail job failed."),
        ([BIG, step("A", "failed")], QaStatus.CAUTION, "A failed. 90 of 100 points (90 %) reaches the threshold of 80 %, and is not all."),
        ([step("A", "failed"), step("B", "passed")], QaStatus.INVALID, "A failed. 10 of 20 points (50 %) is below the threshold of 80 %."),
        ([BIG, step("A", "failed", hardfail=True)], QaStatus.INVALID, "A failed: a hard fail makes a lead Invalid whatever its score."),
        (
            [step("A", "failed", hardfail=True), step("B", "failed", hardfail=True), step("C", "failed")], QaStatus.INVALID,
            "A and B failed: hard fails make a lead Invalid whatever its score. 0 of 30 points (0 %) is below the threshold of 80 %.",
        ),
        (
            [BIG, step("A", "error")], QaStatus.CAUTION,
            "90 of 90 points (100 %) is all there was to earn, but not every job could check it. "
            "A could not check the lead, so its points are counted neither way, and the lead is at best Caution.",
        ),
        (
            [BIG, step("A", "error", on_error="pass"), step("B", "error", on_error="pass")], QaStatus.VALID,
            "It earned all 110 points of the jobs that were run. A and B could not check the lead, and count as passed by their setting.",
        ),
        (
            [BIG, step("A", "error", on_error="fail", hardfail=True)], QaStatus.INVALID,
            "A failed: a hard fail makes a lead Invalid whatever its score. A could not check the lead, and counts as failed by its setting.",
        ),
    ],
)  # fmt: skip
def test_the_sentences_say_what_decided(steps, status, words):
    assert said(*steps) == (status, words)


def test_a_test_lead_is_explained_by_the_status_it_earned():
    status, words = said(step("A", "failed"), plan=replace(PLAN, test_mode=True))
    assert status == QaStatus.TEST
    assert words.startswith("The campaign was in test mode, so the lead is a test, whatever the jobs found. A failed.")


def test_a_long_list_of_jobs_is_cut():
    _, words = said(*(step(f"J{number}", "failed") for number in range(9)))
    assert words.startswith("J0, J1, J2, J3, J4 and 4 more failed.")


@pytest.mark.parametrize(("score", "of", "share"), [(0, 0, 100), (199, 200, 99), (159, 200, 79), (160, 200, 80), (1, 3, 33)])
def test_a_share_is_never_rounded_up_to_a_threshold_or_to_all(score, of, share):
    assert percentage(score, of) == share
