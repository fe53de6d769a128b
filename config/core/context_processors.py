"""The context processor of the frame around every page: navigation, enterprise name, the user, and their unread notifications."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from config.core import enterprise, extension_points
from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.models import User
from config.core.notifications.service import unread_count


@dataclass(frozen=True)
class MenuEntry:
    label: str
    url: str
    url_name: str
    icon: str
    is_current: bool
    count: str = ""
    counted: str = ""
    counted_url: str = ""
    """The page that shows what is counted, where it is another one."""
    searched: tuple[str, str] | None = None
    """The values that the page may be searched by, if it answers the search box: in short, and whole."""


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame as a lazy object, so that pages without the frame run no query."""

    def load() -> dict[str, Any]:
        entries = entries_for(cast(UserRequest, request))  # pages with the frame are behind the log-in requirement
        words = str(request.user).split()
        searched = next((entry for entry in entries if entry.searched), None)
        initials = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
        return {
            "nav": entries,
            "enterprise": enterprise.current().name,
            "initials": initials or "?",
            "support_url": _support_url(cast(UserRequest, request).user),
            "unread": unread_count(cast(UserRequest, request).user),
            "searched": searched,
            "search_text": request.GET.get("search", ""),
        }

    return {"frame": SimpleLazyObject(load)}


def _support_url(user: User) -> str:
    """Return the address of Django's admin for those who may open it."""
    if not (user.is_staff and user.role in roles.SUPPORT_STAFF):
        return ""
    with suppress(NoReverseMatch):
        return reverse("admin:index")
    return ""


def entries_for(request: UserRequest) -> list[MenuEntry]:
    """Return the menu entries that the role may open, in order. A page whose app is not installed has no entry."""
    items: list[tuple[extension_points.NavItem, str]] = []
    for item in sorted(extension_points.nav_items, key=lambda item: item.order):
        if request.user.role in item.roles:
            with suppress(NoReverseMatch):
                items.append((item, reverse(item.url_name)))
    current = max((url for _, url in items if f"{request.path}/".startswith(f"{url}/")), key=len, default="")
    return [
        MenuEntry(
            label=item.label,
            url=url,
            url_name=item.url_name,
            icon=item.icon,
            is_current=url == current,
            count=item.count(request.user) if item.count else "",
            counted=item.counted,
            counted_url=reverse(item.counted_url_name) if item.counted_url_name else "",
            searched=item.searched(request.user) if item.searched else None,
        )
        for item, url in items
    ]
