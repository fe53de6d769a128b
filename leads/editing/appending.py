"""Values that whoever knows the hash of a lead adds to it, and changes (decision 11)."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from leads import lifecycle
from leads.editing.fields import EditableField, field_named, fields_of
from leads.intake import validation
from leads.intake.validation import NotOneText
from leads.models import Lead
from leads.privacy import own_reason
from leads.statuses import Refusal
from leads.values import field_names

VIA_APPEND = own_reason("via append")


def append_values(lead: Lead, values: Mapping[str, Sequence[object]], *, actor: Actor) -> bool:
    """Append values by name, each of which may have been sent several times. Return whether the lead is still there.

    They are read as at the intake: one text, within the length of its field. They need not follow the rules of the form:
    whoever received the lead says what it found, and there is nobody to ask.
    """
    texts = _read(lead, values)
    with transaction.atomic():
        moved = lifecycle.append({lead.pk: texts}, actor=actor, reason=VIA_APPEND)
        if moved.ids:
            audit.record(
                actor=actor, action="Appended values to a lead by its hash", page="Leads", obj=lead, severity="medium",
                after={"fields": sorted(texts)}, campaign_id=lead.campaign_id,
            )  # fmt: skip
    refusal = moved.refused.get(lead.pk)
    if refusal == Refusal.TOO_MANY_VALUES:
        raise DomainError("With these fields the lead would have more of them, or more text in them, than a lead may have.")
    if refusal == Refusal.CONSENT:
        raise DomainError("Consent is given by the person alone, on the form: it cannot be appended, only withdrawn. Leave its field out.")
    return refusal != Refusal.NOT_FOUND


def _read(lead: Lead, values: Mapping[str, Sequence[object]]) -> dict[str, str]:
    fields = fields_of(lead)
    texts: dict[str, str] = {}
    for name, sent in values.items():
        try:
            field = field_named(fields, name)
        except DomainError as refusal:
            raise DomainError(f"The field {name[:80]!r}: {refusal.message}") from refusal
        text = _one_text(field, sent)
        spelled = field_names.spelled_as(field.name, texts)
        if texts.setdefault(spelled, text) != text:
            raise DomainError(f"The field {spelled} is sent more than once, with different values.")
    return texts


def _one_text(field: EditableField, sent: Sequence[object]) -> str:
    try:
        text = validation.as_text(validation.one_value(list(sent), last_counts=field.is_tick))
    except NotOneText as error:
        what = "is sent more than once, with different values" if len(sent) > 1 else "must be one text"
        raise DomainError(f"The field {field.name} {what}. {error}") from error
    if len(text) > field.max_length:
        raise DomainError(f"The field {field.name} has at most {field.max_length:,} characters.")
    return text
