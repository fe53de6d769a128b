"""JSON typed into a form by a person: whatever it is, it is either something PostgreSQL can keep, or refused in words."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

UNREADABLE = "This is not JSON that can be kept."


class JsonText(forms.JSONField):
    """Django's own breaks on deep nesting, endless numbers, NaN, NUL and halves of characters."""

    def to_python(self, value: Any) -> Any:
        try:
            read = super().to_python(value)
            text = json.dumps(read, allow_nan=False)
            json.dumps(read, ensure_ascii=False).encode()  # a half of a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise ValidationError(UNREADABLE, code="invalid") from error
        if "\\u0000" in text:
            raise ValidationError(UNREADABLE, code="invalid")
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was refused is shown again as it was typed."""
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)
