"""Saving one value of a lead for a person or a program, and notes that people add by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from config.core import audit
from config.core.actor import Actor
from config.core.api import idempotency
from config.core.errors import DomainError
from leads import lifecycle
from leads.editing.fields import NAME, VALUE, EditableField, field_named, fields_of
from leads.intake.validation import BLANK
from leads.lifecycle import guards, notes
from leads.models import Lead, LeadNote
from leads.selectors import last_change
from leads.statuses import DeliveryStatus, Refusal
from leads.values import field_names

LONGEST_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class SavedValue:
    """A value that was saved. `field` is as it was before."""

    lead: Lead
    field: EditableField
    value: str
    is_changed: bool

    @property
    def is_new(self) -> bool:
        return self.field.value is None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """The last change of a value: when, by whom, and what it was before."""

    at: datetime
    by: str
    old: str


class ValueChanged(DomainError):
    """Raised for a value that was changed since its editor read it. `field` of the lead is as it is now."""

    def __init__(self, lead: Lead, present: EditableField) -> None:
        super().__init__(f"The value of {present.name} was changed meanwhile.", field=VALUE, status=409)
        self.lead, self.present = lead, present


class EditRefused(DomainError):
    """Raised for a lead whose values cannot be edited as it stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(in_words(reason), field="lead", status=409)


def in_words(refusal: str) -> str:
    return f"The values of this lead cannot be edited: {refusal.removesuffix(': its data cannot be edited')}."


def refusal_to_edit(lead: Lead) -> str:
    """Return why the values of the lead cannot be edited at present, as its edit would be refused; empty where they can."""
    if lead.delivery_status == DeliveryStatus.DELIVERED:
        return Refusal.DELIVERED_LOCKED
    return guards.uneditable([lead.pk]).get(lead.pk, "")


def digest_of(value: str | None) -> str:
    """Return the digest of a value as somebody has seen it; empty where there was none. Line breaks are not changed on its way."""
    return "" if value is None else sha256(value.encode()).hexdigest()


FieldCondition = Callable[[Lead, EditableField], bool]


def as_seen(digest: str) -> FieldCondition:
    """Return the condition that the value of the field is still the one of which the digest was taken."""

    def is_as_seen(lead: Lead, field: EditableField) -> bool:
        name = field_names.spelled_as(field.name, lead.captured)
        return digest_of(_text(lead, name)) == digest

    return is_as_seen


def unchanged_since(revision: int) -> FieldCondition:
    """Return the condition that no captured value of the lead has changed since this revision of it."""
    return lambda lead, _field: lead.captured_revision <= revision


def save_value(lead: Lead, name: str, value: object, *, actor: Actor, if_as_read: FieldCondition | None = None) -> SavedValue:
    """Save a value of a lead, which the caller may see and edit, under the rules of its form.

    Raises ValueChanged where `if_as_read` does not hold under the lock, EditRefused where the lead cannot be edited, and
    DomainError for a wrong name or value. A value that is as it was is saved by doing nothing.
    """
    fields = fields_of(lead)
    field = field_named(fields, name)
    text = field.checked(value)
    if not text and field not in fields:
        raise DomainError(BLANK, field=VALUE)
    condition = if_as_read

    def is_as_read(locked: Lead) -> bool:
        return condition is None or condition(locked, field)

    with transaction.atomic():
        moved = lifecycle.edit({lead.pk: {field.name: text}}, actor=actor, if_as_read=is_as_read)
        if moved.ids:
            audit.record(
                actor=actor, action="Edited a value of a lead", page="Leads", obj=lead, severity="medium", after={"field": field.name},
                campaign_id=lead.campaign_id,
            )  # fmt: skip
    now = Lead.objects.filter(pk=lead.pk, deleted_at=None).first()
    refusal = moved.refused.get(lead.pk, "")
    if now is None or refusal == Refusal.NOT_FOUND:
        raise DomainError("There is no such lead.", field="lead", status=404)
    if refusal == Refusal.CHANGED_SINCE:
        raise ValueChanged(now, field_named(fields_of(now), field.name))
    if refusal == Refusal.TOO_MANY_VALUES:
        raise DomainError("The lead has as many fields, or as much text in them, as a lead may have.", field=NAME)
    if refusal and refusal != Refusal.UNCHANGED:
        raise EditRefused(refusal)
    return SavedValue(now, field, text, is_changed=not refusal)


def last_change_of(lead: Lead, name: str) -> ValueChange | None:
    """Return the last change of a captured value, as the notes have it."""
    note = last_change(lead, name)
    return ValueChange(note.at, note.actor_name, str(note.change[1] or "")) if note else None  # type: ignore[attr-defined]  # annotated


def add_comment(lead: Lead, text: str, *, actor: Actor, form_key: str = "") -> None:
    """Add a note by hand to a lead that the caller may see. Sent twice with the same key of a form, it is one note."""

    def add() -> idempotency.StoredResponse:
        notes.add({lead.pk: []}, kind=LeadNote.Kind.COMMENT, actor=actor, comment=text)
        audit.record(actor=actor, action="Added a note to a lead", page="Leads", obj=lead, campaign_id=lead.campaign_id)
        return 200, {}

    with transaction.atomic():
        if form_key:
            idempotency.answer_once(f"note:{actor.user_id}:{lead.pk}", f"{form_key} {digest_of(text)}", text.encode(), add)
        else:
            add()


def _text(lead: Lead, name: str) -> str | None:
    return None if name not in lead.captured else str(lead.captured[name] or "")
