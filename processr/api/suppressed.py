"""Entries suppressed on every campaign, in API v4: invalid-emails, invalid-names, telephones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from config.core.api import hydra
from config.core.errors import DomainError
from leads.intake import normalize
from processr.lists import services
from processr.lists.kinds import EMAIL, NAME, PHONE, ListKind
from processr.lists.selectors import SUPPRESSES, suppressed_for

Record = dict[str, Any]


@dataclass(frozen=True)
class Suppressed:
    """One of the three collections with its views."""

    kind: ListKind
    collection: hydra.Collection

    @property
    def list_view(self) -> Callable[..., HttpResponse]:
        @hydra.allowed(SUPPRESSES)
        def entries_list(request: HttpRequest) -> HttpResponse:
            return self.collection.answer(request, self._rows(request), self.records)

        return entries_list

    @property
    def detail_view(self) -> Callable[..., HttpResponse]:
        @hydra.allowed(SUPPRESSES)
        def entry_detail(request: HttpRequest, pk: int) -> HttpResponse:
            return self.collection.item(request, self.records([self._find(request, pk)])[0])

        return entry_detail

    @property
    def create_view(self) -> Callable[..., HttpResponse]:
        @hydra.allowed(SUPPRESSES)
        def entry_create(request: HttpRequest) -> HttpResponse:
            """Add an entry. One that is on the list already is left as it is."""
            body = hydra.read_body(request)
            body.only(*self.kind.cells)
            body.required(*self.kind.cells)
            entry = [body[cell] for cell in self.kind.cells]
            try:
                services.suppress(self.kind.target, [entry if len(entry) > 1 else entry[0]], actor=hydra.actor(request))
            except DomainError as refusal:
                refusal.field = self.kind.cells[-1]
                raise
            row = self._rows(request).get(**{self.kind.key: self.kind.row(entry)[-1]})
            return self.collection.created(self.records([row])[0])

        return entry_create

    @property
    def delete_view(self) -> Callable[..., HttpResponse]:
        @hydra.allowed(SUPPRESSES)
        def entry_delete(request: HttpRequest, pk: int) -> HttpResponse:
            services.unsuppress(self.kind.target, ids=[self._find(request, pk).pk], actor=hydra.actor(request))
            return hydra.gone()

        return entry_delete

    def records(self, rows: Sequence[Any]) -> list[Record]:
        """Return the records, with the property names that the headings of imported files have."""
        columns_by_cell = list(zip(self.kind.cells, self.kind.columns, strict=False))
        return [
            {"id": row.pk, **{cell: getattr(row, column) for cell, column in columns_by_cell}, "createdTs": hydra.moment(row.added_at)}
            for row in rows
        ]

    def _rows(self, request: HttpRequest) -> Any:
        return suppressed_for(hydra.caller(request), self.kind)

    def _find(self, request: HttpRequest, pk: int) -> Any:
        row = self._rows(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        return row


def _collection(name: str, kind: ListKind, filter_name: str, fold: Callable[[str], str]) -> Suppressed:
    key_filter = hydra.Filter(fold, kind.key, description="The whole of it, however it is written.")
    collection = hydra.Collection(name, kind.model.__name__, filters={filter_name: key_filter}, orders={"id": "pk", filter_name: kind.key})
    return Suppressed(kind, collection)


def _storable_text(fold: Callable[[str], str]) -> Callable[[str], str]:
    """Refuse text that the database cannot store before it is queried."""
    plain = hydra.text("")

    def read(text: str) -> str:
        return fold(str(plain.read(text)))

    return read


EMAILS = _collection("invalid-emails", EMAIL, "email", _storable_text(normalize.fold_email))
NAMES = _collection("invalid-names", NAME, "name", _storable_text(normalize.fold_name))
TELEPHONES = _collection("telephones", PHONE, "telephone", _storable_text(normalize.fold_phone))
