"""API v4 on Django REST framework. A collection is a serializer, a viewset and a router line:

    class GroupSerializer(hydra.HydraSerializer):
        class Meta:
            type = "CampaignProcessrJobGroup"                # its @type
            address = "campaign-processr-job-groups"         # below /api/v4/

        id = hydra.IdField()
        campaign = hydra.ReferenceField("campaigns", CampaignSerializer())
        name = hydra.StringField(max_length=120)

    class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
        serializer_class = GroupSerializer
        filterset_class = GroupFilterSet                       # unknown or wrong parameters are refused with 400
        orders = {"id": "pk", "name": "name"}
        roles = {"list": MANAGERS, "retrieve": MANAGERS, "create": MANAGERS}

        def get_queryset(self):
            return groups_for(self.request.user)

        def create(self, request):
            return self.created(create_group(**self.validated(), actor=self.actor))

    router.register(GroupViewSet)

A DomainError raised by a service becomes a hydra:Error with its status and its `field` as the propertyPath of a
violation. HEAD, OPTIONS, 404, 405 and Idempotency-Key are handled by the base class.
"""

from config.core.api.hydra.body import reference, refuse_to_move
from config.core.api.hydra.fields import (
    BooleanField,
    ChoiceField,
    IdField,
    IntegerField,
    JsonField,
    ListField,
    MomentField,
    ReferenceField,
    StringField,
)
from config.core.api.hydra.filters import (
    ID,
    LONGEST_TEXT,
    TWICE,
    BooleanFilter,
    ChoiceFilter,
    HydraFilterSet,
    IdFilter,
    MomentFilter,
    ParameterFilter,
    TextFilter,
    parse_text,
)
from config.core.api.hydra.pagination import CollectionPage, Total, page_of_rows
from config.core.api.hydra.query import CollectionQuery, QueryReader
from config.core.api.hydra.responses import HydraError, JsonObject, etagged
from config.core.api.hydra.routing import HydraRouter
from config.core.api.hydra.serializers import HydraSerializer
from config.core.api.hydra.viewsets import HydraViewSet

__all__ = [
    "BooleanField",
    "BooleanFilter",
    "ChoiceField",
    "ChoiceFilter",
    "CollectionPage",
    "CollectionQuery",
    "HydraError",
    "HydraFilterSet",
    "HydraRouter",
    "HydraSerializer",
    "HydraViewSet",
    "IdField",
    "IdFilter",
    "IntegerField",
    "JsonField",
    "ListField",
    "JsonObject",
    "MomentField",
    "MomentFilter",
    "ParameterFilter",
    "QueryReader",
    "ReferenceField",
    "StringField",
    "TextFilter",
    "Total",
    "ID",
    "LONGEST_TEXT",
    "TWICE",
    "etagged",
    "page_of_rows",
    "parse_text",
    "reference",
    "refuse_to_move",
]
