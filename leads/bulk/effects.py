"""The effects of upper apps on a bulk action, together."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms

from campaigns.scope import Who
from leads.extension_points import BulkChoice, BulkEffect, bulk_effects
from leads.lifecycle import Moved
from leads.lifecycle.guards import merge
from leads.models import BulkAction
from leads.signals import Move


def effects_on(action: BulkAction) -> list[BulkEffect]:
    return [effect(action) for effect in bulk_effects if effect.types is None or action.type in effect.types]


def fields(action: BulkAction, campaign_ids: Collection[int]) -> dict[str, forms.Field]:
    """Return the further fields of an action that is being prepared, for leads of these campaigns."""
    return {name: field for effect in effects_on(action) for name, field in effect.fields(campaign_ids).items()}


def choices(action: BulkAction, campaign_ids: Collection[int]) -> dict[str, list[BulkChoice]]:
    """Return what those fields offer, by field, with the campaign of each and how many leads of the draft had it before."""
    return {name: offered for effect in effects_on(action) for name, offered in effect.choices(campaign_ids).items()}


def extras(action: BulkAction) -> dict[str, Any]:
    return {key: value for effect in effects_on(action) for key, value in effect.extras().items()}


def named(action: BulkAction) -> dict[int, list[str]]:
    """Return what was chosen for the leads of each campaign, in words, for their notes."""
    words: defaultdict[int, list[str]] = defaultdict(list)
    for effect in effects_on(action):
        for campaign_id, names in effect.named().items():
            words[campaign_id].extend(names)
    return words


def refusals(action: BulkAction, lead_ids: Collection[int]) -> dict[int, str]:
    return merge(effect.refusals(lead_ids) for effect in effects_on(action))


def passing_reasons(action: BulkAction) -> frozenset[str]:
    return frozenset[str]().union(*(effect.passing_reasons for effect in effects_on(action)))


def preview(action: BulkAction, moves: Sequence[Move], cause: str, extras: Mapping[str, Any]) -> Counter[str]:
    lines: Counter[str] = Counter()
    for effect in effects_on(action):
        lines.update(effect.preview(moves, cause, extras))
    return lines


def after_move(action: BulkAction, moved: Moved) -> None:
    for effect in effects_on(action):
        effect.after_move((change.move() for change in moved.changes), moved.refused)


def remarks(action: BulkAction, who: Who) -> list[str]:
    return [remark for effect in effects_on(action) for remark in effect.remarks(who)]


def undo(action: BulkAction, moves: Sequence[Move]) -> None:
    for effect in effects_on(action):
        effect.undo(moves)
