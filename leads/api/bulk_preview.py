"""The answer to a dry run: what a bulk action would do, worked out by its own plan, without writing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from config.core.api import hydra
from config.core.models import User
from leads import bulk, privacy
from leads.api.lead_ids import NamedLeads
from leads.bulk import BulkPreview
from leads.bulk.previewer import EXAMPLES
from leads.statuses import Refusal

AT_MOST = 100_000
"""The most leads of a dry run, which takes seconds: the action itself takes more."""
NUMBER = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _rows(description: str, **properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(**properties), "description": description}


SKIPPED = _object(lead={"type": ["integer", "string"], "description": "The id, or a hash that is of no lead."}, reason=_TEXT)
_EXAMPLES = {
    "type": "array",
    "items": SKIPPED,
    "description": f"All of up to {bulk.AT_ONCE} leads; of more, the first {EXAMPLES} for each reason.",
}
_EFFECTS = {
    "type": "object",
    "required": ["skipped", "currentStatus", "deliveryStatus", "lines"],
    "properties": {
        "skipped": _rows("How many leads are skipped for each reason.", reason=_TEXT, leads=NUMBER),
        "currentStatus": _rows("The leads that move, by their status before and after.", before=_TEXT, after=_TEXT, leads=NUMBER),
        "deliveryStatus": _rows("The same for their delivery.", before=_TEXT, after=_TEXT, leads=NUMBER),
        "billing": _rows(
            "Leads that become billable and that stop being so, and the sum of their prices. Left out for the call centre.",
            side={"type": "string", "enum": ["advertiser", "publisher"]}, currency=_TEXT, gained=NUMBER, lost=NUMBER, amount=_TEXT,
        ),
        "overAllocation": NUMBER | {"description": "Leads that become Valid over their allocation. Left out for the call centre."},
        "lines": _rows(
            "What becomes of deliveries and of other rows of theirs. Empty for the call centre.", line=_TEXT, number={"type": "integer"}
        ),
    },
}  # fmt: skip


@dataclass(frozen=True)
class DryRun:
    """The outcome. `unknown` are the first hashes of the body that are of no lead, and `n_unknown` is the number of all of them."""

    preview: BulkPreview
    unknown: Sequence[str]
    n_unknown: int
    user: User

    @classmethod
    def of_leads(cls, preview: BulkPreview, leads: NamedLeads, user: User) -> "DryRun":
        return cls(preview, leads.unknown[:EXAMPLES], len(leads.unknown), user)

    dryRun = True

    @property
    def total(self) -> int:
        return self.preview.total + self.n_unknown

    @property
    def skipped(self) -> list[dict[str, Any]]:
        known = sorted((pk, reason) for reason, ids in self.preview.examples.items() for pk in ids)
        named: Iterable[tuple[int | str, str]] = [*known, *((name, Refusal.NOT_FOUND) for name in self.unknown)]
        return [{"lead": lead, "reason": reason} for lead, reason in named]

    @property
    def effects(self) -> dict[str, Any]:
        preview, skipped = self.preview, self.preview.skipped.copy()
        if self.n_unknown:
            skipped[Refusal.NOT_FOUND] += self.n_unknown
        effects: dict[str, Any] = {
            "skipped": [{"reason": reason, "leads": n} for reason, n in skipped.most_common()],
            "currentStatus": [{"before": before, "after": after, "leads": n} for (before, after), n in sorted(preview.statuses.items())],
            "deliveryStatus": [{"before": before, "after": after, "leads": n} for (before, after), n in sorted(preview.deliveries.items())],
            "lines": [{"line": line, "number": n} for line, n in preview.lines.most_common()] if privacy.sees_deliveries(self.user) else [],
        }
        if privacy.sees_money(self.user):
            effects["overAllocation"] = preview.without_slot
            effects["billing"] = [
                {"side": side, "currency": currency, "gained": sums.gained, "lost": sums.lost, "amount": f"{sums.amount:.4f}"}
                for (side, currency), sums in sorted(preview.billing.items())
            ]
        return effects


class DryRunSerializer(hydra.HydraSerializer):
    """The outcome of a bulk action, foretold: nothing has been written. The action itself does the same, if nothing changes meanwhile."""

    class Meta:
        type = "BulkDryRun"
        address = ""

    dryRun = hydra.JsonField(schema={"const": True}, read_only=True)
    total = serializers.IntegerField(read_only=True, min_value=0)
    willProcess = serializers.IntegerField(source="preview.moved", read_only=True, min_value=0)
    skipped = hydra.JsonField(schema=_EXAMPLES, read_only=True)
    effects = hydra.JsonField(schema=_EFFECTS, read_only=True)
