"""Form fields for the settings of jobs."""

from typing import Any

from django import forms


class FieldNames(forms.CharField):
    """Names of lead fields: a list, or a text with commas between them."""

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
        return list(dict.fromkeys(name for part in parts if (name := str(part).strip())))

    def run_validators(self, value: list[str]) -> None:
        """CharField's look at a text; here each name would have to be one."""

    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list | tuple) else value or ""
