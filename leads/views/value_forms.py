"""The forms of the Edit Data tab: one for each value, with an input of its type, and one for a new field."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django import forms

from campaigns.models import FormField
from config.core.errors import DomainError
from config.core.forms.page_form import PageForm
from leads.editing import service
from leads.editing.fields import NAME, VALUE, EditableField
from leads.intake.validation import BLANK, tick_of
from leads.values import texts

SEEN, SEEN_OF = "seen", "seen_of"
LONG = 80
"""Characters from which a value has an input of several lines."""
TYPED_AT_MOST = 100_000
"""Characters of a refused value that are shown again to be corrected."""
_TEXT_INPUTS = {
    FormField.Type.EMAIL: ("email", {"inputmode": "email"}),
    FormField.Type.TELEPHONE: ("tel", {}),
    FormField.Type.NUMBER: ("text", {"inputmode": "decimal"}),
}
"""A number is typed into a text: an input for numbers loses what is none, and it could not be corrected."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The change of a value since it was shown: the present field, and who changed it, when, from what."""

    present: EditableField
    by: str
    at: datetime | None
    old: str


def row_id(name: str) -> str:
    """Return the id of a field's row on the page. A name may hold any sign."""
    return f"value-{sha256(name.encode(errors='replace')).hexdigest()[:12]}"


class UnstrippedField(forms.CharField):
    """A text as it was typed, with the line breaks that it had before a browser sent it."""

    def to_python(self, value: Any) -> str:
        return str(value or "").replace("\r\n", "\n")


class NewValueField(UnstrippedField):
    """A value that may not be blank."""

    def validate(self, value: str) -> None:
        super().validate(texts.strip(value))


class ValueForm(PageForm):
    """The value of a field. `seen` is the digest of the value that the page has shown."""

    def __init__(self, field: EditableField, data: Any = None, *, seen: str | None = None) -> None:
        value = field.value or ""
        initial = {NAME: field.name, VALUE: value, SEEN: service.digest_of(field.value) if seen is None else seen}
        super().__init__(data, initial=initial, auto_id=f"{row_id(field.name)}-%s")
        typed = str(data.get(VALUE, "")) if data is not None else value
        widget = _widget(field, typed)
        widget.attrs |= {"autofocus": True, "autocomplete": "off", "dir": "auto"}
        self.fields[VALUE] = UnstrippedField(
            label=f"Value of {field.label}", required=field.required, strip=False, widget=widget, error_messages={"required": BLANK}
        )
        for hidden in (NAME, SEEN):
            self.fields[hidden] = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


class NewFieldForm(PageForm):
    """A field that the lead does not have yet."""

    name = UnstrippedField(label="New Fieldname", required=True, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}))
    value = NewValueField(
        label="New Value", required=True, strip=False, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="new-field-%s")
        for hidden in (SEEN, SEEN_OF):
            self.fields[hidden] = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def seen_of(self, name: str) -> str:
        """Return the digest of the value of this field that the form has shown; empty where it has shown none, or one of another field."""
        return str(self.data.get(SEEN, "")) if self.data.get(SEEN_OF) == name else ""

    def again(self, refusal: DomainError, conflict: Conflict | None) -> "NewFieldForm":
        """Return the form as it was typed, with the refusal. What is there meanwhile is saved over by sending it once more."""
        seen = service.digest_of(conflict.present.value) if conflict else ""
        seen_of = conflict.present.name if conflict else ""
        form = NewFieldForm({**{name: self.data.get(name, "") for name in self.fields}, SEEN: seen, SEEN_OF: seen_of})
        if conflict:
            by = f", by {conflict.by}" if conflict.by else ""
            form.add_error(VALUE, f"{conflict.present.name} has a value already{by}: “{conflict.present.value}”. Add saves over it.")
        else:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return form


def _widget(field: EditableField, typed: str) -> forms.Widget:
    if field.is_choice:
        return forms.Select(choices=_choices(field, list(field.options), typed))
    if field.is_tick:
        present = field.value or ""
        ticked, unticked = (present if tick_of(present) is meant else word for meant, word in ((True, "1"), (False, "0")))
        return forms.Select(choices=_choices(field, [(ticked, "Ticked"), (unticked, "Not ticked")], typed))
    if field.type == FormField.Type.DATE and _is_day(typed):
        return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if field.type == FormField.Type.TEXTAREA or len(typed) > LONG or "\n" in typed or "\r" in typed:
        return forms.Textarea(attrs={"rows": 4})
    kind, attrs = _TEXT_INPUTS.get(FormField.Type(field.type), ("text", {}))
    return forms.TextInput(attrs={"type": kind, **attrs})


def _choices(field: EditableField, options: list[tuple[str, str]], typed: str) -> list[tuple[str, str]]:
    """Return the options, and the present value and the one that was typed where they are none: nothing is lost by opening the form."""
    known = {value for value, _ in options}
    unknown = [text for text in dict.fromkeys((field.value or "", typed)) if text and text not in known]
    others = [(text, f"{text} (no option of the form)") for text in unknown]
    nothing = [("", "—")] if not field.required or not field.value else []
    return [*nothing, *options, *others]


def _is_day(text: str) -> bool:
    """Return whether an input for dates shows the text: another one would be lost in it."""
    if not text:
        return True
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False
