"""The catalogue of job types in API v4: processr-jobs, each with its settings as JSON Schema."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.accounts import roles
from config.core.api import hydra
from processr.api.access import ProcessrViewSet
from processr.api.serializers import CATEGORIES, TypeSerializer, takes_credential
from processr.selectors import catalogue


class TypeFilterSet(hydra.HydraFilterSet):
    category = hydra.ChoiceFilter(
        name="processrJobCategory.id", choices={str(number): category for category, (number, _) in CATEGORIES.items()}
    )
    credential = hydra.BooleanFilter(name="hasCredentialManager", description="Whether jobs of the type can use a credential.")


class TypeViewSet(ProcessrViewSet):
    """The types of job that can be put on a campaign."""

    serializer_class = TypeSerializer
    filterset_class = TypeFilterSet
    orders = {}
    roles = dict.fromkeys(("list", "retrieve"), roles.MANAGES_CAMPAIGNS)
    noun = ("type of job", "types of jobs")

    def list(self, request: Request) -> Response:
        categories = self.query.values.get("processrJobCategory.id")
        credential = self.query.values.get("hasCredentialManager")
        types = [
            job_type
            for job_type in catalogue()
            if (not categories or job_type.category in categories) and (not credential or takes_credential(job_type) in credential)
        ]
        return self.page_of_records(self.get_serializer(types, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        for job_type in catalogue():
            if job_type.api_id == int(pk):
                return self.item(job_type)
        raise Http404
