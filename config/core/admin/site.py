"""The one admin site. It is open to support staff only and uses the product's own sign-in and sign-out."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, get_script_prefix, get_urlconf
from typing_extensions import override

from config.core.accounts import roles
from config.core.accounts.views import SignOut

ViewT = TypeVar("ViewT", bound=Callable[..., HttpResponseBase])
CLOSED = frozenset({"view_on_site"})
"""`view_on_site` guesses an object's page from any id. The admin pages link to such pages themselves."""


class SupportSite(AdminSite):
    site_header = site_title = "Sluice support"
    index_title = "All tables"
    site_url = "/"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        """Check the role. Django's own permissions and the superuser flag grant nothing here."""
        user = request.user
        return bool(user.is_active and user.is_staff and getattr(user, "role", "") in roles.SUPPORT_STAFF)

    def admin_view(self, view: ViewT, cacheable: bool = False) -> ViewT:
        """Answer 403 to signed-in users who are not support staff, instead of asking them to sign in again."""
        admin_view = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return admin_view(request, *args, **kwargs)

        return cast(ViewT, update_wrapper(guarded, view))  # it takes what the view takes

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in CLOSED]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._app_lists: dict[tuple[str, str | None, str | None], list[dict[str, Any]]] = {}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Return the tables for the menu of each page.

        All support staff see the same list. It is kept, because building it took a third of the time of a page.
        """
        if not self.has_permission(request):
            return []
        key = get_script_prefix(), get_urlconf(), app_label
        if key not in self._app_lists:
            self._app_lists[key] = self._named_app_list(request, app_label)
        return self._app_lists[key]

    def _named_app_list(self, request: HttpRequest, app_label: str | None) -> list[dict[str, Any]]:
        """Return the tables under the operator's words, where those differ from ours."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            for entry in app["models"]:
                entry["name"] = self._registry[entry["model"]].nouns  # type: ignore[attr-defined]  # of our base class for all admin pages
            app["models"].sort(key=lambda entry: entry["name"].lower())
        return apps

    # django-stubs allow only the admin's own page as the response of these three; Django itself passes any response on.
    @override
    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        response: HttpResponse = SignOut.as_view()(request)
        return response

    @override
    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("change_password")

    @override
    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("change_password")


site = SupportSite(name="admin")
site.disable_action("delete_selected")
