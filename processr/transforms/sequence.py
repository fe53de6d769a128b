"""The check of a sequence of transforms: each may read what an earlier one made, and none may form a circle."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from processr.transforms.definitions import Definition


class Fault(NamedTuple):
    """A fault of a sequence. `about` identifies it whatever the labels of the transforms."""

    about: tuple[str, ...]
    field: str
    message: str


def find_faults(row: Sequence[Definition], *, known: Collection[str]) -> list[Fault]:
    """Return the faults of a sequence.

    `known` are the fields that leads have anyway, captured ones and facts. A transform that rewrites its own
    field makes no new one.
    """
    return [*_circles(row), *_made_too_late(row, known), *_overwritten(row)]


def _circles(row: Sequence[Definition]) -> Iterator[Fault]:
    sources = [_all_sources(definition, row) for definition in row]
    for position, definition in enumerate(row):
        for earlier, before in enumerate(row[:position]):
            made, out_of = definition.new_field, before.new_field
            if made != out_of and out_of in sources[position] and made in sources[earlier]:
                message = f"“{before.label}” makes {out_of} out of {made}, and “{definition.label}” makes {made} out of {out_of}"
                yield Fault(("circle", made, out_of), "new_field", f"{message}: that goes round in a circle. Choose another new field.")


def _all_sources(definition: Definition, row: Sequence[Definition]) -> set[str]:
    """Return every field that the result is made from, directly or through other transforms."""
    sources: set[str] = set()
    pending = definition.reads - {definition.new_field}
    while pending:
        name = pending.pop()
        if name not in sources:
            sources.add(name)
            pending |= {read for other in row if other.new_field == name for read in other.reads - {name}}
    return sources


def _made_too_late(row: Sequence[Definition], known: Collection[str]) -> Iterator[Fault]:
    made = set(known)
    for position, definition in enumerate(row):
        for name in sorted(definition.reads - made - {definition.new_field}):
            later = next((other.label for other in row[position + 1 :] if other.new_field == name), None)
            if later is not None:
                message = f"“{definition.label}” reads {name}, which “{later}” makes only after it"
                yield Fault(("too late", name, definition.new_field), "source_field", f"{message}. Put “{later}” before it.")
        made.add(definition.new_field)


def _overwritten(row: Sequence[Definition]) -> Iterator[Fault]:
    for position, definition in enumerate(row):
        lost = next((before.label for before in row[:position] if before.new_field == definition.new_field), None)
        if lost is not None and definition.always_has_a_result and definition.new_field not in definition.reads:
            message = f"“{lost}” makes {definition.new_field} already, and “{definition.label}” would always overwrite it"
            yield Fault(("overwritten", definition.new_field), "new_field", f"{message}. Choose another new field.")
