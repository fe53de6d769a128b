"""An API v4 of its own for the tests of its base: audit entries, which everybody has."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from config.core import audit
from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import AuditEntry

ENTRIES = hydra.Collection(
    "entries",
    "Entry",
    filters={
        "campaign.id": hydra.by_id("campaign_id"),
        "action": hydra.text("action"),
        "notes": hydra.text("notes", lookup="icontains"),
        "high": hydra.one_of({"yes": "high", "no": "low"}, "severity"),
        "known": hydra.Filter(lambda text: text == "true", "campaign_id", {"": "isnull"}),
        "createdTs": hydra.moments("at"),
    },
    orders={"id": "pk", "action": "action", "campaign.id": "campaign_id"},
)
SCOPED = hydra.Collection("scoped-entries", "Entry", filters={"campaign.id": hydra.by_id("campaign_id")}, required=("campaign.id",))
MINE = {roles.ADMIN, roles.SUPER}


def records(entries: list[AuditEntry]) -> list[dict]:
    return [{"id": entry.pk, "action": entry.action, "createdTs": hydra.moment(entry.at)} for entry in entries]


@hydra.allowed(MINE)
def listed(request: HttpRequest) -> HttpResponse:
    return ENTRIES.answer(request, AuditEntry.objects.all(), records)


@hydra.allowed(MINE)
def scoped(request: HttpRequest) -> HttpResponse:
    return SCOPED.answer(request, AuditEntry.objects.all(), records)


@hydra.allowed({roles.ADMIN})
def added(request: HttpRequest) -> HttpResponse:
    body = hydra.read_body(request)
    body.only("action", "notes")
    body.required("action")
    if body["action"] == "nothing":
        raise DomainError("Nothing cannot be done.", field="action", status=409)
    entry = audit.record(actor=hydra.actor(request), page="Entries", action=str(body["action"])[:100])
    return ENTRIES.created(records([entry])[0])


@hydra.allowed(MINE)
def shown(request: HttpRequest, pk: int) -> HttpResponse:
    entry = AuditEntry.objects.filter(pk=pk).first()
    if entry is None:
        raise Http404
    return hydra.etagged(request, f"{entry.pk}", lambda: ENTRIES.item(request, records([entry])[0]))


@hydra.allowed({roles.ADMIN})
def removed(request: HttpRequest, pk: int) -> HttpResponse:
    return hydra.gone()


urlpatterns = [
    hydra.address("entries", GET=listed, POST=added),
    hydra.address("entries/<pk>", GET=shown, DELETE=removed),
    hydra.address("scoped-entries", GET=scoped),
    path("", include("config.core.urls")),
]
