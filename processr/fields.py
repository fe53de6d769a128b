"""Form fields for the settings of jobs."""

from typing import Any

from django import forms


class FieldNames(forms.Field):
    """Names of lead fields: a list, or a text with commas between them."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
        return list(dict.fromkeys(name for part in parts if (name := str(part).strip())))

    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list | tuple) else value or ""
