"""The notes of leads in API v4: lead-notes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from config.core.accounts import roles
from config.core.api import hydra
from leads import display
from leads.models import LeadNote
from leads.selectors import CHANGES_SHOWN, CHARACTERS_SHOWN, in_short, leads_of_notes, notes_for

NAMES: Mapping[str, str] = {
    "hold_reason": "holdReason",
    "qa_status": "qaStatus",
    "second_check": "secondCheck",
    "flag_category": "flagReasonCategory",
    "flag_reason": "flagReason",
    "current_status": "currentStatus",
    "delivery_status": "deliveryStatus",
    "publisher_billable": "publisherBillable",
    "advertiser_billable": "advertiserBillable",
    "over_allocation": "overAllocation",
    "replacement_type": "otherReasonType",
    "deleted_at": "deletedTs",
}
"""The axes of a lead, as properties of the API."""
KINDS: Mapping[str, str] = {LeadNote.Kind.COMMENT: LeadNote.Kind.METADATA}
"""Kinds of notes that have another name in the API: a note by hand changes nothing, and is about the lead alone (decision 60)."""
_CHANGES = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "old", "new"], "properties": {"name": {"type": "string"}, "old": {}, "new": {}}},
    "description": (
        "Properties of the lead, or fields of its data, with the values before and after. A collection has at most the first "
        f"{CHANGES_SHOWN} changes of a note, and cuts texts of more than {CHARACTERS_SHOWN} characters, which then end in an ellipsis (…). "
        "The note by itself has all of them whole."
    ),
}


class NoteFilterSet(hydra.HydraFilterSet):
    lead = hydra.IdFilter("lead_id", name="lead.id", needed=True, repeatable=False, description="The lead that the notes are about.")


class NoteSerializer(hydra.HydraSerializer):
    """A note about a change of a lead. Personal data are masked for roles that see the lead masked."""

    class Meta:
        type = "LeadNote"
        address = "lead-notes"

    id = hydra.IdField()
    lead = hydra.ReferenceField("leads", read_only=True, shown_schema={"type": "string", "format": "iri-reference"})
    createdTs = hydra.MomentField(source="at", read_only=True)
    user = serializers.CharField(read_only=True, help_text="The name of whoever made the change.")
    type = serializers.ChoiceField([kind for kind in LeadNote.Kind.values if kind not in KINDS], read_only=True)
    changes = hydra.JsonField(schema=_CHANGES, read_only=True)
    changesLeftOut = hydra.IntegerField(read_only=True, help_text="How many changes the note has beyond these; 0 for a note by itself.")
    reason = serializers.CharField(read_only=True)
    comment = serializers.CharField(read_only=True)

    def prepare(self, rows: Sequence[LeadNote]) -> None:
        self.leads = leads_of_notes(rows)

    def record(self, row: Any) -> dict[str, Any]:
        who = self.context["request"].user
        changes = getattr(row, "first_changes", None)  # in the collection alone
        shown = display.note_for(who, self.leads[row.lead_id], row, changes)
        left_out = row.number_of_changes - len(changes) if changes is not None else 0
        is_data = row.kind == LeadNote.Kind.DATA
        return {
            **self.identity({"id": row.pk}),
            "id": row.pk,
            "lead": f"/api/v4/leads/{row.lead_id}",
            "createdTs": row.at.isoformat(timespec="seconds"),
            "user": shown.by,
            "type": KINDS.get(row.kind, row.kind),
            "changes": [{"name": name if is_data else NAMES.get(name, name), "old": old, "new": new} for name, old, new in shown.changes],
            "changesLeftOut": left_out,
            "reason": shown.reason,
            "comment": shown.comment,
        }


class NoteViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The notes of a lead, the newest first."""

    serializer_class = NoteSerializer
    filterset_class = NoteFilterSet
    roles = dict.fromkeys(("list", "retrieve"), roles.SEES_LEADS)
    ordering = "-id"
    noun = ("note about a lead", "notes about leads")

    def get_queryset(self) -> QuerySet[LeadNote]:
        notes = notes_for(self.request.user)
        return in_short(notes) if self.action == "list" else notes
