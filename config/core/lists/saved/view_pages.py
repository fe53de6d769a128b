"""The part of a list page that opens, saves, shares and deletes its views, and downloads the rows on screen."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.text import get_text_list, slugify
from django.views import View

from config.core import audit
from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.lists.filters import ListFilterSet
from config.core.lists.listing import OWN_PARAMETERS, PAGE_SIZES, PANEL, Listing
from config.core.lists.saved import services
from config.core.lists.saved.opening import OWN, ColumnChoice, DeclaredChoice, OpenedView, as_query, filter_of, open_view
from config.core.lists.saved.rows_file import FileColumn, file_columns_of
from config.core.lists.saved.selectors import SHARES_WITH_ROLES, agencies_for, may_delete, may_share, views_for
from config.core.lists.tables import ListTable
from config.core.models import SavedTable
from config.core.tabular.csv_writer import csv_download

COPY, DROP = "copy", "drop"
"""The fates of the personal filters of a view that is shared: they stay in it, and a copy is shared; or they are dropped."""
COPY_ENDS = " (shared)"
NO_AGENCY = 0
"""In place of text that is no id."""
VIEW, VIEWS, OPENS_OWN = "view", "views", f"?view={OWN}"


class ListViews(View):
    """The base of list pages, which holds their views. A table without a key has none."""

    request: UserRequest
    table_class: ClassVar[type[ListTable]]
    filterset_class: ClassVar[type[ListFilterSet]]
    title: ClassVar[str]
    roles: ClassVar[frozenset[str]]
    own_parameters: frozenset[str] = OWN_PARAMETERS
    """The parameters of the page that are no filters."""

    def rows(self) -> QuerySet:
        raise NotImplementedError

    def sorts(self) -> Mapping[str, str]:
        raise NotImplementedError

    def table_options(self) -> dict[str, Any]:
        raise NotImplementedError

    def check_access(self) -> None:
        """Raise PermissionDenied for users who may not open the page. Both methods of the page ask it."""
        if self.request.user.role not in self.roles:
            raise PermissionDenied

    @cached_property
    def column_choice(self) -> ColumnChoice:
        return DeclaredChoice(self.table_class([], **self.table_options()))

    @property
    def table_key(self) -> str:
        return self.table_class.key

    @property
    def opened(self) -> OpenedView:
        """The view that the address names. It is opened once for each address."""
        text = self.request.GET.get(VIEW, "")
        if self._opened is None or self._opened[0] != text:
            self._opened = (text, open_view(self.request.user, self.table_key, text, self.column_choice))
        return self._opened[1]

    _opened: tuple[str, OpenedView] | None = None

    @property
    def view_problems(self) -> Sequence[str]:
        return self.opened.problems

    def arrange(self, table: ListTable) -> None:
        """Show the columns of the view. A page whose table is built of them does nothing."""
        if self.opened.saved is not None:
            self.column_choice.arrange(table, self.opened.columns)

    def file_columns(self, listing: Listing) -> Sequence[FileColumn]:
        """Return the columns of the file of the rows on screen."""
        return file_columns_of(listing.table)

    @property
    def address(self) -> str:
        """The address of the page without the parameter of its menu, for its forms."""
        query = self.request.GET.copy()
        query.pop(PANEL, None)
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    @property
    def panel_url(self) -> str:
        query = self.request.GET.copy()
        query[PANEL] = VIEWS
        return f"{self.request.path}?{query.urlencode()}"

    # Opening

    def redirect_into_view(self) -> HttpResponse | None:
        """Return a redirect to the list with the filter, order and rows of the view written out, where the address names the view alone.

        So a filter lives in the address, whoever set it. The list without any parameter opens the user's default view.
        """
        saved = self.opened.named if set(self.request.GET) <= {VIEW} else None
        if saved is None:
            return None
        query = as_query({VIEW: [str(saved.pk)], **self._usable_parameters(saved)})
        return HttpResponseRedirect(f"{self.request.path}?{query.urlencode()}") if query != self.request.GET else None

    def _usable_parameters(self, saved: SavedTable) -> dict[str, list[str]]:
        parameters = {name: values for name, values in filter_of(saved).items() if not self._filter_fault(name, values)}
        if saved.order and not self._order_fault(saved.order):
            parameters["sort"] = [saved.order]
        if saved.per_page in PAGE_SIZES:
            parameters["per_page"] = [str(saved.per_page)]
        return parameters

    def _filter_fault(self, name: str, values: Sequence[str]) -> str:
        if name in self.own_parameters:
            return f"“{name}” is no filter."
        filters = self.filterset_class(as_query({name: values}), self.rows(), request=self.request)
        return " ".join(filters.problems())

    def _order_fault(self, order: str) -> str:
        return "" if order.removeprefix("-") in self.sorts() else f"The list cannot be in the order “{order}” for you."

    @property
    def view_notices(self) -> list[str]:
        """Messages about what the view has and the page does not: columns, and filters and an order that the user may not use."""
        saved = self.opened.named
        notices = list(self.opened.left_out)
        if saved is None:
            return notices
        given = self.request.GET
        faults = [fault for name, values in filter_of(saved).items() if name not in given and (fault := self._filter_fault(name, values))]
        if saved.order and self._order_fault(saved.order):
            faults.append(self._order_fault(saved.order))
        return [*notices, *(f"The view “{saved.name}” opened without a part of its filter or order. {fault}" for fault in faults)]

    # Saving

    @property
    def content(self) -> services.ViewContent:
        """The content of the view that the page would save: the columns chosen in the form, and what the address says."""
        given, found = self.request.GET, self._filters_given
        if faults := [fault for name, values in found.items() if (fault := self._filter_fault(name, values))]:
            raise DomainError(f"Nothing was saved. {faults[0]}", field="filter")
        order = given.get("sort", "")
        if order and (fault := self._order_fault(order)):
            raise DomainError(f"Nothing was saved. {fault}", field="order")
        size = given.get("per_page", "")
        return services.ViewContent(self.chosen_columns(), found, order, int(size) if size in map(str, PAGE_SIZES) else 50)

    @property
    def _filters_given(self) -> dict[str, list[str]]:
        given = self.request.GET
        names = set(given) - self.own_parameters - {PANEL}
        return {name: values for name in given if name in names and any(values := given.getlist(name))}

    def chosen_columns(self) -> list[str]:
        """Return the columns of the form, or those of the open view where the form has none. An unknown one is refused."""
        posted = list(dict.fromkeys(self.request.POST.getlist("columns"))) or list(self.opened.columns)
        choice = self.column_choice
        for key in posted:
            if fault := choice.fault_of(key):
                raise DomainError(f"Nothing was saved: the column “{key[:80]}” {fault}.", field="columns")
        return posted

    def is_personal(self, parameter: str) -> bool:
        """Return whether the values of the filter stay out of shared views: those of any free text, and of a filter that is not known."""
        form = self.filterset_class(QueryDict(), self.rows(), request=self.request).form
        names = [name for name in form.fields if parameter == name or parameter.startswith((f"{name}_", f"{name}!"))]
        return not names or isinstance(form.fields[max(names, key=len)], forms.CharField)

    def post(self, request: UserRequest, **_: Any) -> HttpResponseBase:
        acts: dict[str, Callable[[], HttpResponseBase]] = {
            "save": self._save, "reset": self._reset, "save_as": self._save_as, "share": self._share,
            "default": self._set_default, "delete": self._delete, "download": self._download,
        }  # fmt: skip
        self.check_access()
        if not self.table_key:
            return self.http_method_not_allowed(request)
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            raise BadRequest("The form says nothing that this list can do.")
        try:
            answer = act()
        except DomainError as refusal:
            if request.htmx:
                return self.view_panel(refusal)
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.get_full_path())
        if request.htmx and "Location" in answer.headers:  # htmx would follow it by itself, and put the page into the menu
            return HttpResponse(headers={"HX-Redirect": answer.headers["Location"]})
        return answer

    def _save(self) -> HttpResponse:
        view = self.opened.named
        if view is None:
            services.save_own_columns(self.request.user, self.table_key, self.chosen_columns(), actor=actor_of(self.request))
            return self._saved("Your table has these columns now.", None)
        content = self.content
        left_out = services.save_view(view, content, personal=self._personal_of(content.filter), actor=actor_of(self.request))
        return self._saved(f"The view “{view.name}” is saved as the page shows it.", view, left_out)

    def _reset(self) -> HttpResponse:
        """Give the open view the columns again that everybody begins with; its filter and order stay."""
        if (view := self.opened.named) is not None:
            kept = services.ViewContent(self.column_choice.defaults, filter_of(view), view.order, view.per_page)
            services.save_view(view, kept, personal=self._personal_of(kept.filter), actor=actor_of(self.request))
            return self._saved(f"The view “{view.name}” has the columns again that everybody begins with.", view)
        services.reset_own_columns(self.request.user, self.table_key, actor=actor_of(self.request))
        return self._saved("Your table has the columns again that everybody begins with.", None)

    def _save_as(self) -> HttpResponse:
        name = self.request.POST.get("name", "")
        view = services.create_view(self.request.user, self.table_key, name, self.content, actor=actor_of(self.request))
        return self._saved(f"The view “{view.name}” is saved. Only you see it.", view)

    def _share(self) -> HttpResponse:
        view, posted = self._named_view(), self.request.POST
        if unseen := set(posted.getlist("roles")) - self.roles:
            raise DomainError(f"The role “{min(unseen)[:40]}” does not open this list.", field="roles")
        agency = next(iter(ids_in([posted["agency"]])), NO_AGENCY) if posted.get("agency") else None
        personal, user, choice = self._personal_of(view.filter), self.request.user, posted.get("personal")
        audience: dict[str, Any] = {"with_roles": posted.getlist("roles"), "agency": agency, "personal": personal}
        if personal and (audience["with_roles"] or agency is not None) and choice not in (COPY, DROP):
            labels = self.labels_of(personal)
            raise DomainError(f"Choose what becomes of the filter by {labels}, which a shared view cannot hold.", field="personal")
        if personal and choice == COPY:
            copy = services.share_copy(view, user, posted.get("copy_name", ""), **audience, actor=actor_of(self.request))
            kept = f"Your view “{view.name}” stays as it is, with its filter by {self.labels_of(personal)}."
            return self._saved(f"The view “{copy.name}” is shared with {audience_of(copy)}. {kept}", view)
        left_out = services.share_view(view, user, **audience, actor=actor_of(self.request))
        said = "is shared. Its columns, order and filter are seen by" if view.is_shared else "is private now: only you see it"
        return self._saved(f"The view “{view.name}” {said} {audience_of(view)}".rstrip() + ".", view, left_out)

    def _set_default(self) -> HttpResponse:
        view, is_default = self._named_view(), self.request.POST.get("is_default") == "yes"
        services.set_default(view, is_default=is_default, actor=actor_of(self.request))
        said = "opens with the list from now on" if is_default else "does not open with the list any more"
        return self._saved(f"The view “{view.name}” {said}.", view)

    def _delete(self) -> HttpResponse:
        view = self._named_view()
        services.delete_view(view, self.request.user, actor=actor_of(self.request))
        messages.success(self.request, f"The view “{view.name}” is deleted.")
        return HttpResponseRedirect(f"{self.request.path}{OPENS_OWN}")

    def _named_view(self) -> SavedTable:
        if self.opened.named is None:
            raise DomainError("Nothing was done: there is no such view any more, or it is not yours.")
        return self.opened.named

    def _personal_of(self, parameters: Mapping[str, Any]) -> set[str]:
        return {name for name in parameters if self.is_personal(name)}

    def labels_of(self, parameters: Collection[str]) -> str:
        """Return the labels of the filters that the parameters belong to, in words."""
        filters = self.filterset_class(as_query(dict.fromkeys(parameters, ["1"])), self.rows(), request=self.request)
        fields = filters.fields_by_parameter()
        labels = (filters.chip_label(filters.chip_name(fields[name].name)) if name in fields else name for name in sorted(parameters))
        return get_text_list([*dict.fromkeys(labels)], "and")

    def _saved(self, text: str, view: SavedTable | None, left_out: Sequence[str] = ()) -> HttpResponse:
        """Say what was saved, and go on to the page as it is, in the view."""
        messages.success(self.request, text)
        if left_out:
            labels = self.labels_of(left_out)
            messages.warning(self.request, f"Left out of the shared view, as not everybody may read personal data: the filter by {labels}.")
        query = self.request.GET.copy()
        if view is not None:
            query[VIEW] = str(view.pk)
            query.setdefault("per_page", "50")
        return HttpResponseRedirect(f"{self.request.path}?{query.urlencode()}" if query else self.request.path)

    def _download(self) -> HttpResponseBase:
        """Return the rows on screen as CSV: the same filter, order, page, columns and masks."""
        if self.request.POST.get("terms") != "yes":
            raise DomainError("Nothing was downloaded. Tick that you accept the terms first.", field="terms")
        listing = Listing(self)  # type: ignore[arg-type]  # the list page that this is the base of
        columns = self.file_columns(listing)
        if listing.problems or listing.too_slow:
            raise DomainError(" ".join(listing.problems) or "Nothing was downloaded: the list took too long. Narrow it with a filter.")
        rows = listing.page.rows
        headings = [heading for heading, _ in columns]
        after = {"rows": len(rows), "columns": headings, "filters": sorted(set(self.request.GET) - self.own_parameters)}
        audit.record(actor=actor_of(self.request), action="table downloaded", page=self.title, severity="medium", after=after)
        lines = [headings, *([text(row) for _, text in columns] for row in rows)]
        name = f"{slugify(self.title) or 'table'}-{timezone.localtime():%Y-%m-%d-%H%M}.csv"
        response = csv_download(name, lines)
        patch_cache_control(response, private=True, no_store=True)
        return response

    # The menu

    def view_panel(self, refusal: DomainError | None = None) -> HttpResponse:
        """Return the menu of views and columns, for the popover of the list: after a refusal with what was posted, and with the reason."""
        user, opened, choice = self.request.user, self.opened, self.column_choice
        named, posted = opened.named, self.request.POST
        sharing = posted.get("act") == "share"
        own_copy = f"{named.name[: services.LONGEST_NAME - len(COPY_ENDS)]}{COPY_ENDS}" if named else ""
        views = list(views_for(user, self.table_key).exclude(name="").select_related("user").order_by("name", "pk")[:MENU_AT_MOST])
        context = {
            "page": self,
            "address": self.address,
            "named": named,
            "is_own": named is None or named.user_id == user.pk,
            "own_views": [view for view in views if view.user_id == user.pk],
            "shared_views": [view for view in views if view.user_id != user.pk],
            "columns": [(key, choice.label_of(key)) for key in posted.getlist("columns") or opened.columns],
            "act": posted.get("act", ""),
            "fault": refusal and refusal.message,
            "fault_field": (refusal and refusal.field) or "",
            "name": posted.get("name", ""),
            "copy_name": posted.get("copy_name", own_copy),
            "drops_personal": posted.get("personal") == DROP,
            "chosen_roles": posted.getlist("roles") if sharing else named.shared_with if named else [],
            "chosen_agency": posted.get("agency", "") if sharing else str((named and named.agency) or ""),
            "personal_of_view": self.labels_of(self._personal_of(filter_of(named))) if named else "",
            "personal_of_page": self.labels_of(self._personal_of(self._filters_given)) if named and named.is_shared else "",
            "offered": choice.offered(),
            "takes_fields": choice.takes_fields,
            "may_share": named is not None and named.user_id == user.pk and may_share(user),
            "may_delete": named is not None and may_delete(user, named),
            "roles": [(role, label) for role, label in roles.LABELS.items() if user.role in SHARES_WITH_ROLES and role in self.roles],
            "agencies": agencies_for(user),
        }
        response = render(self.request, "core/_views.html", context)
        response["X-Sluice-Fragment"] = "1"
        patch_vary_headers(response, ["HX-Request"])
        patch_cache_control(response, private=True, no_store=True)
        return response


MENU_AT_MOST = 300
"""Views in the menu."""


def audience_of(view: SavedTable) -> str:
    """Return in words who sees a shared view besides its owner."""
    if view.agency is not None:
        return "the users of your agency"
    labels = [roles.LABELS.get(role, role) for role in view.shared_with]
    return ", ".join(labels)
