"""Numbers as people write them."""

import re
from typing import Any

from django import forms

_GROUPED = re.compile(r"[0-9]{1,3}([,'’ \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*")


class GroupedNumberField(forms.IntegerField):
    """A whole number. Its thousands may be set apart, as pages show them."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and _GROUPED.fullmatch(value.strip()):
            value = re.sub("[^0-9]", "", value)
        return super().to_python(value)
