"""HTML for the cells of large tables: the work of Django's format_html without looking for lazy texts in each of a thousand cells."""

from html import escape
from typing import Any

from django.utils.safestring import SafeString


def escaped(value: Any) -> str:
    """Return text escaped for HTML, attributes included. Safe strings stay as they are."""
    if type(value) is str:
        return escape(value)
    if type(value) is SafeString:
        return value
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return escape(str(value))


def markup(template: str, *values: Any) -> SafeString:
    """Fill escaped values into a trusted template."""
    return SafeString(template.format(*map(escaped, values)))


def clipped(text: Any) -> SafeString:
    """Return text that is cut with an ellipsis when long and shown whole on hover, in its own writing direction."""
    shown = escaped(text)
    return SafeString(f'<span class="clip" dir="auto" title="{shown}">{shown}</span>')
