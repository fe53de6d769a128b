"""Compiling regular expressions that people write, within a limit on their size.

The `regex` library writes a repeated part out as often as it must occur, and repeats within repeats multiply: `a{9999999}`
takes more than a gigabyte before a single text is matched. The size is therefore computed from the parsed expression, in
which nothing is written out yet.
"""

from collections.abc import Iterator
from importlib import import_module
from itertools import count
from operator import attrgetter
from typing import Any, NamedTuple

import regex

from config.core.sized_cache import sized_cache

LONGEST = 500
"""The longest expression as a person writes it, in characters."""
LONGEST_TRANSLATED = 20_000
"""The longest expression in the syntax of the library, in which a class of PHP such as \\h is spelled out."""
LARGEST = 2_000
"""The largest size of an expression, and of those of a transform together: half a megabyte, and some milliseconds to compile."""
LARGEST_OF_JOB = 5 * LARGEST
"""The largest size of all expressions of a job together."""
MOST_KEPT = 100_000
"""The size of all expressions that a process keeps compiled: as many as all transforms of a campaign may have."""
PURGED_EVERY = 500
SYNTAX_ERRORS = (regex.error, ValueError, OverflowError, RecursionError, MemoryError)
"""The exceptions by which the library refuses an expression."""

core: Any = import_module("regex._regex_core")
"""The parser of the library, which it has no types for."""
Pattern = Any
"""A compiled pattern; the library has no name for its type."""
_compilations = count(1)


class PatternTooLarge(ValueError):
    """The expression is too long, or too large with its repeats. The message is for the user who wrote it."""


class _SizedPattern(NamedTuple):
    pattern: Pattern
    size: int


def compile_pattern(text: str, flags: int) -> Pattern:
    """Return the compiled expression; raise PatternTooLarge, or one of SYNTAX_ERRORS if it is malformed."""
    return sized_pattern(text, flags).pattern


@sized_cache(most=MOST_KEPT, size_of=attrgetter("size"))
def sized_pattern(text: str, flags: int) -> _SizedPattern:
    size = size_of(text, flags)
    if size > LARGEST:
        raise PatternTooLarge(
            f"With its repeats written out it has more than {LARGEST:,} parts: lower the numbers in braces, or shorten it."
        )
    if next(_compilations) % PURGED_EVERY == 0:
        regex.purge()  # The library remembers something about every text it has compiled.
    return _SizedPattern(regex.compile(text, flags, cache_pattern=False), size)


def size_of(text: str, flags: int) -> int:
    """Return the number of parts that the expression has once its repeats are written out."""
    if len(text) > LONGEST_TRANSLATED:
        raise PatternTooLarge(f"An expression has at most {LONGEST_TRANSLATED:,} characters.")
    return _size_of_node(_parse(text, flags))


def _parse(text: str, flags: int) -> Any:
    """Parse the text as the library does before it compiles. A flag within the text may be for all of it, and it is read again then."""
    while True:
        source = core.Source(text)
        info = core.Info(flags, source.char_type, {})
        info.guess_encoding = core.UNICODE
        source.ignore_space = bool(info.flags & regex.VERBOSE)
        try:
            return core._parse_pattern(source, info)
        except core._UnscopedFlagSet:
            flags = info.global_flags


def _size_of_node(node: Any) -> int:
    inner = sum(map(_size_of_node, _inner_nodes(node)))
    return 1 + max(1, getattr(node, "min_count", 1)) * inner


def _inner_nodes(node: Any) -> Iterator[Any]:
    for value in vars(node).values():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, core.RegexBase):
                yield part
