"""Entries suppressed on every campaign, in API v4: invalid-emails, invalid-names, telephones."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import hydra
from config.core.api.hydra.filters import parse_text
from config.core.errors import DomainError
from leads.values import emails, telephones, texts
from processr.lists import services
from processr.lists.kinds import EMAIL, NAME, PHONE, ListKind
from processr.lists.selectors import CHANGES_SYSTEM_LISTS, SEES_SUPPRESSED, suppressed_for


class EntryFilter(hydra.ParameterFilter):
    """By the whole entry, however it is written."""

    def __init__(self, column: str, *, fold: Callable[[str], str]) -> None:
        self.fold = fold
        super().__init__(column, description="The whole entry, however it is written.")

    def parse(self, text: str) -> str:
        return self.fold(parse_text(text))


class SuppressedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    kind: ListKind
    roles = {**dict.fromkeys(("list", "retrieve"), SEES_SUPPRESSED), **dict.fromkeys(("create", "destroy"), CHANGES_SYSTEM_LISTS)}

    def get_queryset(self) -> QuerySet[Any]:
        return suppressed_for(self.request.user, self.kind)

    def create(self, request: Request) -> Response:
        """Add an entry.

        One that is on the list already is left as it is.
        """
        values = self.validated()
        entry = [values[column] for column in self.kind.columns[: len(self.kind.cells)]]
        try:
            services.suppress(self.kind.target, [entry if len(entry) > 1 else entry[0]], actor=self.actor)
        except DomainError as refusal:
            refusal.field = self.kind.cells[-1]
            raise
        return self.created(self.get_queryset().get(**{self.kind.key: self.kind.row(entry)[-1]}))

    def destroy(self, request: Request, pk: str) -> Response:
        services.unsuppress(self.kind.target, ids=[self.get_object().pk], actor=self.actor)
        return Response(status=204)


_TEXT = {"type": "string"}


class SuppressedEmailSerializer(hydra.HydraSerializer):
    class Meta:
        type = "SuppressedEmail"
        address = "invalid-emails"

    id = hydra.IdField()
    email = hydra.JsonField(schema=_TEXT)
    createdTs = hydra.MomentField(source="added_at", read_only=True)


class SuppressedNameSerializer(hydra.HydraSerializer):
    class Meta:
        type = "SuppressedName"
        address = "invalid-names"

    id = hydra.IdField()
    firstName = hydra.JsonField(schema=_TEXT, source="first_name")
    lastName = hydra.JsonField(schema=_TEXT, source="last_name")
    createdTs = hydra.MomentField(source="added_at", read_only=True)


class SuppressedTelephoneSerializer(hydra.HydraSerializer):
    class Meta:
        type = "SuppressedPhone"
        address = "telephones"

    id = hydra.IdField()
    telephone = hydra.JsonField(schema=_TEXT, source="phone")
    createdTs = hydra.MomentField(source="added_at", read_only=True)


class EmailFilterSet(hydra.HydraFilterSet):
    email = EntryFilter(EMAIL.key, fold=emails.canonical)


class NameFilterSet(hydra.HydraFilterSet):
    name = EntryFilter(NAME.key, fold=texts.fold_accents)


class TelephoneFilterSet(hydra.HydraFilterSet):
    telephone = EntryFilter(PHONE.key, fold=telephones.key)


class SuppressedEmailViewSet(SuppressedViewSet):
    """The e-mail addresses that are suppressed on every campaign."""

    kind = EMAIL
    serializer_class = SuppressedEmailSerializer
    filterset_class = EmailFilterSet
    orders = {"id": "pk", "email": EMAIL.key}
    noun = ("suppressed e-mail address", "suppressed e-mail addresses")
    examples = {"create": {"email": "somebody@example.com"}}


class SuppressedNameViewSet(SuppressedViewSet):
    """The names that are suppressed on every campaign."""

    kind = NAME
    serializer_class = SuppressedNameSerializer
    filterset_class = NameFilterSet
    orders = {"id": "pk", "name": NAME.key}
    noun = ("suppressed name", "suppressed names")
    examples = {"create": {"firstName": "Mickey", "lastName": "Mouse"}}


class SuppressedTelephoneViewSet(SuppressedViewSet):
    """The telephone numbers that are suppressed on every campaign."""

    kind = PHONE
    serializer_class = SuppressedTelephoneSerializer
    filterset_class = TelephoneFilterSet
    orders = {"id": "pk", "telephone": PHONE.key}
    noun = ("suppressed telephone number", "suppressed telephone numbers")
    examples = {"create": {"telephone": "+44 20 7946 0000"}}
