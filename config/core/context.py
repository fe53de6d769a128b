"""The context of the frame around every page: navigation, enterprise name, and the user."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from config.core import enterprise, extension_points

SEARCHED_PAGE = "leads"
"""The page that answers the search box, where it is installed and the user may open it."""


@dataclass(frozen=True)
class MenuEntry:
    label: str
    url: str
    url_name: str
    icon: str
    here: bool
    count: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame as a lazy object, so that pages without the frame run no query."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    entries = entries_for(request)
    return {
        "nav": entries,
        "house": enterprise.current().name,
        "initials": _initials(str(request.user)),
        "search_url": next((entry.url for entry in entries if entry.url_name == SEARCHED_PAGE), ""),
        "searched": request.GET.get("search", ""),
    }


def entries_for(request: HttpRequest) -> list[MenuEntry]:
    """Return the menu entries that the role may open, in order. A page whose app is not installed has no entry."""
    items = sorted((item for item in extension_points.nav_items if request.user.role in item.roles), key=lambda item: item.order)
    found = [(item, url) for item in items if (url := _url(item.url_name))]
    here = max((url for _, url in found if f"{request.path}/".startswith(f"{url}/")), key=len, default="")
    return [MenuEntry(item.label, url, item.url_name, item.icon, url == here, _count(item, request)) for item, url in found]


def _count(item: extension_points.NavItem, request: HttpRequest) -> str:
    return item.count(request.user) if item.count else ""


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
