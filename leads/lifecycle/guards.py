"""Vetoes of upper apps: leads that a bulk action skips, and leads whose data may not be edited."""

from collections.abc import Collection, Iterable, Mapping

from leads.extension_points import bulk_effects, edit_guards
from leads.lifecycle.state import lock


def left_out(type_key: str, lead_ids: list[int]) -> dict[int, str]:
    """Map the ids of leads that a bulk action skips to reasons. The leads are locked first, so that the reasons hold until the commit."""
    effects = [effect() for effect in bulk_effects if type_key in effect.types]
    if not effects:
        return {}
    lock(lead_ids)
    return merge(effect.refusals(lead_ids) for effect in effects)


def uneditable(lead_ids: Collection[int]) -> dict[int, str]:
    """Map the ids of locked leads whose data may not be edited to reasons."""
    return merge(guard().refusals(lead_ids) for guard in edit_guards)


def merge(vetoes: Iterable[Mapping[int, str]]) -> dict[int, str]:
    """Merge the refusals of several vetoes: a lead keeps the reason of the first."""
    reasons: dict[int, str] = {}
    for refusals in vetoes:
        reasons = {**refusals, **reasons}
    return reasons
