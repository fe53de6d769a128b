"""Lists of tables of any size: bounded counts, sorting by indexed columns only, and only the filters that are offered."""

from functools import cached_property
from typing import Any, cast

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import CharField
from django.http import HttpRequest

from config.core.lists.pagination import count_capped

LONGEST_SEARCH = 320


class BoundedPaginator(Paginator):
    """A paginator over the first 10,000 rows. Rows beyond them are found by searching."""

    @cached_property
    def _capped_count(self) -> tuple[int, bool]:
        rows = cast(QuerySet, self.object_list)  # a change list paginates nothing else
        return count_capped(rows.order_by())

    @cached_property
    def count(self) -> int:
        return self._capped_count[0]

    @property
    def exact(self) -> bool:
        return self._capped_count[1]


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = CharField(required=False, strip=False, max_length=LONGEST_SEARCH)


class BoundedList(ChangeList):
    search_form_class = SearchForm
    count_label: str

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.title = self.model_admin.nouns  # type: ignore[attr-defined]  # of our base class for all admin pages

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        """Return no rows for a search that is not understood, and refuse a filter that is not offered."""
        try:
            rows = super().get_queryset(request, exclude_parameters)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters(error) from error
        return rows.none() if request.GET.get(SEARCH_VAR) and not self.query else rows

    def get_ordering_field(self, field_name: Any) -> Any:
        """Refuse columns that are not sortable. Django hides their arrows, but would still sort by them on request."""
        assert self.sortable_by is not None  # ModelAdmin.get_sortable_by returns a sequence
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.count_label = f"{self.result_count:,}" if self.paginator.exact else f"{self.result_count:,}+"
