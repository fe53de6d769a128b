"""The steps of a Manipulate, applied to a value one after the other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from processr.transforms import expressions
from processr.transforms.casing import CASES
from processr.transforms.dates import format_of, rewritten
from processr.transforms.limits import Patience

Read = Callable[[str], str]
"""A function that returns the text of a lead's field, empty where the lead has none."""
Step = Callable[[str, Read], str | None]
"""A function from the value so far to the next one, or None if there is no result."""
_WRITTEN = {"\\n": "\n", "\\t": "\t"}


def compiled(steps: Sequence[Mapping[str, Any]], *, source: str, patience: Patience) -> list[Step]:
    """Return the steps as functions; raise ValueError or KeyError if the settings were not checked."""
    return [_MAKERS[step["kind"]](step, source, patience) for step in steps]


def _join(step: Mapping[str, Any], source: str, patience: Patience) -> Step:  # noqa: ARG001
    """Join fields and texts. The field that the transform reads stands for the value so far.

    Empty fields leave no separator behind.
    """
    parts = [(part.get("field"), part.get("text", "")) for part in step["parts"]]
    separator = unescaped(step["separator"])

    def join(value: str, read: Read) -> str:
        texts = (text if field is None else value if field == source else read(field) for field, text in parts)
        return separator.join(text for text in texts if text)

    return join


def unescaped(text: str) -> str:
    r"""Return the text with \n and \t replaced by a line break and a tab, which cannot be typed into an input."""
    for written, sign in _WRITTEN.items():
        text = text.replace(written, sign)
    return text


def _replace(step: Mapping[str, Any], source: str, patience: Patience) -> Step:  # noqa: ARG001
    expression = expressions.compiled(step["find"])
    replacement = expressions.Replacement.read(step["replacement"])

    def replace(value: str, read: Read) -> str:  # noqa: ARG001
        seconds = patience.begin()
        try:
            return expressions.replaced(expression, replacement, value, seconds=seconds)
        except TimeoutError:
            raise patience.lost() from None
        finally:
            patience.end()

    return replace


def _case(step: Mapping[str, Any], source: str, patience: Patience) -> Step:  # noqa: ARG001
    _, change = CASES[step["to"]]
    return lambda value, read: change(value)  # noqa: ARG005


def _trim(step: Mapping[str, Any], source: str, patience: Patience) -> Step:  # noqa: ARG001
    if step["inner"]:
        return lambda value, read: " ".join(value.split())  # noqa: ARG005
    return lambda value, read: value.strip()  # noqa: ARG005


def _date(step: Mapping[str, Any], source: str, patience: Patience) -> Step:  # noqa: ARG001
    """Rewrite a date. A value that is no such date has no result, like an unknown value of a Transform."""
    reads, writes = format_of(step["reads"]), format_of(step["writes"])
    return lambda value, read: rewritten(value, reads=reads, writes=writes)  # noqa: ARG005


_MAKERS: dict[str, Callable[[Mapping[str, Any], str, Patience], Step]] = {
    "join": _join,
    "replace": _replace,
    "case": _case,
    "trim": _trim,
    "date": _date,
}
