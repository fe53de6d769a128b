"""Decisions on feedback, each with its explanation."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.feedback.decide import FeedbackFacts, decide, duration
from integrations.feedback.policy import OFF, FeedbackPolicyRules
from integrations.feedback.requests import FeedbackType

SENT = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
RETURN, CONVERSION = FeedbackType.RETURN, FeedbackType.CONVERSION


def decided(feedback_type=RETURN, *, after=DAY, reason="Wrong number", facts=None, **body):
    policy = FeedbackPolicyRules.from_body({"returns": True, "conversions": True, **body})
    given = {"sent_at": SENT, **(facts or {})}
    return decide(policy, FeedbackFacts(feedback_type, reason, SENT + after, **given))


def explained(decision, rule):
    (found,) = [row for row in decision.explanation() if row["rule"] == rule]
    return found


@pytest.mark.parametrize("feedback_type", FeedbackType)
def test_nothing_is_taken_without_a_policy(feedback_type):
    decision = decide(OFF, FeedbackFacts(feedback_type, "", SENT, sent_at=SENT))
    assert (decision.state, decision.reason, decision.is_forbidden) == ("refused", "Feedback is forbidden", True)


def test_a_type_that_is_off_is_forbidden_and_the_other_taken():
    assert decided(CONVERSION, conversions=False).is_forbidden
    assert decided(RETURN, conversions=False).state == "accepted"


@pytest.mark.parametrize(("after", "state"), [(6 * DAY, "accepted"), (7 * DAY, "accepted"), (7 * DAY + timedelta(seconds=1), "refused")])
def test_exactly_the_days_are_accepted_and_one_second_more_is_not(after, state):
    assert decided(after=after, maximumAgeDays=7).state == state
    assert decided(CONVERSION, after=after, maximumAgeDays=7).state == "accepted", "conversions have no age"


def test_a_refusal_names_the_rule_the_value_the_limit_and_the_remedy():
    decision = decided(after=timedelta(days=8, hours=3, minutes=20), maximumAgeDays=7)
    assert decision.reason == "Must provide return within 7 days: this one came 8 d 3 h after delivery"
    age = explained(decision, "Age")
    assert (age["seen"], age["limit"], age["passed"]) == ("8 d 3 h", "7 days", False)
    assert age["remedy"].startswith("Give returns within 7 days")


def test_clocks_that_differ_do_not_make_feedback_too_old():
    assert decided(after=-timedelta(minutes=1), maximumAgeDays=1).state == "accepted"


def test_what_was_not_delivered_is_refused_before_its_rules_are_asked():
    decision = decided(facts={"sent_at": None}, maximumAgeDays=1, reasons=["Other"])
    assert decision.reason == "This lead was not delivered"
    assert [row["rule"] for row in decision.explanation()] == ["Returns", "Delivery"]


@pytest.mark.parametrize(("reason", "state"), [("wrong NUMBER", "accepted"), ("Wrong nmber", "refused"), ("", "refused")])
def test_reasons_are_those_of_the_list(reason, state):
    assert decided(reason=reason, reasons=["Wrong number"]).state == state
    assert decided(reason=reason).state == "accepted"
    assert decided(CONVERSION, reason=reason, reasons=["Wrong number"]).state == "accepted"


def test_a_reason_of_the_list_means_a_reason_and_category_of_ours():
    row = {"words": "Wrong number", "reason": "Incorrect data", "category": ""}
    assert decided(reasons=[row]).meaning.reason == "Incorrect data"
    assert decided().meaning.reason == "Returned"


@pytest.mark.parametrize(("taken", "sent", "state"), [(0, 0, "accepted"), (1, 0, "refused"), (1, 20, "accepted"), (2, 29, "refused")])
def test_a_quota_counts_what_was_taken_before(taken, sent, state):
    decision = decided(facts={"returns": taken, "sent": sent}, quota={"percent": 10, "period": "week"})
    assert decision.state == state
    assert explained(decision, "Quota")["limit"].endswith("(10 % of what is sent in a week)")


def test_rules_on_values_tell_no_value_of_the_lead():
    rules = [{"field": "country", "values": ["GB"]}]
    assert decided(facts={"values": {"country": " gb "}}, rules=rules).state == "accepted"
    refused = decided(facts={"values": {"country": "secret"}}, rules=rules)
    assert refused.state == "refused"
    assert "secret" not in str(refused)
    assert decided(rules=rules).state == "refused", "a lead without the value"


def test_returns_wait_for_approval_where_the_other_rules_hold():
    assert decided(approval=True).state == "waiting"
    assert decided(approval=True, after=9 * DAY, maximumAgeDays=7).state == "refused"
    assert decided(CONVERSION, approval=True).state == "accepted"


@pytest.mark.parametrize("feedback_type", FeedbackType)
def test_a_conflict_is_recorded_or_refused(feedback_type):
    decision = decided(feedback_type, facts={"opposed": True})
    assert (decision.state, decision.conflict) == ("accepted", True)
    decision = decided(feedback_type, facts={"opposed": True}, conflicts="refuse")
    assert (decision.state, decision.conflict) == ("refused", True)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (-5, "0 s"), (61, "1 min 1 s"), (604_801, "7 d 1 s"), (86_400 * 1_000, "1,000 d")]
)
def test_a_duration_has_the_two_largest_units(seconds, text):
    assert duration(seconds) == text
