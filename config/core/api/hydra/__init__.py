"""The base of API v4: access, the query of a collection, and the shapes of responses.

An endpoint, from its query to its URLs:

    JOBS = hydra.Collection(
        "campaign-processr-jobs",                      # below /api/v4/
        "CampaignProcessrJob",                         # its @type
        filters={"campaign.id": hydra.by_id("campaign_id"), "updatedTs": hydra.moments("updated_at")},
        orders={"id": "pk", "stage": "stage"},
    )

    @hydra.allowed(roles.MANAGES_CAMPAIGNS)            # 401 without a token, 403 for other roles, 429 for too many calls
    def jobs_list(request):
        return JOBS.answer(request, jobs_for(hydra.caller(request)), _records)     # _records(rows of the page) -> list of dicts with "id"

    @hydra.allowed(roles.MANAGES_CAMPAIGNS)
    def job_create(request):
        body = hydra.read_body(request)                # a checked dict, nested as it was sent; else 400, 411, 413, 415
        body.only("label", "campaign")                 # any other name is refused
        return JOBS.created(_records([add_job(...)])[0])

    @hydra.allowed(roles.MANAGES_CAMPAIGNS)
    def job_detail(request, pk):
        return JOBS.item(request, _records([found_or_404])[0])

    urlpatterns = [
        hydra.address("campaign-processr-jobs", GET=jobs_list, POST=job_create),   # and the same with .jsonld behind it
        hydra.address("campaign-processr-jobs/<pk>", GET=job_detail),              # <pk> is a positive number; the view gets an int
    ]

A DomainError raised by a service becomes a hydra:Error with its status and its `field` as the propertyPath of a
violation; an Http404 becomes a 404. HEAD, OPTIONS, 405 and Idempotency-Key are handled here. An unknown filter or a
wrong value selects nothing and is answered with 400.

For OpenAPI see `hydra.openapi`.
"""

from config.core.api.hydra.access import actor, allowed, caller
from config.core.api.hydra.body import Body, read_body, reference
from config.core.api.hydra.collection import Collection
from config.core.api.hydra.filters import Filter, by_id, moments, one_of, text, yes_or_no
from config.core.api.hydra.query import CollectionQuery
from config.core.api.hydra.responses import HydraError, etagged, gone, in_hydra, moment, refused
from config.core.api.hydra.routing import address, nothing_here, show_context

__all__ = [
    "CollectionQuery",
    "Body",
    "Collection",
    "Filter",
    "HydraError",
    "actor",
    "address",
    "allowed",
    "by_id",
    "caller",
    "etagged",
    "gone",
    "in_hydra",
    "moment",
    "moments",
    "nothing_here",
    "one_of",
    "read_body",
    "reference",
    "refused",
    "show_context",
    "text",
    "yes_or_no",
]
