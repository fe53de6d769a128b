"""The services that change value transforms of a campaign or an advertiser.

Every change writes one audit line, and a change to a campaign leads to a new plan.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from campaigns.models import Advertiser, Campaign
from campaigns.services import plan_changed
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from leads.privacy import refuse_to_ask
from processr.models import ValueTransform
from processr.transforms import sequence
from processr.transforms.definitions import Definition, clean_definition, clean_group_name, definition_of
from processr.transforms.selectors import Owner, column_of, readable_fields, transforms_of

PAGE = "Value transforms"
AT_MOST = {"campaign": 50, "advertiser": 1_000}
"""The most transforms per owner. A campaign runs all of its own for every lead."""


class GroupExists(DomainError):
    """The group name is in use. `members` are the transforms in that group."""

    def __init__(self, name: str, members: Sequence[ValueTransform]) -> None:
        super().__init__(f"There is a group “{name}” already.", field="name", status=409)
        self.name, self.members = name, members


@transaction.atomic
def create(owner: Owner, definition: Definition, *, actor: Actor) -> ValueTransform:
    """Create a transform at the end of the sequence."""
    refuse_to_ask(actor)
    definition = clean_definition(definition)
    transforms = _lock(owner)
    _refuse_faulty(owner, transforms, [*_definitions(transforms), definition])
    transform = ValueTransform.objects.create(**_columns(definition), **{column_of(owner): owner}, position=_next_position(transforms))
    _record(transform, "value transform added", actor, after=definition.as_dict)
    return transform


@transaction.atomic
def change(transform_id: int, definition: Definition, *, actor: Actor, seen: str = "") -> ValueTransform:
    """Change a transform.

    `seen` is the digest of the state that the user changed. Raise DomainError if it is outdated, so that no newer
    change is overwritten.
    """
    definition = clean_definition(definition)
    transform, transforms = _lock_transform(transform_id)
    before = definition_of(transform)
    if seen and seen != before.digest:
        raise DomainError("This transform was changed meanwhile. Look at how it is now before you change it.", status=409)
    if definition == before:
        return transform
    if definition.work != before.work:
        refuse_to_ask(actor)
    after = [definition if other.pk == transform.pk else definition_of(other) for other in transforms]
    _refuse_faulty(_owner(transform), transforms, after)
    columns = _columns(definition)
    for name, value in columns.items():
        setattr(transform, name, value)
    transform.save(update_fields=list(columns))
    _record(transform, "value transform changed", actor, before=before.as_dict, after=definition.as_dict)
    return transform


@transaction.atomic
def remove(transform_id: int, *, actor: Actor) -> Definition:
    transform, _ = _lock_transform(transform_id)
    definition = definition_of(transform)
    _record(transform, "value transform removed", actor, before=definition.as_dict, severity="high")
    transform.delete()
    transforms_of(_owner(transform)).filter(position__gt=transform.position).update(position=F("position") - 1)
    return definition


@transaction.atomic
def move(transform_id: int, *, by: int, actor: Actor) -> None:
    """Move a transform up or down the sequence, no further than its ends."""
    transform, transforms = _lock_transform(transform_id)
    ids = [each.pk for each in transforms]
    index = ids.index(transform.pk)
    ids.insert(max(0, index + by), ids.pop(index))
    reorder(_owner(transform), ids, actor=actor)


@transaction.atomic
def reorder(owner: Owner, ids: Sequence[int], *, actor: Actor) -> None:
    transforms = _lock(owner)
    by_id = {transform.pk: transform for transform in transforms}
    if sorted(ids) != sorted(by_id):
        raise DomainError("Name each of the transforms once. Perhaps one was added or removed meanwhile.", field="ids", status=409)
    ordered = [by_id[pk] for pk in ids]
    if ordered == transforms:
        return
    _refuse_faulty(owner, transforms, _definitions(ordered))
    for position, transform in enumerate(ordered):
        transform.position = position
    ValueTransform.objects.bulk_update(ordered, ["position"])
    labels: dict[str, Any] = {"before": [transform.label for transform in transforms], "after": [transform.label for transform in ordered]}
    audit.record(actor=actor, page=PAGE, action="value transforms reordered", obj=owner, campaign_id=_campaign_id(owner), **labels)


@transaction.atomic
def use_transforms(campaign: Campaign, use: bool, *, actor: Actor) -> Campaign:
    """Switch the campaign's transforms on or off. While they are off none runs, and all stay configured."""
    plan_changed(campaign.pk)
    current = Campaign.objects.get(pk=campaign.pk)
    if current.use_value_transforms != use:
        current.use_value_transforms = use
        current.save(update_fields=["use_value_transforms", "updated_at"])
        action = f"value transforms switched {'on' if use else 'off'}"
        audit.record(
            actor=actor,
            page=PAGE,
            action=action,
            obj=current,
            campaign_id=current.pk,
            severity="medium",
            before={"use": not use},
            after={"use": use},
        )
    return current


@transaction.atomic
def copy_into(campaign: Campaign, transform_ids: Iterable[int], *, actor: Actor) -> list[ValueTransform]:
    """Copy transforms of the campaign's advertiser into the campaign, in the advertiser's order.

    The copies can be changed freely. Those that the campaign has already are left out.
    """
    refuse_to_ask(actor)
    ids = set(transform_ids)
    transforms = _lock(campaign)
    chosen = [transform for transform in transforms_of(campaign.advertiser) if transform.pk in ids]
    if not chosen or len(chosen) < len(ids):
        raise DomainError("Choose transforms of the campaign's advertiser. Perhaps one was removed meanwhile.", field="transforms")
    existing = _definitions(transforms)
    new = [definition for transform in chosen if (definition := definition_of(transform)) not in existing]
    _refuse_faulty(campaign, transforms, [*existing, *new])
    copies = ValueTransform.objects.bulk_create(
        ValueTransform(**_columns(definition), campaign=campaign, position=position)
        for position, definition in enumerate(new, start=_next_position(transforms))
    )
    after = {"transforms": [definition.as_dict for definition in new]}
    audit.record(actor=actor, page=PAGE, action="value transforms imported", obj=campaign, campaign_id=campaign.pk, after=after)
    return copies


@transaction.atomic
def rename_group(owner: Owner, name: str, *, to: str, join: bool = False, actor: Actor) -> int:
    """Rename a group and return how many transforms it has afterwards.

    If the new name is in use, the groups are joined, but only with `join`; otherwise raise GroupExists.
    """
    to = clean_group_name(to)
    transforms = _lock(owner)
    members = [transform for transform in transforms if transform.group_name == name]
    joined = [transform for transform in transforms if transform.group_name == to]
    if not name or not members:
        raise DomainError("There is no such group. Perhaps it was renamed meanwhile.", status=404)
    if to == name:
        return len(members)
    if joined and not join:
        raise GroupExists(to, joined)
    ValueTransform.objects.filter(pk__in=[transform.pk for transform in members]).update(group_name=to)
    before = {"group": name, "transforms": [transform.pk for transform in members]}
    after = {"group": to, "joined": [transform.pk for transform in joined]}
    audit.record(
        actor=actor,
        page=PAGE,
        action="value transform group renamed",
        obj=owner,
        campaign_id=_campaign_id(owner),
        before=before,
        after=after,
        notes=f"{name} to {to}",
    )
    return len(members) + len(joined)


def _lock(owner: Owner) -> list[ValueTransform]:
    """Return the owner's transforms, locked against other changes until the transaction ends.

    The campaign's next run follows a new plan.
    """
    if isinstance(owner, Campaign):
        plan_changed(owner.pk)
    else:
        Advertiser.objects.select_for_update(no_key=True).get(pk=owner.pk)
    return list(transforms_of(owner))


def _lock_transform(transform_id: int) -> tuple[ValueTransform, list[ValueTransform]]:
    unlocked = ValueTransform.objects.select_related("campaign", "advertiser").filter(pk=transform_id).first()
    transforms = _lock(_owner(unlocked)) if unlocked else []
    for transform in transforms:
        if transform.pk == transform_id:
            return transform, transforms
    raise DomainError("There is no such transform.", status=404)


def _owner(transform: ValueTransform) -> Owner:
    owner = transform.campaign or transform.advertiser
    assert owner is not None  # guaranteed by a constraint of the table
    return owner


def _refuse_faulty(owner: Owner, before: Sequence[ValueTransform], after: Sequence[Definition]) -> None:
    """Raise DomainError if the new sequence is too long or has a fault that the old one did not have.

    An advertiser's transforms need not follow each other, since campaigns copy them one by one.
    """
    most = AT_MOST[column_of(owner)]
    if len(after) > max(most, len(before)):
        raise DomainError(f"There can be at most {most:,} transforms here.", status=409)
    if not isinstance(owner, Campaign):
        return
    known = readable_fields(owner)
    old_faults = {fault.about for fault in sequence.find_faults(_definitions(before), known=known)}
    for fault in sequence.find_faults(after, known=known):
        if fault.about not in old_faults:
            raise DomainError(fault.message, field=fault.field, status=409)


def _definitions(transforms: Iterable[ValueTransform]) -> list[Definition]:
    return [definition_of(transform) for transform in transforms]


def _next_position(transforms: Sequence[ValueTransform]) -> int:
    return max((transform.position for transform in transforms), default=-1) + 1


def _columns(definition: Definition) -> dict[str, Any]:
    return {name: getattr(definition, name) for name in Definition.__dataclass_fields__}


def _campaign_id(owner: Owner) -> int | None:
    return owner.pk if isinstance(owner, Campaign) else None


def _record(transform: ValueTransform, action: str, actor: Actor, **details: Any) -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=transform, campaign_id=transform.campaign_id, notes=transform.label, **details)
