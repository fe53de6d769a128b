"""Deciding on feedback: a pure function of the policy and the facts, with an explanation by rule."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.feedback.policy import RETURNED, FeedbackPolicyRules, OnConflict, ReturnReason
from integrations.feedback.requests import FeedbackType
from integrations.models import Feedback

State = Feedback.State
FORBIDDEN = "Feedback is forbidden"
"""The reason by which callers recognise that an integration takes no feedback (decision 17)."""
NOT_DELIVERED = "This lead was not delivered"
WAITS = "This return waits for approval"
ASK = "Ask whoever manages the campaign for an exception."
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class FeedbackFacts:
    """The facts that a decision depends on, besides the policy. `sent_at` is None where the lead was not delivered, or was taken back.

    `returns` were taken in the period of the quota so far, and `sent` were sent. `opposed` says that the opposite was
    accepted of this delivery.
    """

    type: FeedbackType
    reason: str
    received_at: datetime
    sent_at: datetime | None
    values: Mapping[str, str] = field(default_factory=dict)
    returns: int = 0
    sent: int = 0
    opposed: bool = False


@dataclass(frozen=True, slots=True)
class FeedbackCheck:
    """A rule that was looked at: the value seen, the limit, and what can be done where it does not hold.

    `refusal` is told to the caller. It holds no value of the lead, and neither does `seen`.
    """

    rule: str
    seen: str
    limit: str
    passed: bool
    refusal: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackDecision:
    state: Feedback.State
    reason: str
    """The reason that the caller is told; empty where the feedback is accepted."""
    checks: tuple[FeedbackCheck, ...]
    meaning: ReturnReason
    """The reason and category of the flag that an accepted return gives."""
    conflict: bool = False

    @property
    def is_forbidden(self) -> bool:
        return self.reason == FORBIDDEN

    def explanation(self) -> list[dict[str, Any]]:
        return [{name: value for name, value in asdict(check).items() if value != ""} for check in self.checks]


def decide(policy: FeedbackPolicyRules, facts: FeedbackFacts) -> FeedbackDecision:
    """Return the decision. All rules are explained, and the first one that does not hold is the reason."""
    is_return = facts.type == FeedbackType.RETURN
    checks = [_allowed(policy, facts)]
    if checks[0].passed:
        checks.append(_delivered(facts))
    if all(check.passed for check in checks):
        checks += [*(_of_returns(policy, facts) if is_return else ()), *_conflict(policy, facts)]
    meaning = policy.reason_meant(facts.reason) or ReturnReason(facts.reason, RETURNED)
    failed = next((check for check in checks if not check.passed), None)
    if failed:
        return FeedbackDecision(State.REFUSED, failed.refusal, tuple(checks), meaning, facts.opposed)
    if policy.approval and is_return:
        checks.append(FeedbackCheck("Approval", "automatic rules are met", "a person decides", passed=True))
        return FeedbackDecision(State.WAITING, WAITS, tuple(checks), meaning, facts.opposed)
    return FeedbackDecision(State.ACCEPTED, "", tuple(checks), meaning, facts.opposed)


def decide_again(state: Feedback.State, *, conflict: bool) -> FeedbackDecision:
    """Return the decision on feedback that says what accepted or waiting feedback has said of the same delivery before."""
    check = FeedbackCheck("Repeat", "the same was said of this delivery before", "counted once", passed=True)
    return FeedbackDecision(state, WAITS if state == State.WAITING else "", (check,), ReturnReason(""), conflict)


def _allowed(policy: FeedbackPolicyRules, facts: FeedbackFacts) -> FeedbackCheck:
    name = "Returns" if facts.type == FeedbackType.RETURN else "Conversions"
    passed = policy.takes(facts.type)
    remedy = f"Switch {name.lower()} on in the feedback policy of the integration."
    return FeedbackCheck(name, facts.type, "taken" if passed else "not taken", passed, FORBIDDEN, remedy)


def _delivered(facts: FeedbackFacts) -> FeedbackCheck:
    passed = facts.sent_at is not None
    seen = "delivered" if passed else "not sent, or taken back since"
    return FeedbackCheck("Delivery", seen, "delivered", passed, NOT_DELIVERED, "Give feedback on a delivery that was sent.")


def _of_returns(policy: FeedbackPolicyRules, facts: FeedbackFacts) -> Iterator[FeedbackCheck]:
    if policy.maximum_age_days is not None and facts.sent_at is not None:
        yield _age(policy.maximum_age_days, facts.received_at - facts.sent_at)
    if policy.reasons:
        yield _reason(policy, facts)
    for rule in policy.rules:
        listed = ", ".join(rule.written)
        holds = rule.holds(facts.values)
        refusal = f"Returns are taken of leads with certain values of {rule.field} only"
        seen = "one of these" if holds else "another value"
        yield FeedbackCheck(f"Value of {rule.field}", seen, listed, holds, refusal, ASK)
    if policy.quota:
        limit = policy.quota.limit(facts.sent)
        refusal = f"Must provide at most {_returns(limit)} a {policy.quota.period}: {facts.returns:,} were taken before this one"
        seen = f"{_returns(facts.returns)} before this one, {facts.sent:,} leads sent"
        passed = facts.returns < limit
        yield FeedbackCheck(
            "Quota", seen, f"{limit:,} ({policy.quota})", passed, refusal, f"Wait for the next {policy.quota.period}. {ASK}"
        )


def _age(days: int, age: timedelta) -> FeedbackCheck:
    """Compare whole seconds: exactly the days are accepted, and one second more is not (decision 16)."""
    seconds = age // timedelta(seconds=1)
    within = f"{days} day{'s' if days != 1 else ''}"
    refusal = f"Must provide return within {within}: this one came {duration(seconds)} after delivery"
    remedy = f"Give returns within {within} of the delivery. {ASK}"
    return FeedbackCheck("Age", duration(seconds), within, seconds <= days * 86_400, refusal, remedy)


def _reason(policy: FeedbackPolicyRules, facts: FeedbackFacts) -> FeedbackCheck:
    listed = ", ".join(each.words for each in policy.reasons)
    passed = policy.reason_meant(facts.reason) is not None
    refusal = "Must provide a reason for the return" if not facts.reason else "This reason is not among those agreed for returns"
    return FeedbackCheck("Reason", facts.reason or "none", listed, passed, f"{refusal}: {listed}"[:300], "Give one of the reasons listed.")


def _conflict(policy: FeedbackPolicyRules, facts: FeedbackFacts) -> Iterator[FeedbackCheck]:
    if not facts.opposed:
        return
    other = "conversion" if facts.type == FeedbackType.RETURN else "return"
    passed = policy.conflicts == OnConflict.ACCEPT
    limit = "recorded as a conflict" if passed else f"not taken after a {other}"
    yield FeedbackCheck("Conflict", f"a {other} was accepted before", limit, passed, f"A {other} of this lead was accepted before", ASK)


def _returns(n: int) -> str:
    return f"{n:,} return{'s' if n != 1 else ''}"


def duration(seconds: int) -> str:
    """Return the two largest units of a duration that say something, such as "8 d 3 h"; "7 d 1 s" for a second more than seven days."""
    parts = []
    left = max(0, seconds)
    for size, unit in _UNITS:
        n, left = divmod(left, size)
        if n:
            parts.append(f"{n:,} {unit}")
    return " ".join(parts[:2]) or "0 s"
