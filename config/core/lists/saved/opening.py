"""Opening of views: the columns that a page shows, and what of the view it cannot show any more."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.http import QueryDict

from config.core.ids import ids_in
from config.core.lists.saved.selectors import views_for
from config.core.lists.tables import ListTable
from config.core.models import SavedTable, User

OWN = "own"
"""The value of `view` for the user's own table, where another view is the default."""
GONE, NOT_SHOWN = "is not there any more", "is not shown to your role"


class ColumnChoice(ABC):
    """The columns among which a user chooses those of a list."""

    takes_fields = ""
    """Help for columns that are not offered and can be typed, such as those of any field of leads."""

    @property
    @abstractmethod
    def defaults(self) -> Sequence[str]:
        """The columns that everybody begins with."""

    @abstractmethod
    def offered(self) -> Mapping[str, str]:
        """Return the labels of the columns by key."""

    def label_of(self, key: str) -> str:
        return self.offered().get(key, key)

    def fault_of(self, key: str) -> str:
        """Return why the user cannot see the column, or an empty text."""
        return "" if key in self.offered() else GONE

    def arrange(self, table: ListTable, keys: Sequence[str]) -> None:  # noqa: B027  (for subclasses)
        """Show these columns of the table, in this order."""


class DeclaredChoice(ColumnChoice):
    """The columns that the table declares and shows to the user. Those that hold no data stay where they are."""

    def __init__(self, table: ListTable) -> None:
        self.labels = {column.name: str(column.header) for column in table.columns if column.name not in table.fixed}

    @property
    def defaults(self) -> Sequence[str]:
        return tuple(self.labels)

    def offered(self) -> Mapping[str, str]:
        return self.labels

    def arrange(self, table: ListTable, keys: Sequence[str]) -> None:
        names = [column.name for column in table.columns]
        place = next((n for n, name in enumerate(names) if name in self.labels), len(names))
        first, last = names[:place], [name for name in names[place:] if name not in self.labels]
        for name in self.labels.keys() - set(keys):
            table.columns.hide(name)
        table.sequence = [*first, *keys, *last, "..."]
        shown = [*first, *keys, *last]
        table.cards = [name for name in table.cards if name in shown] or (shown[:4] if table.cards else ())


@dataclass(frozen=True)
class OpenedView:
    """The columns of a list, and the view that they come from: None for the table that everybody begins with."""

    saved: SavedTable | None
    columns: Sequence[str]
    problems: Sequence[str] = ()
    left_out: Sequence[str] = ()
    """Messages about columns of the view that are not shown."""

    @property
    def named(self) -> SavedTable | None:
        return self.saved if self.saved is not None and self.saved.name else None

    @property
    def name(self) -> str:
        return self.named.name if self.named else ""


def open_view(user: User, table: str, text: str, choice: ColumnChoice) -> OpenedView:
    """Open the view that the address names, else the user's default, else the own table.

    An unknown view and somebody else's are a problem.
    """
    if not table:
        return OpenedView(None, choice.defaults)
    if text in ("", OWN):
        own = SavedTable.objects.filter(user=user, table=table)
        chosen = own.filter(name="") if text == OWN else own.filter(Q(name="") | Q(is_default=True)).order_by("-is_default")
        return _with_columns(chosen.first(), choice)
    saved = views_for(user, table).select_related("user").exclude(name="").filter(pk__in=ids_in([text])).first()
    if saved is None:
        problem = f"“{text[:40]}” is no view of this list that you can open: it was deleted, or is not shared with you."
        return OpenedView(None, choice.defaults, problems=[problem])
    return _with_columns(saved, choice)


def filter_of(saved: SavedTable) -> dict[str, list[str]]:
    """Return the parameters of a view's filter. Whatever else may stand in the row is no filter."""
    if not isinstance(saved.filter, dict):
        return {}
    lists = {name: values for name, values in saved.filter.items() if isinstance(values, list)}
    return {name: [str(value) for value in values] for name, values in lists.items()}


def as_query(parameters: Mapping[str, Sequence[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in parameters.items():
        query.setlist(name, list(values))
    return query


def _with_columns(saved: SavedTable | None, choice: ColumnChoice) -> OpenedView:
    stored = saved.columns if saved is not None and isinstance(saved.columns, list) else []
    keys = list(dict.fromkeys(key for key in stored if isinstance(key, str)))
    faults = {key: fault for key in keys if (fault := choice.fault_of(key))}
    owner = f"the view “{saved.name}”" if saved is not None and saved.name else "your table"
    left_out = [f"The column “{choice.label_of(key)}” of {owner} {fault}: it opened without it." for key, fault in faults.items()]
    return OpenedView(saved, [key for key in keys if key not in faults] or choice.defaults, left_out=left_out)
