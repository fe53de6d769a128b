"""The base of all list pages: filters, sorting, keyset pages, bounded counts, and a fragment for htmx or the whole page.

A list page needs a table, a filter set and a selector:

    class Campaigns(ListPage):
        roles = roles.MANAGES_CAMPAIGNS          # roles that may open it; none by default
        table_class, filterset_class = CampaignTable, CampaignFilters
        title, noun = "Campaigns", ("campaign", "campaigns")
        empty_text = "Nothing is collected yet."
        template_name = "campaigns/list.html"    # optional; extends core/list.html: breadcrumb, actions

        def rows(self) -> QuerySet:
            return campaigns_for(self.request.user).select_related("advertiser")

        def count(self, rows, filters) -> tuple[int, bool]:   # only where counting can be cheaper than 10,000 rows
            return tallies.count_for(self.request.user, ...), True

The table declares the sorts (`ListTable.sorts`: column name → indexed model column); narrow them per user in `sorts()`.

`bar_template` is shown between the filters and the rows, for example the actions for ticked rows.

`search_all_template` is shown where the matches of a bounded filter are not all known, for example a form that searches the
whole list.

`empty_template` is shown while there are no rows at all; by default `icon`, "No campaigns yet" and `empty_text`.

Fetch related objects in `rows()` (select_related, prefetch_related): a page runs a fixed number of queries.

A table with a `key` has views that users save, share and choose by `?view=<id>` (`lists/saved`), and `file_columns` gives it a file
of the rows on screen.

`news_url` makes the page poll every 15 seconds for new rows. `?since=<newest id>` and the filters of the page are
added, and its view answers with `core/_news.html` (`n`, `noun`, `url`) or nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers

from config.core.accounts.requests import UserRequest
from config.core.lists.filters import ListFilterSet
from config.core.lists.listing import OFFERS, PANEL, Listing
from config.core.lists.pagination import Order, count_capped
from config.core.lists.saved.view_pages import VIEWS, ListViews
from config.core.lists.tables import ListTable

ADDED = "added"
"""The id of the element that the controls of added filters are loaded into."""


class ListPage(ListViews, ABC):
    roles: ClassVar[frozenset[str]] = frozenset()
    table_class: ClassVar[type[ListTable]]
    filterset_class: ClassVar[type[ListFilterSet]]
    title: ClassVar[str]
    noun: ClassVar[tuple[str, str]] = ("row", "rows")
    icon: ClassVar[str] = "inbox"
    empty_text: ClassVar[str] = ""
    empty_template: ClassVar[str] = "core/_nothing_yet.html"
    template_name: ClassVar[str] = "core/list.html"
    bar_template: ClassVar[str] = ""
    search_all_template: ClassVar[str] = ""
    beside_template: ClassVar[str] = ""
    """The parts of the page outside the list that change with it, as elements that htmx swaps out of band."""
    news_url: str = ""
    request: UserRequest

    @abstractmethod
    def rows(self) -> QuerySet:
        """Return the unfiltered rows that the user may see."""

    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]:  # noqa: ARG002  (for subclasses)
        """Return (n, exact) for the filtered rows."""
        return count_capped(rows.order_by())

    def count_bounded(self, filters: ListFilterSet) -> int | None:  # noqa: ARG002  (for subclasses)
        """Return how many rows match where a part of the filters is bounded; None where that is not known."""
        return None

    def place_of(self, row: Model, order: Order) -> str:  # noqa: ARG002  (for subclasses)
        """Return the place of a row in the list in words, such as “back to 14 Nov 2026”; empty for none."""
        return ""

    def sorts(self) -> Mapping[str, str]:
        return self.table_class.sorts

    def table_options(self) -> dict[str, Any]:
        """Return further arguments of the table, such as `exclude`."""
        return {}

    def extra_context(self) -> dict[str, Any]:
        return {}

    @property
    def none_match(self) -> str:
        return f"No {self.noun[1]} match"

    @property
    def none_match_text(self) -> str:
        return f"No {self.noun[0]} matches all the filters above at once."

    @property
    def none_yet(self) -> str:
        return f"No {self.noun[1]} yet"

    def get(self, request: UserRequest, **_: Any) -> HttpResponse:
        self.check_access()
        if request.htmx and request.htmx.target == ADDED:
            return self._added_filters(request)
        fragment = bool(request.htmx) and not request.htmx.history_restore_request
        panel = request.GET.get(PANEL) if fragment else None
        if panel == OFFERS:
            return self._offered_filters(request)
        if panel == VIEWS and self.table_key:
            return self.view_panel()
        if redirect := self.redirect_into_view():
            return redirect
        listing = Listing(self)
        template = "core/_list.html" if fragment else self.template_name
        context = {"listing": listing, "table": listing.table, "page": self, "fragment": fragment, **self.extra_context()}
        response = render(request, template, context, status=503 if listing.too_slow else 200)
        if fragment:
            response["X-Sluice-Fragment"] = "1"
        patch_vary_headers(response, ["HX-Request"])
        patch_cache_control(response, private=True, no_store=True)
        return response

    def _added_filters(self, request: UserRequest) -> HttpResponse:
        """Answer with the controls of the filters that are added, without any rows."""
        filters = self._filters(request)
        unknown = [text for text in filters.added() if filters.find(text) is None]
        return self._part(request, "core/_added.html", {"chips": filters.added_chips(), "unknown": unknown})

    def _offered_filters(self, request: UserRequest) -> HttpResponse:
        """Answer with the filters that can be added, without any rows."""
        return self._part(request, "core/_offers.html", {"offers": self._filters(request).offers_left(), "path": request.path})

    def _filters(self, request: UserRequest) -> ListFilterSet:
        return self.filterset_class(request.GET, self.rows(), request=request)

    def _part(self, request: UserRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        patch_cache_control(response, private=True, no_store=True)
        return response
