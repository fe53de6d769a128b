"""The check of a sequence of transforms: each may read what an earlier one made, and none may form a circle."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from processr.transforms.definitions import Definition


class Fault(NamedTuple):
    """A fault of a sequence. `about` identifies it whatever the labels of the transforms."""

    about: tuple[str, ...]
    field: str
    message: str


def faults(row: Sequence[Definition], *, known: Collection[str]) -> list[Fault]:
    """Return the faults of a sequence.

    `known` are the fields that leads have anyway, captured ones and facts. A transform that rewrites its own
    field makes no new one.
    """
    return [*_circles(row), *_made_too_late(row, known), *_overwritten(row)]


def _circles(row: Sequence[Definition]) -> Iterator[Fault]:
    behind = [_behind(one, row) for one in row]
    for place, one in enumerate(row):
        for earlier, before in enumerate(row[:place]):
            made, out_of = one.new_field, before.new_field
            if made != out_of and out_of in behind[place] and made in behind[earlier]:
                message = f"“{before.label}” makes {out_of} out of {made}, and “{one.label}” makes {made} out of {out_of}"
                yield Fault(("circle", made, out_of), "new_field", f"{message}: that goes round in a circle. Choose another new field.")


def _behind(one: Definition, row: Sequence[Definition]) -> set[str]:
    """Return every field that the result is made from, directly or through other transforms."""
    found: set[str] = set()
    waiting = one.reads - {one.new_field}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= {read for other in row if other.new_field == name for read in other.reads - {name}}
    return found


def _made_too_late(row: Sequence[Definition], known: Collection[str]) -> Iterator[Fault]:
    made = set(known)
    for place, one in enumerate(row):
        for name in sorted(one.reads - made - {one.new_field}):
            later = next((other.label for other in row[place + 1 :] if other.new_field == name), None)
            if later is not None:
                message = f"“{one.label}” reads {name}, which “{later}” makes only after it"
                yield Fault(("too late", name, one.new_field), "source_field", f"{message}. Put “{later}” before it.")
        made.add(one.new_field)


def _overwritten(row: Sequence[Definition]) -> Iterator[Fault]:
    for place, one in enumerate(row):
        lost = next((before.label for before in row[:place] if before.new_field == one.new_field), None)
        if lost is not None and one.always_has_a_result and one.new_field not in one.reads:
            yield Fault(
                ("overwritten", one.new_field),
                "new_field",
                f"“{lost}” makes {one.new_field} already, and “{one.label}” would always overwrite it. Choose another new field.",
            )
