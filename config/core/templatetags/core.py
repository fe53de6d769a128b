"""Template tags for all apps: statuses, times, numbers, and links that change a list in place."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.core.forms import controls
from config.core.lists import badges, times
from config.core.lists.filters import ADD, Chip, Offer
from config.core.lists.listing import Listing
from config.core.lists.markup import markup

register = template.Library()

SHORT = 90
"""Characters of a text that is never folded."""


@register.simple_tag
def status(kind: str, word: str, reasons: Collection[str] = (), heading: str = "", key: object = "") -> SafeString:
    """{% status campaign.status_kind "Paused" %}; with reasons also `key=`, unique on the page."""
    return badges.badge(kind, word, reasons=reasons, heading=heading, key=key)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """{% control field %}: the field's widget alone, for the templates of forms."""
    return controls.control(field)


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """{{ lead.created_at|when }}"""
    return times.tag(moment)


@register.filter
def grouped(number: int | Decimal | None) -> str:
    """12,480"""
    return "—" if number is None else f"{number:,}"


@register.filter
def folded(text: str) -> SafeString:
    """{{ value|folded }}: the text, a long one in three lines until it is opened."""
    if len(text) > SHORT:
        return markup('<details class="long-text"><summary dir="auto">{}</summary></details>', text)
    return markup('<span dir="auto">{}</span>', text)


@register.filter
def with_code(text: str) -> SafeString:
    """Escape the text, with what stands between backticks as code."""
    parts = text.split("`")
    return format_html_join("", "{}", ((format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in enumerate(parts)))


@register.filter
def minutes(seconds: int) -> str:
    """900 → “15 minutes”"""
    n = max(1, round(seconds / 60))
    return f"{n} minute{'' if n == 1 else 's'}"


@register.simple_tag
def in_place(url: str) -> SafeString:
    """Return the attributes of a link or button that replaces the list with the one at `url`, and the address with it."""
    return format_html(
        'href="{0}" hx-get="{0}" hx-target="#list" hx-swap="outerHTML show:#list:top" hx-push-url="true" hx-indicator="#list"',
        url,
    )


@register.simple_tag
def without(listing: Listing, chip: Chip) -> str:
    """Return the list's URL without one filter."""
    return listing.without(chip)


@register.simple_tag
def adds(path: str, offer: Offer) -> SafeString:
    """Return the attributes of a button that adds a filter to those above the list at the path."""
    return format_html('hx-get="{}?{}" hx-target="#added" hx-swap="beforeend"', path, urlencode({ADD: offer.name}))
