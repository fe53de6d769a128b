"""Phrases for rules and reasons that name several things, up to a number that people read."""

from collections.abc import Sequence

from leads.values import texts
from processr.job_types.lead import ANY

NAMES_SHOWN = 10


def join_names(names: Sequence[str]) -> str:
    """Return the names with commas between them, no more than ten."""
    return ", ".join([*names[:NAMES_SHOWN], *(["…"] if len(names) > NAMES_SHOWN else [])])


def all_of(names: Sequence[str]) -> str:
    return _joined_by(" and ", names)


def any_of(names: Sequence[str]) -> str:
    return _joined_by(" or ", names)


def each(named: Sequence[str], *, left_out: Sequence[str] = ()) -> str:
    """Return the fields a job looks at, as the subject of a sentence."""
    if len(named) == 1:
        return f"The field {named[0]}"
    if named:
        return f"Each of {all_of(named)}"
    if left_out:
        return f"Every captured field not named like {any_of([pattern.replace(ANY, '') or pattern for pattern in left_out])}"
    return "Every captured field"


def demanded(field: str, value: str, demand: str) -> str:
    """Return the reason why a value does not meet a demand such as `country must be GB`: of an empty field, that it is empty."""
    if not texts.is_blank(value):
        return demand
    rest = demand.removeprefix(f"{field} ")
    return f"{field} is empty: {demand}" if rest == demand else f"{field} is empty: it {rest}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _joined_by(word: str, names: Sequence[str]) -> str:
    """Join the names; those beyond the limit are counted, not named."""
    if len(names) > NAMES_SHOWN:
        return f"{', '.join(names[:NAMES_SHOWN])}{word}{len(names) - NAMES_SHOWN} more"
    return word.join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
