"""The page every list is: filter, sort, pages by key, honest counts, four states; a fragment for htmx, a page for the rest.

A list of one's own is a table, a filter set and a selector:

    class Campaigns(ListPage):
        roles = roles.MANAGES_CAMPAIGNS          # who may open it; nobody unless said
        table_class, filterset_class = CampaignTable, CampaignFilters
        title, noun = "Campaigns", ("campaign", "campaigns")
        empty_text = "Nothing is collected yet."
        template_name = "campaigns/list.html"    # extends core/list.html: breadcrumb, actions; or leave it out

        def rows(self) -> QuerySet:
            return campaigns_for(self.request.user).select_related("advertiser")

        def count(self, rows, filters) -> tuple[int, bool]:   # only where counting can be cheaper than 10,000 rows
            return counting.count_for(self.request.user, ...), True

Sorts are the table's (`ListTable.sorts`: column name → indexed model column); narrow them per person in `sorts()`.
`bar_template` stands between the filters and the rows: what one may do with those that are ticked, say.
`empty_template` is shown while there are no rows at all; by default `icon`, "No campaigns yet" and `empty_text`.
Related objects belong into `rows()` (select_related, prefetch_related): a page is a fixed number of queries.
`news_url` (an address) makes the page ask every 15 seconds whether rows arrived: `?since=<newest id>` and the page's own filters
are added, and the view behind it answers with `core/_news.html` (`n`, `noun`, `url`) or nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views import View

from config.core.lists.filters import ListFilterSet
from config.core.lists.listing import Listing
from config.core.lists.pagination import capped
from config.core.lists.tables import ListTable


class ListPage(View):
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
    news_url: str = ""

    def rows(self) -> QuerySet:
        """What this person may see of the list, unfiltered."""
        raise NotImplementedError

    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]:  # noqa: ARG002  (for those who know better)
        """(n, exact?) of the filtered rows."""
        return capped(rows.order_by())

    def sorts(self) -> Mapping[str, str]:
        return self.table_class.sorts

    def table_options(self) -> dict[str, Any]:
        """Further arguments of the table, such as `exclude`."""
        return {}

    def extra_context(self) -> dict[str, Any]:
        return {}

    @property
    def none_match(self) -> str:
        return f"No {self.noun[1]} match"

    @property
    def none_yet(self) -> str:
        return f"No {self.noun[1]} yet"

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if request.user.role not in self.roles:
            raise PermissionDenied
        listing = Listing(self)
        fragment = bool(request.htmx) and not request.htmx.history_restore_request
        template = "core/_list.html" if fragment else self.template_name
        context = {"listing": listing, "table": listing.table, "page": self, "fragment": fragment, **self.extra_context()}
        response = render(request, template, context, status=503 if listing.too_slow else 200)
        if fragment:
            response["X-Sluice-Fragment"] = "1"
        patch_vary_headers(response, ["HX-Request"])
        patch_cache_control(response, private=True, no_store=True)
        return response
