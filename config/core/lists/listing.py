"""The content of a list page: the parsed query, the rows found, and the links to other pages of the list."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlencode

from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from psycopg.errors import QueryCanceled

from config.core.lists import bounded
from config.core.lists.bounded import Look, take_bounded
from config.core.lists.filters import ADD, Chip, ListFilterSet, Offer
from config.core.lists.pagination import COUNT_CAP, BadPosition, Order, Page, PagePosition, count_capped, take
from config.core.lists.parameters import REPEATED
from config.core.lists.tables import ListTable

PAGE_SIZES = (25, 50, 100)
OWN_PARAMETERS = frozenset({"sort", "after", "before", "per_page", "view", ADD})
TIME_LIMIT = "3s"
PANEL, OFFERS = "panel", "filters"
"""The parameter by which htmx loads what a button of the list opens, and its value for the filters that can be added."""


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
    def count_bounded(self, filters: ListFilterSet) -> int | None: ...
    def place_of(self, row: Model, order: Order) -> str: ...
    def sorts(self) -> Mapping[str, str]: ...
    def table_options(self) -> dict[str, Any]: ...
    def arrange(self, table: ListTable) -> None: ...
    @property
    def view_problems(self) -> Sequence[str]: ...
    @property
    def own_parameters(self) -> frozenset[str]: ...


class TooSlow(Exception):
    """The database cancelled a query that exceeded the time limit of a page."""


@dataclass(frozen=True)
class Heading:
    """The head of a column: its sort link and its filter."""

    column: Any
    sort_url: str = ""
    sorted: str = ""
    filter: Chip | Offer | None = None


class Listing:
    page_sizes = PAGE_SIZES

    def __init__(self, source: ListSource) -> None:
        self.source, self.parameters, self.path = source, source.request.GET, source.request.path
        self.sorts, self.default_sort = source.sorts(), source.table_class.default_sort
        self.problems: list[str] = [*source.view_problems]
        self.page, self.count, self.exact, self.newest, self.too_slow = Page([]), 0, True, 0, False
        self.look: Look | None = None
        rows = source.rows()
        self.filters = source.filterset_class(self.parameters, rows, request=source.request)
        self.size = self._read_size()
        self.order = self._read_order(rows)
        positions = self._read_positions()
        self.problems += self.filters.problems(besides=source.own_parameters)
        if not self.problems:
            self._fetch(rows, positions)
        self.table = source.table_class(self.page.rows, **source.table_options())
        self.table.request = source.request  # not as an argument: the table would sort the page by ?sort= once more
        source.arrange(self.table)

    def _fetch(self, rows: QuerySet, positions: dict[str, PagePosition]) -> None:
        try:
            with time_limited():
                if self.filters.bounded is None:
                    self.page = take(self.filters.qs, self.order, size=self.size, **positions)
                else:
                    unbounded = self.filters.unbounded_rows
                    self.page, self.look = take_bounded(unbounded, self.filters.bounded, self.order, size=self.size, **positions)
                self.count, self.exact = self._count()
                if self.source.news_url and self.is_first_page:
                    self.newest = self._find_newest(rows)
        except TooSlow:
            self.too_slow, self.page = True, Page([])

    def _find_newest(self, rows: QuerySet) -> int:
        """Return the id after which a row is news: where the newest are on top, that of the first, else that of any."""
        if self.page.rows and self.order.is_newest_first:
            return int(self.page.rows[0].pk)
        return rows.order_by("-pk").values_list("pk", flat=True).first() or 0

    def _count(self) -> tuple[int, bool]:
        """Return (n, exact). Bounded matches are not counted beyond the page, unless they are known otherwise."""
        if self.filters.bounded is None:
            return self.source.count(self.filters.qs, self.filters)
        if (counted := self.source.count_bounded(self.filters)) is not None:
            return counted, True
        _, is_short = count_capped(self.filters.unbounded_rows.order_by(), min(COUNT_CAP, bounded.LOOKED_AT))
        if is_short:  # the bounded part is tested on all of them
            return self.filters.qs.order_by().values("pk").count(), True
        is_all = self.is_first_page and not self.page.after and self.look is None
        return len(self.page.rows), is_all

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

    @cached_property
    def added(self) -> list[Chip]:
        return self.filters.added_chips()

    @cached_property
    def offers_of_columns(self) -> list[Offer]:
        """The filters of columns that can be added to those in use."""
        return self.filters.without_those_in_use(self.filters.offers_of_columns())

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips)

    @property
    def further_url(self) -> str:
        """The URL of the page that goes on where this one stopped looking."""
        if self.look is None:
            return ""
        return self.url(before=self.look.position) if self.look.backwards else self.url(after=self.look.position)

    @property
    def place_looked_at(self) -> str:
        """How far was looked, in the words of the list."""
        return self.source.place_of(self.look.last, self.order) if self.look else ""

    @property
    def is_counted(self) -> bool:
        """Whether the number of matches is known, or at least counted beyond the page."""
        return self.exact or self.filters.bounded is None

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
        filters: dict[str, Chip | Offer] = {offer.name: offer for offer in self.offers_of_columns}
        filters |= {chip.name: chip for chip in self.chips if chip.name not in self.filters.quiet}
        headings = []
        for column in self.table.columns:
            name = column.name
            filter_ = filters.get(self.table.filters.get(name, name))
            if name in self.sorts:
                direction = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
                sort_url = self.url(sort=f"-{name}" if self.sort == name else name)
                headings.append(Heading(column, sort_url, direction, filter_))
            else:
                headings.append(Heading(column, filter=filter_))
        return headings

    @property
    def offers_url(self) -> str:
        """The URL of the filters that can be added."""
        query = self.parameters.copy()
        query[PANEL] = OFFERS
        return f"{self.path}?{query.urlencode()}"

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
        return self.url(**{name: "" for name in self.parameters if name not in self.source.own_parameters})

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters that a change of the filters keeps."""
        kept = self.source.own_parameters - {"after", "before", ADD}
        return [(name, value) for name in self.parameters if name in kept and (value := self.parameters[name])]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The parameters that a change of the page size keeps."""
        return [
            (name, value)
            for name, values in self.parameters.lists()
            for value in values
            if name not in {"after", "before", "per_page", ADD}
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
        changed = {name for known in ("after", "before", ADD, *changes) for name in (known, known + REPEATED)}
        query = {name: values for name, values in self.parameters.lists() if name not in changed}
        query |= {name: [value] for name, value in changes.items() if value}
        if set(query) == {"view"}:
            query["sort"] = [self.default_sort]  # the address of a view alone would bring its filter back
        return f"{self.path}?{urlencode(query, doseq=True)}" if query else self.path


@contextmanager
def time_limited() -> Iterator[None]:
    """Run queries read-only and for at most three seconds. The transaction is rolled back, so that the limits end here even when nested.

    Keyset pages read few rows in index order. The planner overrates that cost with its default for spinning disks, and
    would compile such queries for longer than they run.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                limits = f"SET LOCAL statement_timeout = '{TIME_LIMIT}'; SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off"
                cursor.execute(f"{limits}; SET TRANSACTION READ ONLY")
            yield
            transaction.set_rollback(True)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise
