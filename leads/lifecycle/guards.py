"""Vetoes of upper apps: leads that a bulk action skips, and leads whose data may not be edited."""

from collections.abc import Collection, Iterable, Mapping

from leads.extension_points import edit_guards


def uneditable(lead_ids: Collection[int]) -> dict[int, str]:
    """Map the ids of locked leads whose data may not be edited to reasons."""
    return merge(guard().refusals(lead_ids) for guard in edit_guards)


def merge(vetoes: Iterable[Mapping[int, str]]) -> dict[int, str]:
    """Merge the refusals of several vetoes: a lead keeps the reason of the first."""
    reasons: dict[int, str] = {}
    for refusals in vetoes:
        reasons = {**refusals, **reasons}
    return reasons
