"""A collection of API v4 for the tests of its base: audit entries."""

from django.db.models import QuerySet
from django.urls import include, path
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import audit
from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import AuditEntry

READERS = frozenset({roles.ADMIN, roles.SUPER})


class KnownFilter(hydra.BooleanFilter):
    lookups = {"": "isnull"}


class EntryFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id")
    action = hydra.TextFilter("action")
    notes = hydra.TextFilter("notes", lookup="icontains")
    high = hydra.ChoiceFilter("severity", choices={"yes": "high", "no": "low"})
    known = KnownFilter("campaign_id")
    created = hydra.MomentFilter("at", name="createdTs")


class ScopedFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id", needed=True)


class EntrySerializer(hydra.HydraSerializer):
    class Meta:
        type = "Entry"
        address = "entries"

    id = hydra.IdField()
    action = hydra.StringField(max_length=100)
    notes = hydra.StringField(required=False, write_only=True)
    createdTs = hydra.MomentField(source="at", read_only=True)


class EntryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    queryset = AuditEntry.objects.all()
    serializer_class = EntrySerializer
    filterset_class = EntryFilterSet
    orders = {"id": "pk", "action": "action", "campaign.id": "campaign_id"}
    roles = {"list": READERS, "retrieve": READERS, "create": {roles.ADMIN}, "destroy": {roles.ADMIN}}

    def retrieve(self, request: Request, pk: str) -> Response:
        entry = self.get_object()
        return hydra.etagged(request, f"{entry.pk}", lambda: self.item(entry))

    def create(self, request: Request) -> Response:
        action = self.validated()["action"]
        if action == "nothing":
            raise DomainError("Nothing cannot be done.", field="action", status=409)
        return self.created(audit.record(actor=self.actor, page="Entries", action=action))

    def destroy(self, request: Request, pk: str) -> Response:
        return Response(status=204)


class ScopedEntrySerializer(EntrySerializer):
    class Meta:
        type = "Entry"
        address = "scoped-entries"


class ScopedEntryViewSet(mixins.ListModelMixin, hydra.HydraViewSet):
    queryset: QuerySet[AuditEntry] = AuditEntry.objects.all()
    serializer_class = ScopedEntrySerializer
    filterset_class = ScopedFilterSet
    roles = {"list": READERS}


router = hydra.HydraRouter()
router.register(EntryViewSet)
router.register(ScopedEntryViewSet)
urlpatterns = [*router.urls, path("", include("config.core.urls"))]
