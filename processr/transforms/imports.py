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
from leads.privacy import refuse_to_ask
from processr.models import ValueTransform
from processr.transforms import files
from processr.transforms.applying import fold_for
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
        content = [[*line.triple, line.old.pk if line.old else 0, line.changed, sorted(line.values.items())] for line in self.lines]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    @property
    def new(self) -> list[ImportLine]:
        return [line for line in self.lines if line.old is None]

    @property
    def extended(self) -> list[ImportLine]:
        return [line for line in self.lines if line.old is not None and line.does_something]

    @property
    def untouched(self) -> list[ImportLine]:
        return [line for line in self.lines if not line.does_something]


def plan_import(advertiser: Advertiser, content: files.ReadFile) -> ImportPlan:
    """Return the changes that the file would make.

    A transform of the same triple gets the file's values, so importing a file twice has the same result as once.
    """
    transforms = list(transforms_of(advertiser).filter(type=TRANSFORM))
    by_triple = {Triple(row.source_field, row.new_field, row.group_name): row for row in reversed(transforms)}
    lines = [_plan_line(triple, by_triple.get(triple), values) for triple, values in content.values.items()]
    plan = ImportPlan(lines, content.rows)
    if len(plan.new) + transforms_of(advertiser).count() > AT_MOST["advertiser"]:
        raise DomainError(f"An advertiser has at most {AT_MOST['advertiser']:,} transforms.", field="file", status=409)
    return plan


@transaction.atomic
def run_import(advertiser: Advertiser, content: files.ReadFile, *, seen: str, actor: Actor) -> ImportPlan:
    """Import the file, all or nothing.

    `seen` is the digest of the plan that was shown. If the plan is a different one by now, raise DomainError, so
    that the user can look at it first.
    """
    refuse_to_ask(actor)
    if content.problems:
        raise DomainError("Nothing was imported: the file has rows that cannot be taken.", field="file")
    Advertiser.objects.select_for_update(no_key=True).get(pk=advertiser.pk)
    plan = plan_import(advertiser, content)
    if plan.digest != seen:
        raise DomainError("The advertiser's transforms were changed meanwhile. This is what the file would do now.", status=409)
    first = transforms_of(advertiser).count()
    ValueTransform.objects.bulk_create(
        ValueTransform(
            label=line.label,
            type=TRANSFORM,
            **line.triple._asdict(),
            advertiser=advertiser,
            config={"values": dict(line.values)},
            position=position,
        )
        for position, line in enumerate(plan.new, start=first)
    )
    before = {}
    for line in plan.extended:
        assert line.old is not None  # true of the lines in `extended`
        before[str(line.old.pk)] = line.old.config
        ValueTransform.objects.filter(pk=line.old.pk).update(config={**line.old.config, "values": dict(line.values)})
    after = {"made": [_audit_record(line) for line in plan.new], "taught": [_audit_record(line) for line in plan.extended]}
    audit.record(actor=actor, page=PAGE, action="value transforms imported from a file", obj=advertiser, before=before, after=after)
    return plan


def _plan_line(triple: Triple, old: ValueTransform | None, values: Mapping[str, str]) -> ImportLine:
    known_values: dict[str, str] = old.config.get("values", {}) if old else {}
    if old:
        fold = fold_for(old.config)
        spelled = {fold(original): original for original in known_values}
        values = {original if original in known_values else spelled.get(fold(original), original): new for original, new in values.items()}
    new = {**known_values, **values}
    if len(new) > VALUES_AT_MOST:
        raise DomainError(f"{old} would know more than {VALUES_AT_MOST:,} values.", field="file")
    changed = sum(1 for original, value in values.items() if known_values.get(original, value) != value)
    return ImportLine(triple, old, new, len(new) - len(known_values), changed)


def _audit_record(line: ImportLine) -> dict[str, object]:
    return {**line.triple._asdict(), "label": line.label, "added": line.added, "changed": line.changed}
