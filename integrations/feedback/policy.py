"""The policy of an integration's feedback, as a value: which feedback is taken, and under which rules."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from config.core.errors import DomainError
from config.core.pg_text import is_storable
from integrations.delivery.limits import periods
from integrations.feedback.requests import LONGEST_REASON, FeedbackType
from leads.values import field_names, texts
from processr.plans.plan import PlannedCondition, condition_on

PolicyBody = Mapping[str, Any]
LONGEST_AGE = 3650
"""Days."""
MOST_REASONS, MOST_RULES, MOST_VALUES, LONGEST_VALUE = 200, 20, 200, 250
HIGHEST_COUNT = 100_000_000
RETURNED = "Returned"
"""The reason of the flag Invalid that a return gives, unless the policy maps the client's words to another."""
LONGEST_CATEGORY = 120


class OnConflict(StrEnum):
    """The treatment of feedback after the opposite was accepted of the same delivery."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class QuotaPeriod(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """A reason for which returns are taken, in the client's words, with the reason and category of the flag that it means."""

    words: str
    reason: str = RETURNED
    category: str = ""


@dataclass(frozen=True, slots=True)
class ReturnQuota:
    """How many returns are taken in a period: a number, or a percentage of the leads that were sent in it so far (decision 46)."""

    period: QuotaPeriod
    count: int | None = None
    percent: int | None = None

    def limit(self, sent: int) -> int:
        return self.count if self.count is not None else max(1, sent * (self.percent or 0) // 100)

    def since(self, moment: datetime) -> datetime:
        """Return when the period of a moment, in the zone of the enterprise, has begun."""
        first, _ = periods(moment.date())[f"cap_{self.period}"]
        return datetime.combine(first, time.min, moment.tzinfo)

    def __str__(self) -> str:
        return f"{self.count:,} a {self.period}" if self.count is not None else f"{self.percent} % of what is sent in a {self.period}"


@dataclass(frozen=True, slots=True)
class FeedbackPolicyRules:
    """The rules of a policy. Age, reasons, quota, rules on values and approval are for returns; conversions are taken or not."""

    returns: bool = False
    conversions: bool = False
    maximum_age_days: int | None = None
    reasons: tuple[ReturnReason, ...] = ()
    quota: ReturnQuota | None = None
    rules: tuple[PlannedCondition, ...] = ()
    approval: bool = False
    flag_invalid: bool = True
    conflicts: OnConflict = OnConflict.ACCEPT

    @classmethod
    def from_body(cls, body: PolicyBody) -> "FeedbackPolicyRules":
        """Return the rules of a body, in which what is missing has its initial value. Raise DomainError if it is malformed."""
        if not isinstance(body, Mapping):
            raise DomainError("The policy is an object.", field="feedback")
        if unknown := next((name for name in body if name not in _READERS), None):
            raise _fault(str(unknown)[:60], f"There is no such rule; there are {', '.join(_READERS)}.")
        return cls(**{attribute: read(name, body[name]) for name, (attribute, read) in _READERS.items() if name in body})

    def changed(self, changes: PolicyBody) -> "FeedbackPolicyRules":
        """Return the rules with those of a body that it names."""
        if not isinstance(changes, Mapping):
            raise DomainError("The policy is an object.", field="feedback")
        return self.from_body({**self.body(), **changes})

    def body(self) -> dict[str, Any]:
        quota = self.quota
        return {
            "returns": self.returns,
            "conversions": self.conversions,
            "maximumAgeDays": self.maximum_age_days,
            "reasons": [{"words": each.words, "reason": each.reason, "category": each.category} for each in self.reasons],
            "quota": quota and {"count": quota.count, "percent": quota.percent, "period": quota.period.value},
            "rules": [{"field": rule.field, "values": list(rule.written)} for rule in self.rules],
            "approval": self.approval,
            "flagInvalid": self.flag_invalid,
            "conflicts": self.conflicts.value,
        }

    def takes(self, feedback_type: FeedbackType) -> bool:
        return self.returns if feedback_type == FeedbackType.RETURN else self.conversions

    def reason_meant(self, words: str) -> ReturnReason | None:
        """Return what the client's words mean: a reason of the list; without a list, Returned; None for words that are not listed."""
        if not self.reasons:
            return ReturnReason(words)
        folded = texts.fold(words)
        return next((each for each in self.reasons if texts.fold(each.words) == folded), None)


OFF = FeedbackPolicyRules()
"""The policy of an integration that has none: no feedback is taken."""


def _fault(field: str, message: str) -> DomainError:
    return DomainError(message, field=f"feedback.{field}")


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _fault(name, "Must be true or false.")
    return value


def _age(name: str, value: object) -> int | None:
    return None if value is None else _number(name, value, at_most=LONGEST_AGE)


def _number(name: str, value: object, *, at_most: int) -> int:
    if type(value) is not int or not 1 <= value <= at_most:
        raise _fault(name, f"Must be a whole number from 1 to {at_most:,}.")
    return value


def _text(name: str, value: object, *, longest: int, required: bool = True) -> str:
    if not isinstance(value, str) or not is_storable(value):
        raise _fault(name, "Must be a text.")
    text = " ".join(texts.strip(value).split())
    if not text and required:
        raise _fault(name, "Must not be empty.")
    if len(text) > longest:
        raise _fault(name, f"Has at most {longest} characters.")
    return text


def _rows(name: str, value: object, *, at_most: int) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise _fault(name, "Must be a list.")
    if len(value) > at_most:
        raise _fault(name, f"Holds at most {at_most}.")
    return list(value)


def _members(name: str, value: object, known: Collection[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= set(known):
        raise _fault(name, f"Must be an object with {', '.join(known)}.")
    return value


def _reasons(name: str, value: object) -> tuple[ReturnReason, ...]:
    reasons: dict[str, ReturnReason] = {}
    for number, row in enumerate(_rows(name, value, at_most=MOST_REASONS)):
        place = f"{name}[{number}]"
        given = _members(place, {"words": row} if isinstance(row, str) else row, ("words", "reason", "category"))
        words = _text(f"{place}.words", given.get("words", ""), longest=LONGEST_REASON)
        reason = _text(f"{place}.reason", given.get("reason") or RETURNED, longest=LONGEST_REASON)
        category = _text(f"{place}.category", given.get("category") or "", longest=LONGEST_CATEGORY, required=False)
        if reasons.setdefault(texts.fold(words), found := ReturnReason(words, reason, category)) is not found:
            raise _fault(f"{place}.words", f"“{words[:40]}” is listed twice.")
    return tuple(reasons.values())


def _quota(name: str, value: object) -> ReturnQuota | None:
    if value is None:
        return None
    given = _members(name, value, ("count", "percent", "period"))
    count, percent = given.get("count"), given.get("percent")
    if (count is None) == (percent is None):
        raise _fault(name, "Give either a count or a percentage.")
    if given.get("period") not in list(QuotaPeriod):
        raise _fault(f"{name}.period", f"Must be one of {', '.join(QuotaPeriod)}.")
    return ReturnQuota(
        QuotaPeriod(given["period"]),
        None if count is None else _number(f"{name}.count", count, at_most=HIGHEST_COUNT),
        None if percent is None else _number(f"{name}.percent", percent, at_most=100),
    )


def _rules(name: str, value: object) -> tuple[PlannedCondition, ...]:
    rules = []
    for number, row in enumerate(_rows(name, value, at_most=MOST_RULES)):
        place = f"{name}[{number}]"
        given = _members(place, row, ("field", "values"))
        field = field_names.clean(given["field"]) if isinstance(given.get("field"), str) else ""
        if fault := field_names.fault_of(field):
            raise _fault(f"{place}.field", fault)
        values = [_text(f"{place}.values", each, longest=LONGEST_VALUE) for each in _rows(place, given.get("values"), at_most=MOST_VALUES)]
        if not values:
            raise _fault(f"{place}.values", "Give at least one value.")
        rules.append(condition_on(field, dict.fromkeys(values)))
    return tuple(rules)


def _conflicts(name: str, value: object) -> OnConflict:
    if value not in list(OnConflict):
        raise _fault(name, f"Must be one of {', '.join(OnConflict)}.")
    return OnConflict(str(value))


_READERS: Mapping[str, tuple[str, Callable[[str, object], Any]]] = {
    "returns": ("returns", _switch),
    "conversions": ("conversions", _switch),
    "maximumAgeDays": ("maximum_age_days", _age),
    "reasons": ("reasons", _reasons),
    "quota": ("quota", _quota),
    "rules": ("rules", _rules),
    "approval": ("approval", _switch),
    "flagInvalid": ("flag_invalid", _switch),
    "conflicts": ("conflicts", _conflicts),
}
"""Name in the body → attribute, and the function that reads its value."""
