"""The comparisons of conditional jobs, and their wording in rules and reasons.

Texts are compared folded (`leads.values.texts`): case, white space and spellings of apostrophes make no difference,
accents do. Where several values are given, one match is enough;
NOTEQUAL requires the value to differ from all of them. The numeric comparisons never hold for a text.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum

from leads.values import texts


class Operator(StrEnum):
    """The operators under their names in the API."""

    STARTSWITH = "STARTSWITH"
    ENDSWITH = "ENDSWITH"
    CONTAINS = "CONTAINS"
    EXISTS = "EXISTS"
    EQUAL = "EQUAL"
    NOTEQUAL = "NOTEQUAL"
    GREATERTHAN = "GREATERTHAN"
    LESSTHAN = "LESSTHAN"


LABELS = {
    Operator.STARTSWITH: "Starts with",
    Operator.ENDSWITH: "Ends with",
    Operator.CONTAINS: "Contains, anywhere in it",
    Operator.EXISTS: "Is one of the values",
    Operator.EQUAL: "Equals, as a number or as a text",
    Operator.NOTEQUAL: "Does not equal any of the values",
    Operator.GREATERTHAN: "Is a number greater than",
    Operator.LESSTHAN: "Is a number less than or equal to",
}
NUMERIC = frozenset({Operator.GREATERTHAN, Operator.LESSTHAN})

Holds = Callable[[str], bool]
LONGEST_NUMBER = 100
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")

VALUES_SHOWN, LETTERS_SHOWN = 10, 80


def holds(operator: str, value: str, values: Sequence[str]) -> bool:
    return comparison(operator, values)(value)


def comparison(operator: str, values: Sequence[str]) -> Holds:
    """Return the comparison with the values. It is made once for many leads."""
    holds = _COMPARISONS[Operator(operator)](list(map(texts.fold, values)))
    return lambda value: holds(texts.fold(value))


def number_of(text: str) -> Decimal | None:
    """Return the number that the text writes in digits with a point: 5, -0.5, 1e3. Neither 1,000 nor ٥ nor 0x1F is a number."""
    text = texts.strip(text)
    return Decimal(text) if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text) else None


def describe_fact(field: str, operator: str, values: Sequence[str]) -> str:
    """Return the condition as a fact, for a rule: `country is one of UK, IE`."""
    verb, _ = _VERBS[Operator(operator)]
    return f"{field} {verb}{_describe_values(Operator(operator), values)}"


def describe_demand(field: str, operator: str, values: Sequence[str]) -> str:
    """Return the condition as a demand, for a reason: `country must be one of UK, IE`."""
    _, verb = _VERBS[Operator(operator)]
    return f"{field} must {verb}{_describe_values(Operator(operator), values)}"


def _starts(values: Sequence[str]) -> Holds:
    beginnings = tuple(values)
    return lambda value: value.startswith(beginnings)


def _ends(values: Sequence[str]) -> Holds:
    endings = tuple(values)
    return lambda value: value.endswith(endings)


def _contains(values: Sequence[str]) -> Holds:
    return lambda value: any(part in value for part in values)


def _exists(values: Sequence[str]) -> Holds:
    return frozenset(values).__contains__


def _equals(values: Sequence[str]) -> Holds:
    texts, numbers = frozenset(values), frozenset(_numbers(values))

    def holds(value: str) -> bool:
        return value in texts or (bool(numbers) and number_of(value) in numbers)

    return holds


def _differs(values: Sequence[str]) -> Holds:
    equals = _equals(values)
    return lambda value: not equals(value)


def _is_greater(values: Sequence[str]) -> Holds:
    """Return the comparison with the least value: a number greater than the least is greater than one of them."""
    least = min(_numbers(values), default=None)
    return lambda value: least is not None and (number := number_of(value)) is not None and number > least


def _is_less(values: Sequence[str]) -> Holds:
    """Return the comparison with the greatest value. An equal number counts as less, as on the vendor's page."""
    most = max(_numbers(values), default=None)
    return lambda value: most is not None and (number := number_of(value)) is not None and number <= most


_COMPARISONS: dict[Operator, Callable[[Sequence[str]], Holds]] = {
    Operator.STARTSWITH: _starts,
    Operator.ENDSWITH: _ends,
    Operator.CONTAINS: _contains,
    Operator.EXISTS: _exists,
    Operator.EQUAL: _equals,
    Operator.NOTEQUAL: _differs,
    Operator.GREATERTHAN: _is_greater,
    Operator.LESSTHAN: _is_less,
}
_VERBS = {
    Operator.STARTSWITH: ("starts with ", "start with "),
    Operator.ENDSWITH: ("ends with ", "end with "),
    Operator.CONTAINS: ("contains ", "contain "),
    Operator.EXISTS: ("is ", "be "),
    Operator.EQUAL: ("equals ", "equal "),
    Operator.NOTEQUAL: ("is ", "be "),
    Operator.GREATERTHAN: ("is more than ", "be more than "),
    Operator.LESSTHAN: ("is at most ", "be at most "),
}
"""The verbs in a rule, and after *must*."""


def _numbers(values: Sequence[str]) -> list[Decimal]:
    return [number for value in values if (number := number_of(value)) is not None]


def _describe_values(operator: Operator, values: Sequence[str]) -> str:
    if operator in NUMERIC:
        # Only the least or the greatest number decides.
        numbers = [(number, texts.strip(value)) for value in values if (number := number_of(value)) is not None]
        numbers.sort(key=lambda pair: pair[0])
        if numbers:
            return numbers[0 if operator is Operator.GREATERTHAN else -1][1]
    shown = ", ".join(value if len(value) <= LETTERS_SHOWN else f"{value[: LETTERS_SHOWN - 1]}…" for value in values[:VALUES_SHOWN])
    if len(values) > VALUES_SHOWN:
        shown = f"{shown} and {len(values) - VALUES_SHOWN} more"
    if operator is Operator.NOTEQUAL:
        return f"{'none of' if len(values) > 1 else 'anything but'} {shown}"
    return f"{'one of ' if len(values) > 1 else ''}{shown}"
