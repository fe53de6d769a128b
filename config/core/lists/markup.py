"""HTML for the cells of big tables: what Django's format_html does, without looking for lazy texts in each of a thousand cells."""

from html import escape
from typing import Any

from django.utils.safestring import SafeString


def escaped(value: Any) -> str:
    """Text that may stand in HTML, in attributes too; what says that it is HTML already stays as it is."""
    if type(value) is str:
        return escape(value)
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return escape(str(value))


def markup(template: str, *values: Any) -> SafeString:
    """`template` is ours and trusted, `values` are anybody's."""
    return SafeString(template.format(*map(escaped, values)))
