"""The base of API v4: who may come in, what a collection can be asked, and the shapes of its answers.

How an address is made, from its reading to its urls:

    JOBS = hydra.Collection(
        "campaign-processr-jobs",                      # below /api/v4/
        "CampaignProcessrJob",                         # its @type
        filters={"campaign.id": hydra.by_id("campaign_id"), "updatedTs": hydra.moments("updated_at")},
        orders={"id": "pk", "stage": "stage"},
    )

    @hydra.allowed(roles.MANAGES_CAMPAIGNS)            # 401 without a token, 403 for other roles, 429 for too many calls
    def listed(request):
        return JOBS.answer(request, jobs_for(hydra.caller(request)), _records)     # _records(rows of the page) -> list of dicts with "id"

    @hydra.allowed(roles.MANAGES_CAMPAIGNS)
    def added(request):
        body = hydra.read_body(request)                # a checked dict, nested as it came; else 400, 411, 413, 415
        body.only("label", "campaign")                 # any other name is refused
        return JOBS.created(_records([add_job(...)])[0])

    @hydra.allowed(roles.MANAGES_CAMPAIGNS)
    def shown(request, pk):
        return JOBS.item(request, _records([found_or_404])[0])

    urlpatterns = [
        hydra.address("campaign-processr-jobs", GET=listed, POST=added),           # and the same with .jsonld behind it
        hydra.address("campaign-processr-jobs/<pk>", GET=shown),                   # <pk> is a positive number; the view gets an int
    ]

What a service raises as DomainError is answered as hydra:Error with its status, its `field` as the propertyPath of a violation; Http404
as 404. HEAD, OPTIONS, 405 and Idempotency-Key are taken care of. A query with an unknown filter, or a wrong value, selects nothing: 400.
For OpenAPI see `hydra.openapi`.
"""

from config.core.api.hydra.access import actor, allowed, caller
from config.core.api.hydra.body import Body, read_body
from config.core.api.hydra.collection import Collection
from config.core.api.hydra.etags import etagged
from config.core.api.hydra.filters import Filter, by_id, moments, one_of, text, yes_or_no
from config.core.api.hydra.query import Asked
from config.core.api.hydra.references import reference
from config.core.api.hydra.responses import HydraError, gone, in_hydra, moment, refused
from config.core.api.hydra.routing import address, nothing_here, show_context

__all__ = [
    "Asked",
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
