"""The policy as a value: what it reads, what it refuses and where."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.core.errors import DomainError
from integrations.feedback.policy import OFF, FeedbackPolicyRules, ReturnReason

FULL = {
    "returns": True,
    "conversions": True,
    "maximumAgeDays": 7,
    "reasons": [{"words": "Wrong number", "reason": "Returned", "category": "Wrong details"}],
    "quota": {"count": None, "percent": 10, "period": "week"},
    "rules": [{"field": "country", "values": ["GB", "IE"]}],
    "approval": True,
    "flagInvalid": False,
    "conflicts": "refuse",
}


def test_a_body_comes_back_as_it_was():
    assert FeedbackPolicyRules.from_body(FULL).body() == FULL
    assert FeedbackPolicyRules.from_body({}) == OFF
    assert (OFF.body()["returns"], OFF.body()["flagInvalid"]) == (False, True)


def test_a_change_leaves_what_it_does_not_name():
    changed = FeedbackPolicyRules.from_body(FULL).changed({"returns": False, "quota": None})
    assert changed.body() == {**FULL, "returns": False, "quota": None}


def test_a_reason_may_be_words_alone_and_is_found_in_any_spelling():
    policy = FeedbackPolicyRules.from_body({"reasons": ["Wrong number", {"words": "Kein Interesse", "category": "No interest"}]})
    assert policy.reason_meant("  WRONG  number") == ReturnReason("Wrong number", "Returned", "")
    assert policy.reason_meant("kein interesse") == ReturnReason("Kein Interesse", "Returned", "No interest")
    assert policy.reason_meant("") is policy.reason_meant("nobody") is None
    assert OFF.reason_meant("whatever") == ReturnReason("whatever")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"return": True}, "return"),
        ({"returns": "yes"}, "returns"),
        ({"approval": 1}, "approval"),
        ({"maximumAgeDays": 0}, "maximumAgeDays"),
        ({"maximumAgeDays": True}, "maximumAgeDays"),
        ({"maximumAgeDays": 1.5}, "maximumAgeDays"),
        ({"maximumAgeDays": 10**9}, "maximumAgeDays"),
        ({"reasons": "Wrong number"}, "reasons"),
        ({"reasons": [{"words": ""}]}, "reasons[0].words"),
        ({"reasons": ["a", "A "]}, "reasons[1].words"),
        ({"reasons": [{"words": "a", "other": 1}]}, "reasons[0]"),
        ({"reasons": ["a\x00"]}, "reasons[0].words"),
        ({"reasons": ["x"] * 201}, "reasons"),
        ({"quota": {"count": 1, "percent": 1, "period": "day"}}, "quota"),
        ({"quota": {"period": "day"}}, "quota"),
        ({"quota": {"count": 1, "period": "year"}}, "quota.period"),
        ({"quota": {"count": 1, "period": []}}, "quota.period"),
        ({"quota": {"percent": 101, "period": "day"}}, "quota.percent"),
        ({"quota": []}, "quota"),
        ({"rules": [{"field": "", "values": ["a"]}]}, "rules[0].field"),
        ({"rules": [{"field": "country", "values": []}]}, "rules[0].values"),
        ({"rules": [{"field": "country", "values": [1]}]}, "rules[0].values"),
        ({"rules": ["country"]}, "rules[0]"),
        ({"conflicts": "ask"}, "conflicts"),
        ({"conflicts": None}, "conflicts"),
    ],
)
def test_a_malformed_body_is_refused_where_it_is_so(body, field):
    with pytest.raises(DomainError) as refusal:
        FeedbackPolicyRules.from_body(body)
    assert refusal.value.field == f"feedback.{field}"


@pytest.mark.parametrize("body", [None, [], "returns", 1])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(DomainError):
        FeedbackPolicyRules.from_body(body)
    with pytest.raises(DomainError):
        OFF.changed(body)


def quota(**said):
    return FeedbackPolicyRules.from_body({"quota": {"period": "week", **said}}).quota


@pytest.mark.parametrize(("percent", "sent", "limit"), [(10, 0, 1), (10, 19, 1), (10, 20, 2), (10, 29, 2), (100, 3, 3), (1, 99, 1)])
def test_a_percentage_is_rounded_down_and_at_least_one(percent, sent, limit):
    assert quota(percent=percent).limit(sent) == limit
    assert quota(count=5).limit(sent) == 5


@pytest.mark.parametrize(("period", "since"), [("day", (2026, 10, 25)), ("week", (2026, 10, 19)), ("month", (2026, 10, 1))])
def test_a_period_begins_at_midnight_of_the_enterprise_and_a_week_on_monday(period, since):
    zone = ZoneInfo("Europe/London")
    moment = datetime(2026, 10, 25, 22, 30, tzinfo=zone)  # Sunday, on which the clocks go back
    assert quota(count=1, period=period).since(moment) == datetime(*since, tzinfo=zone)
