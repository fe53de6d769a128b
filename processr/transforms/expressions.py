"""Regular expressions in PHP's syntax, `/find/flags` and `$1`, run with a time limit, which Python's own cannot have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import regex

from processr import patterns
from processr.patterns import PatternTooLarge
from processr.transforms.limits import LONGEST_RESULT, CannotApply
from processr.transforms.php_regex import ExpressionSyntaxError, translate

LONGEST_EXPRESSION = patterns.LONGEST
FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE, "u": 0}
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_REFERENCE = regex.compile(r"\\[\\$nt]|\\(\d{1,2})|\$(\d{1,2})|\$\{(\d{1,2})\}", regex.ASCII)
_SIGNS = {"\\n": "\n", "\\t": "\t"}

Expression = Any
"""A compiled pattern; the library has no name for its type."""
ReplacementPart = str | int
"""A part of a replacement: text, or the number of a group."""


def compile_expression(text: str) -> Expression:
    """Return the compiled expression; raise ExpressionSyntaxError, with a message for the user, if it is malformed.

    Without the flag u, only ASCII letters, digits and spaces count as such, as in PHP.
    """
    translated, flags = _read(text)
    try:
        return patterns.compile_pattern(translated, flags)
    except PatternTooLarge as error:
        raise ExpressionSyntaxError(str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise ExpressionSyntaxError("The expression is not complete or not correct: too deeply nested.") from error
    except (regex.error, ValueError, OverflowError) as error:
        reason = getattr(error, "msg", error)
        raise ExpressionSyntaxError(f"The expression is not complete or not correct: {reason}.") from error


def size_of(text: str) -> int:
    """Return the size of a valid expression."""
    return patterns.size_of(*_read(text))


def _read(text: str) -> tuple[str, int]:
    """Return the expression in the library's syntax, and its flags."""
    pattern, letters = _split_expression(text)
    flags = regex.V0 | (0 if "u" in letters else regex.ASCII)
    for letter in letters:
        flags |= FLAGS[letter]
    return translate(pattern, spaced="x" in letters), flags


def _split_expression(text: str) -> tuple[str, str]:
    """Return the pattern and the flags of `/pattern/flags`."""
    text = text.strip()
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionSyntaxError(f"An expression has at most {LONGEST_EXPRESSION} characters.")
    if not text or text[0].isalnum() or text[0] == "\\":
        raise ExpressionSyntaxError("Begin and end the expression with the same sign, such as / in /[0-9]+/.")
    end = _closing_position(text)
    if end is None:
        raise ExpressionSyntaxError(f"The expression begins with {text[0]} and must end with {_CLOSING.get(text[0], text[0])}.")
    flags = text[end + 1 :]
    if unknown := next((flag for flag in flags if flag not in FLAGS), None):
        raise ExpressionSyntaxError(f"After the last {text[end]} only the letters {', '.join(FLAGS)} may stand, not {unknown}.")
    return text[1:end], flags


def _closing_position(text: str) -> int | None:
    """Return the position of the closing delimiter, or None.

    For brackets it is the one that matches the first, otherwise the next one without a backslash before it.
    """
    opening = text[0]
    closing, depth, position = _CLOSING.get(opening, opening), 1, 1
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif character == closing:
            depth -= 1
        elif character == opening:
            depth += 1
        if not depth:
            return position
        position += 1
    return None


@dataclass(frozen=True, slots=True)
class Replacement:
    """The text that replaces a match."""

    parts: tuple[ReplacementPart, ...]

    @classmethod
    def parse(cls, text: str) -> "Replacement":
        r"""Parse a replacement.

        `$1`, `${1}` and `\1` are groups, and `$0` is the whole match. A backslash before `$` or another backslash
        makes it an ordinary character. `\n` is a line break, `\t` a tab.
        """
        parts: list[ReplacementPart] = []
        last = 0
        for match in _REFERENCE.finditer(text):
            number = match[1] or match[2] or match[3]
            parts += [text[last : match.start()], int(number) if number else _SIGNS.get(match[0], match[0][1])]
            last = match.end()
        return cls(tuple(part for part in [*parts, text[last:]] if part != ""))

    @property
    def last_group(self) -> int:
        return max((part for part in self.parts if isinstance(part, int)), default=0)

    def filler(self, groups: int) -> Callable[[Any], str]:
        """Return the function that fills in the groups, for one value.

        It raises CannotApply if the result grows too long. A group that does not exist, or did not match, is empty.
        """
        length = 0

        def fill(match: Any) -> str:
            nonlocal length
            pieces = [part if isinstance(part, str) else match[part] or "" if part <= groups else "" for part in self.parts]
            length += sum(map(len, pieces))
            if length > LONGEST_RESULT:
                raise CannotApply.too_long()
            return "".join(pieces)

        return fill


def replace_matches(expression: Expression, replacement: Replacement, text: str, *, seconds: float) -> str:
    """Return the text with all matches replaced; raise TimeoutError if it takes longer than `seconds`."""
    try:
        return str(expression.sub(replacement.filler(expression.groups), text, timeout=seconds))
    except (regex.error, MemoryError, RecursionError) as error:
        raise CannotApply.too_hard() from error
