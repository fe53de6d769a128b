"""Phrases for rules and reasons that name several things, up to a number that people read."""

from collections.abc import Sequence

from processr.job_types.lead import ANY, LISTED


def all_of(names: Sequence[str]) -> str:
    return _joined(names, "and")


def any_of(names: Sequence[str]) -> str:
    return _joined(names, "or")


def each(named: Sequence[str], *, left_out: Sequence[str] = ()) -> str:
    """Return the fields a job looks at, as the subject of a sentence."""
    if len(named) == 1:
        return f"The field {named[0]}"
    if named:
        return f"Each of {all_of(named)}"
    if left_out:
        return f"Every captured field not named like {any_of([_bare(pattern) for pattern in left_out])}"
    return "Every captured field"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _joined(names: Sequence[str], word: str) -> str:
    """Join the names; those beyond the limit are counted, not named."""
    if len(names) > LISTED:
        return f"{', '.join(names[:LISTED])} {word} {len(names) - LISTED} more"
    return f" {word} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _bare(pattern: str) -> str:
    return pattern.replace(ANY, "") or pattern
