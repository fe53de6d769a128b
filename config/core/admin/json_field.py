"""JSON typed into a form: either PostgreSQL can store it, or the form refuses it with a message."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

UNREADABLE = "This is not JSON that can be kept."


class JsonTextField(forms.JSONField):
    """A JSON field that also refuses deep nesting, endless numbers, NaN, NUL and lone surrogates, on which Django's own field breaks."""

    def to_python(self, value: Any) -> Any:
        try:
            parsed = super().to_python(value)
            text = json.dumps(parsed, allow_nan=False)
            json.dumps(parsed, ensure_ascii=False).encode()  # raises for lone surrogates
        except (ValueError, RecursionError) as error:
            raise ValidationError(UNREADABLE, code="invalid") from error
        if "\\u0000" in text:
            raise ValidationError(UNREADABLE, code="invalid")
        return parsed

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show refused input again as it was typed."""
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)
