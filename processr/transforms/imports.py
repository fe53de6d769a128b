"""The import of a file's known values into an advertiser's transforms: planned and shown first, then carried out as shown."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from campaigns.models import Advertiser
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from processr.models import ValueTransform
from processr.transforms import files
from processr.transforms.definitions import TRANSFORM
from processr.transforms.files import Triple
from processr.transforms.forms import VALUES_AT_MOST
from processr.transforms.selectors import transforms_of
from processr.transforms.services import AT_MOST, PAGE


@dataclass(frozen=True, slots=True)
class ImportLine:
    """The change to one transform: a new one, or an `old` one that gets more values.

    `changed` counts the values that become something else than before.
    """

    triple: Triple
    old: ValueTransform | None
    values: Mapping[str, str]
    added: int
    changed: int

    @property
    def label(self) -> str:
        return self.old.label if self.old else f"{self.triple.source_field} to {self.triple.new_field}"[:120]

    @property
    def does_something(self) -> bool:
        return bool(self.added or self.changed)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    lines: list[ImportLine]
    rows: int

    @property
    def digest(self) -> str:
        """Return the digest that a page keeps, so that nothing else is carried out than it showed."""
        said = [[*line.triple, line.old.pk if line.old else 0, line.changed, sorted(line.values.items())] for line in self.lines]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]

    @property
    def new(self) -> list[ImportLine]:
        return [line for line in self.lines if line.old is None]

    @property
    def learning(self) -> list[ImportLine]:
        return [line for line in self.lines if line.old is not None and line.does_something]

    @property
    def untouched(self) -> list[ImportLine]:
        return [line for line in self.lines if not line.does_something]


def plan(advertiser: Advertiser, found: files.ReadFile) -> ImportPlan:
    """Return the changes that the file would make.

    A transform of the same triple gets the file's values, so importing a file twice has the same result as once.
    """
    rows = list(transforms_of(advertiser).filter(type=TRANSFORM))
    there = {Triple(row.source_field, row.new_field, row.group_name): row for row in reversed(rows)}
    lines = [_line(triple, there.get(triple), values) for triple, values in found.values.items()]
    made = ImportPlan(lines, found.rows)
    if len(made.new) + transforms_of(advertiser).count() > AT_MOST["advertiser"]:
        raise DomainError(f"An advertiser has at most {AT_MOST['advertiser']:,} transforms.", field="file", status=409)
    return made


@transaction.atomic
def carry_out(advertiser: Advertiser, found: files.ReadFile, *, seen: str, actor: Actor) -> ImportPlan:
    """Import the file, all or nothing.

    `seen` is the digest of the plan that was shown. If the plan is a different one by now, raise DomainError, so
    that the user can look at it first.
    """
    if found.problems:
        raise DomainError("Nothing was imported: the file has rows that cannot be taken.", field="file")
    Advertiser.objects.select_for_update(no_key=True).get(pk=advertiser.pk)
    now = plan(advertiser, found)
    if now.digest != seen:
        raise DomainError("The advertiser's transforms were changed meanwhile. This is what the file would do now.", status=409)
    first = transforms_of(advertiser).count()
    ValueTransform.objects.bulk_create(_made(advertiser, line, first + place) for place, line in enumerate(now.new))
    for line in now.learning:
        _teach(line)
    after = {"made": [_told(line) for line in now.new], "taught": [_told(line) for line in now.learning]}
    before = {str(line.old.pk): line.old.config for line in now.learning if line.old}
    audit.record(actor=actor, page=PAGE, action="value transforms imported from a file", obj=advertiser, before=before, after=after)
    return now


def _line(triple: Triple, old: ValueTransform | None, values: Mapping[str, str]) -> ImportLine:
    known: dict[str, str] = old.config.get("values", {}) if old else {}
    if old and old.config.get("any_case"):
        spelled = {original.casefold(): original for original in known}
        values = {spelled.get(original.casefold(), original): new for original, new in values.items()}
    new = {**known, **values}
    if len(new) > VALUES_AT_MOST:
        raise DomainError(f"{old} would know more than {VALUES_AT_MOST:,} values.", field="file")
    changed = sum(1 for original, value in values.items() if known.get(original, value) != value)
    return ImportLine(triple, old, new, len(new) - len(known), changed)


def _made(advertiser: Advertiser, line: ImportLine, position: int) -> ValueTransform:
    head = {"label": line.label, "type": TRANSFORM, **line.triple._asdict()}
    return ValueTransform(**head, advertiser=advertiser, config={"values": dict(line.values)}, position=position)


def _teach(line: ImportLine) -> None:
    assert line.old is not None
    ValueTransform.objects.filter(pk=line.old.pk).update(config={**line.old.config, "values": dict(line.values)})


def _told(line: ImportLine) -> dict[str, object]:
    return {**line.triple._asdict(), "label": line.label, "added": line.added, "changed": line.changed}
