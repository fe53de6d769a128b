"""Scoring by decisions 2, 4 and 5 as a table, and properties of any mix of outcomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.engine.scoring import judge
from processr.job_types.outcomes import Outcome, OutcomeKind, error, failed, passed, skipped
from tests.processr.planned import group, step

PASS, FAIL, ERROR, SKIP = passed(), failed("bad"), error("down"), skipped("nothing to check")


def steps(*spec):
    """(outcome, points) or (outcome, points, {columns}) each."""
    return [step(outcome, score=points, **(more[0] if more else {})) for outcome, points, *more in spec]


@pytest.mark.parametrize(
    ("what", "spec", "status", "score"),
    [
        ("nothing scored is Valid, 0 of 0", [], "valid", (0, 0)),
        ("all jobs skipped is Valid, 0 of 0", [(SKIP, 10), (SKIP, 20)], "valid", (0, 0)),
        ("all points are Valid", [(PASS, 10), (PASS, 20)], "valid", (30, 30)),
        ("exactly the threshold is Caution", [(PASS, 80), (FAIL, 20)], "caution", (80, 100)),
        ("one point below the threshold is Invalid", [(PASS, 79), (FAIL, 21)], "invalid", (79, 100)),
        ("one point short of all is Caution", [(PASS, 99), (FAIL, 1)], "caution", (99, 100)),
        ("a skipped job's points are not possible", [(PASS, 10), (SKIP, 90)], "valid", (10, 10)),
        ("a hard fail is Invalid whatever the score", [(PASS, 99), (FAIL, 1, {"hardfail": True})], "invalid", (99, 100)),
        ("a hard fail without points is Invalid too", [(PASS, 10), (FAIL, 0, {"hardfail": True})], "invalid", (10, 10)),
        ("a failure without points costs nothing", [(PASS, 10), (FAIL, 0)], "valid", (10, 10)),
        ("a passed hard-fail job is no hard fail", [(PASS, 10, {"hardfail": True})], "valid", (10, 10)),
        ("an error's points are not possible, and it is at best Caution", [(PASS, 10), (ERROR, 90)], "caution", (10, 10)),
        ("only errors are Caution, 0 of 0", [(ERROR, 10)], "caution", (0, 0)),
        ("an errored hard-fail job is no hard fail", [(PASS, 10), (ERROR, 10, {"hardfail": True})], "caution", (10, 10)),
        ("an error does not better an Invalid lead", [(FAIL, 10), (ERROR, 10)], "invalid", (0, 10)),
        ("an error that counts as passed earns its points", [(PASS, 10), (ERROR, 90, {"on_error": "pass"})], "valid", (100, 100)),
        ("an error that counts as failed costs its points", [(PASS, 10), (ERROR, 90, {"on_error": "fail"})], "invalid", (10, 100)),
        ("what is found out earns nothing", [(PASS, 10), (PASS, 50, {"category": "enrichment"})], "valid", (10, 10)),
        ("nor does it in a group", [(PASS, 10), (PASS, 50, {"category": "enrichment", "group": group(40)})], "valid", (10, 10)),
        ("what could not be found out is at best Caution", [(PASS, 10), (ERROR, 50, {"category": "enrichment"})], "caution", (10, 10)),
        ("unless it counts as passed", [(PASS, 10), (ERROR, 0, {"category": "enrichment", "on_error": "pass"})], "valid", (10, 10)),
        ("or as a hard fail",
         [(PASS, 10), (ERROR, 0, {"category": "enrichment", "on_error": "fail", "hardfail": True})], "invalid", (10, 10)),
        ("a transform that could not be applied is at best Caution", [(PASS, 10), (ERROR, 0, {"category": "transform"})], "caution", (10, 10)),
        ("and can be a hard fail", [(PASS, 90), (ERROR, 1, {"on_error": "fail", "hardfail": True})], "invalid", (90, 91)),
    ],
)  # fmt: skip
def test_the_rules_of_scoring(what, spec, status, score):
    judgement = judge(steps(*spec), threshold=80)
    assert (judgement.qa_status, (judgement.score, judgement.max_score)) == (status, score), what


@pytest.mark.parametrize(("threshold", "earned", "of", "status"), [
    (70, 7, 10, "caution"), (70, 69, 100, "invalid"), (100, 99, 100, "invalid"), (100, 100, 100, "valid"), (1, 1, 100, "caution"),
    (1, 0, 100, "invalid"), (80, 4, 5, "caution"), (33, 1, 3, "caution"), (34, 1, 3, "invalid"), (80, 159, 200, "invalid"), (99, 988, 1000, "invalid"),
])  # fmt: skip
def test_the_threshold_is_a_percentage_reached_in_whole_numbers(threshold, earned, of, status):
    assert judge(steps((PASS, earned), (FAIL, of - earned)), threshold=threshold).qa_status == status


def test_the_job_of_a_group_earns_the_groups_points_and_not_its_own():
    regions = group(score=50)
    judgement = judge([step(FAIL, score=3, group=regions), step(SKIP, score=4, group=regions), step(PASS, score=50)], threshold=50)
    assert (judgement.score, judgement.max_score, judgement.qa_status) == (50, 100, "caution")


def test_a_group_of_which_no_job_ran_is_neither_earned_nor_possible():
    regions = group(score=50)
    judgement = judge([step(SKIP, group=regions), step(SKIP, group=regions), step(PASS, score=10)], threshold=80)
    assert (judgement.score, judgement.max_score, judgement.qa_status) == (10, 10, "valid")


def test_reasons_name_each_failure_and_each_job_that_could_not_check():
    down = step(ERROR, label="Live telephone")
    judgement = judge([step(failed("too short")), down, step(PASS), step(SKIP), step(failed("on the list"))], threshold=80)
    assert judgement.reasons == ["too short", "Live telephone: could not be checked", "on the list"]
    assert judgement.errored
    assert down.job.id not in judgement.failed_jobs


def test_an_error_with_a_setting_is_a_decision_and_not_an_errored_lead():
    assert not judge(steps((ERROR, 10, {"on_error": "pass"}), (ERROR, 10, {"on_error": "fail"})), threshold=80).errored


def test_a_test_keeps_the_score_it_earned():
    judgement = judge(steps((PASS, 10), (FAIL, 90)), threshold=80, test=True)
    assert (judgement.qa_status, judgement.earned_status, judgement.score, judgement.max_score) == ("test", "invalid", 10, 100)


OUTCOMES = st.sampled_from([Outcome(kind, "why") for kind in OutcomeKind])
STEPS = st.lists(
    st.builds(
        step, OUTCOMES, score=st.integers(0, 2) | st.integers(0, 500), hardfail=st.booleans(), on_error=st.sampled_from(["error", "pass", "fail"])
    ),
    max_size=12,
)  # fmt: skip
THRESHOLDS = st.integers(1, 100)
RANK = {"invalid": 0, "caution": 1, "valid": 2}


@given(STEPS, THRESHOLDS)
def test_a_score_lies_between_nothing_and_what_is_possible(some, threshold):
    judgement = judge(some, threshold=threshold)
    assert 0 <= judgement.score <= judgement.max_score <= sum(s.job.score for s in some)


@given(STEPS, THRESHOLDS)
def test_valid_means_every_point_no_hard_fail_and_nothing_unchecked(some, threshold):
    judgement = judge(some, threshold=threshold)
    assert (judgement.qa_status == "valid") == (judgement.score == judgement.max_score and not judgement.hardfail and not judgement.errored)


@given(STEPS, THRESHOLDS)
def test_each_step_says_of_itself_what_scoring_makes_of_it(some, threshold):
    judgement = judge(some, threshold=threshold)
    assert (sum(s.earned for s in some), sum(s.possible for s in some)) == (judgement.score, judgement.max_score)
    assert any(s.keeps_from_valid for s in some) == (judgement.qa_status != "valid")


@given(STEPS, THRESHOLDS, st.data())
def test_one_more_passed_job_never_makes_a_lead_worse(some, threshold, data):
    better = [*some, step(PASS, score=data.draw(st.integers(0, 500)))]
    before, after = judge(some, threshold=threshold), judge(better, threshold=threshold)
    assert RANK[after.qa_status] >= RANK[before.qa_status]


@given(STEPS, THRESHOLDS)
def test_a_lower_threshold_never_makes_a_lead_worse(some, threshold):
    assert RANK[judge(some, threshold=max(1, threshold - 1)).qa_status] >= RANK[judge(some, threshold=threshold).qa_status]


@given(STEPS, THRESHOLDS)
def test_the_order_of_the_steps_is_no_matter_for_the_status(some, threshold):
    one, other = judge(some, threshold=threshold), judge(some[::-1], threshold=threshold)
    assert (one.qa_status, one.score, one.max_score) == (other.qa_status, other.score, other.max_score)
