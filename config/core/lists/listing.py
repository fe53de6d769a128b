"""The content of a list page: the parsed query, the rows found, and the links to other pages of the list."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from psycopg.errors import QueryCanceled

from config.core.lists.filters import Chip, ListFilterSet
from config.core.lists.pagination import BadPosition, Order, Page, PagePosition, take
from config.core.lists.tables import ListTable

PAGE_SIZES = (25, 50, 100)
OWN_PARAMETERS = frozenset({"sort", "after", "before", "per_page", "view"})
TIME_LIMIT = "3s"


class ListSource(Protocol):
    """The source of a listing: a list page, or any object with the same attributes."""

    @property
    def request(self) -> HttpRequest: ...
    @property
    def filterset_class(self) -> type[ListFilterSet]: ...
    @property
    def table_class(self) -> type[ListTable]: ...
    @property
    def noun(self) -> tuple[str, str]: ...
    @property
    def news_url(self) -> str: ...
    def rows(self) -> QuerySet: ...
    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]: ...
    def sorts(self) -> Mapping[str, str]: ...
    def table_options(self) -> dict[str, Any]: ...
    def arrange(self, table: ListTable) -> None: ...
    @property
    def view_problems(self) -> Sequence[str]: ...


class TooSlow(Exception):
    """The database cancelled a query that exceeded the time limit of a page."""


@dataclass(frozen=True)
class Heading:
    """The head of a column: its sort link and its filter."""

    column: Any
    sort_url: str = ""
    sorted: str = ""
    filter: Chip | None = None


class Listing:
    page_sizes = PAGE_SIZES

    def __init__(self, source: ListSource) -> None:
        self.source, self.parameters, self.path = source, source.request.GET, source.request.path
        self.sorts, self.default_sort = source.sorts(), source.table_class.default_sort
        self.problems: list[str] = [*source.view_problems]
        self.page, self.count, self.exact, self.newest, self.too_slow = Page([]), 0, True, 0, False
        rows = source.rows()
        self.filters = source.filterset_class(self.parameters, rows, request=source.request)
        self.size = self._read_size()
        self.order = self._read_order(rows)
        positions = self._read_positions()
        self.problems += self.filters.problems(besides=OWN_PARAMETERS)
        if not self.problems:
            self._fetch(rows, positions)
        self.table = source.table_class(self.page.rows, **source.table_options())
        self.table.request = source.request  # not as an argument: the table would sort the page by ?sort= once more
        source.arrange(self.table)

    def _fetch(self, rows: QuerySet, positions: dict[str, PagePosition]) -> None:
        try:
            with time_limited():
                matching = self.filters.qs
                self.page = take(matching, self.order, size=self.size, **positions)
                self.count, self.exact = self.source.count(matching, self.filters)
                if self.source.news_url and self.is_first_page:
                    self.newest = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
        except TooSlow:
            self.too_slow, self.page = True, Page([])

    def _read_size(self) -> int:
        text = self.parameters.get("per_page") or "50"
        if text in map(str, PAGE_SIZES):
            return int(text)
        self.problems.append(f"Rows a page: “{text}” is not one of {', '.join(map(str, PAGE_SIZES))}.")
        return PAGE_SIZES[0]

    def _read_order(self, rows: QuerySet) -> Order:
        name = self.sort.removeprefix("-")
        if name not in self.sorts:
            self.problems.append(f"“{self.sort}” is not an order this list can be in.")
        return Order.by(rows.model, self.sorts.get(name, rows.model._meta.pk.name), descending=self.sort.startswith("-"))

    def _read_positions(self) -> dict[str, PagePosition]:
        texts = {side: text for side in ("after", "before") if (text := self.parameters.get(side))}
        if len(texts) == 2:
            self.problems.append("A page begins after a row or ends before one, not both.")
        try:
            return {side: self.order.parse_position(text) for side, text in texts.items()}
        except BadPosition:
            self.problems.append("The address names no place in this list: it was cut off, or made for another order.")
            return {}

    @property
    def sort(self) -> str:
        return self.parameters.get("sort") or self.default_sort

    @cached_property
    def chips(self) -> list[Chip]:
        return self.filters.chips()

    @property
    def is_filtered(self) -> bool:
        return any(chip.value for chip in self.chips)

    @property
    def is_first_page(self) -> bool:
        return not (self.parameters.get("after") or self.parameters.get("before"))

    @property
    def is_past_the_end(self) -> bool:
        """Whether the list has rows, but none on this page, because rows were removed or moved meanwhile."""
        return not self.page.rows and self.count > 0

    @property
    def range(self) -> str:
        """The range of rows as text: “1–50 of 12,480”, or “50 of 10,000+” where the position is not known."""
        total = f"{self.count:,}" if self.exact else f"{self.count:,}+"
        if not self.page.rows:
            return f"0 of {total}"
        if self.page.first is None:
            return f"{len(self.page.rows)} of {total}"
        return f"{self.page.first:,}–{self.page.last:,} of {total}"

    @property
    def nouns(self) -> str:
        return self.source.noun[0 if self.count == 1 else 1]

    @property
    def headings(self) -> list[Heading]:
        chips = {chip.name: chip for chip in self.chips if chip.name not in self.filters.quiet}
        headings = []
        for column in self.table.columns:
            name = column.name
            chip = chips.get(self.table.filters.get(name, name))
            if name in self.sorts:
                direction = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
                sort_url = self.url(sort=f"-{name}" if self.sort == name else name)
                headings.append(Heading(column, sort_url, direction, chip))
            else:
                headings.append(Heading(column, filter=chip))
        return headings

    @property
    def next_url(self) -> str:
        return self.url(after=self.page.after) if self.page.after else ""

    @property
    def previous_url(self) -> str:
        return self.url(before=self.page.before) if self.page.before else ""

    @property
    def first_url(self) -> str:
        return self.url()

    @property
    def cleared_url(self) -> str:
        """The URL without filters, or without any parameters when the query is invalid."""
        if self.problems:
            return self.path
        return self.url(**{name: "" for name in self.parameters if name not in OWN_PARAMETERS})

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The parameters that a change of the page size keeps."""
        return [
            (name, value) for name, values in self.parameters.lists() for value in values if name not in {"after", "before", "per_page"}
        ]

    @property
    def news_address(self) -> str:
        """The URL to poll for new rows, with the filters of this page; empty where the list does not report them."""
        if not self.source.news_url or self.problems or self.too_slow or not self.is_first_page:
            return ""
        return self.source.news_url + self.url(since=str(self.newest), sort="", per_page="").removeprefix(self.path)

    def without(self, chip: Chip) -> str:
        return self.url(**dict.fromkeys(chip.parameters, ""))

    def url(self, **changes: str) -> str:
        """Return the URL of the first page with some parameters changed; an empty value removes a parameter."""
        query = self.parameters.copy()
        for name in ("after", "before", *changes):
            query.pop(name, None)
        query.update({name: value for name, value in changes.items() if value})
        if set(query) == {"view"}:
            query["sort"] = self.default_sort  # the address of a view alone would bring its filter back
        return f"{self.path}?{query.urlencode()}" if query else self.path


@contextmanager
def time_limited() -> Iterator[None]:
    """Run queries read-only and for at most three seconds. The transaction is rolled back, so that the limits end here even when nested.

    Keyset pages read few rows in index order. The planner overrates that cost with its default for spinning disks.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{TIME_LIMIT}'; SET LOCAL random_page_cost = 1.1; SET TRANSACTION READ ONLY")
            yield
            transaction.set_rollback(True)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise
