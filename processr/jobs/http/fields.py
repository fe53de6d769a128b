"""Form fields for the settings of calls."""

from collections.abc import Sequence
from typing import Any

from django import forms

from config.core import http
from processr.job_types.settings_fields import FieldNameField, validate_text
from processr.jobs.http import address_template, answer_path, expectation, request
from processr.patterns import LARGEST_OF_JOB, SYNTAX_ERRORS, PatternTooLarge

AT_MOST = 50
VALUE_TYPES = [(request.TEXT, "Text"), (request.NUMBER, "Number"), (request.BOOLEAN, "Boolean")]


class AddressField(forms.CharField):
    """A URL template. It is checked for syntax here; whether the host may be called is checked at each call."""

    def validate(self, value: str) -> None:
        super().validate(value)
        try:
            address_template.parse_template(value)
        except address_template.AddressSyntaxError as error:
            raise forms.ValidationError(str(error)) from error


class PathField(forms.CharField):
    default_validators = [validate_text]

    def validate(self, value: str) -> None:
        super().validate(value)
        try:
            answer_path.parse_path(value)
        except answer_path.PathSyntaxError as error:
            raise forms.ValidationError(str(error)) from error


class LinesField(forms.Field):
    """A list of texts, or text with one per line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else str(value or "").splitlines()
        return list(dict.fromkeys(text for part in parts if (text := str(part).strip())))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > AT_MOST or any(len(text) > expectation.LONGEST for text in value):
            raise forms.ValidationError(f"Give at most {AT_MOST} lines of at most {expectation.LONGEST} characters.")
        for text in value:
            validate_text(text)

    def prepare_value(self, value: Any) -> str:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value or ""


def check_pattern(text: str) -> None:
    """Raise ValidationError with the position of the fault if the text is no regular expression."""
    try:
        expectation.compiled(text)
    except PatternTooLarge as error:
        raise forms.ValidationError(f"“{text[:40]}” cannot be used: {error}") from error
    except SYNTAX_ERRORS as error:
        problem = getattr(error, "msg", "it is nested too deeply")
        raise forms.ValidationError(f"“{text[:40]}” is no regular expression: {problem}.") from error


def check_patterns_together(texts: Sequence[str]) -> None:
    """Raise ValidationError if valid expressions are too large together: each of them may be looked for in every answer."""
    if sum(map(expectation.size_of, texts)) > LARGEST_OF_JOB:
        raise forms.ValidationError(f"The regular expressions of a job have at most {LARGEST_OF_JOB:,} parts together.")


class HeaderForm(forms.Form):
    name = forms.CharField(max_length=80, label="Header", validators=[validate_text])
    value = forms.CharField(max_length=1_000, validators=[validate_text])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors and not http.is_header(values["name"], values["value"]):
            self.add_error("name", "This header cannot be sent, or is set by the call itself.")
        return values


class MappingForm(forms.Form):
    """A value that is sent."""

    name = forms.CharField(max_length=80, label="Sent as", validators=[validate_text])
    field = FieldNameField(required=False, label="Field of the lead")
    value = forms.CharField(required=False, max_length=1_000, label="Or always", validators=[validate_text])

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors and bool(values["field"]) == bool(values["value"]):
            self.add_error("field", "Name a field of the lead, or a value that is always sent.")
        return values


class TypedMappingForm(MappingForm):
    """A value that is sent, in JSON as the type that is named."""

    type = forms.ChoiceField(choices=VALUE_TYPES, initial=request.TEXT, required=False, label="As", help_text="In JSON.")

    def clean_type(self) -> str:
        return self.cleaned_data["type"] or request.TEXT

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.errors and values["value"]:
            try:
                request.convert(values["name"], values["value"], values["type"])
            except request.NotOfType:
                self.add_error("value", f"“{values['value'][:40]}” is no {values['type']}.")
        return values
