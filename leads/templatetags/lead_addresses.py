"""Addresses of a lead's tabs in templates. They carry on the list behind the lead, as those that views build do."""

from typing import Any

from django import template
from django.template import Context
from django.utils.http import urlencode

from leads.views.list_address import tab_address

register = template.Library()


@register.simple_tag(takes_context=True)
def tab_url(context: Context, pk: int, key: str, query: str = "", **parameters: Any) -> str:
    """Return the address of a tab, with an encoded query and further parameters. Those that are empty are left out."""
    walk = context.get("walk")
    filled = urlencode({name: value for name, value in parameters.items() if value not in ("", None)})
    return tab_address(pk, key, "&".join(filter(None, (query, filled))), list_address=walk.list_address if walk else "")
