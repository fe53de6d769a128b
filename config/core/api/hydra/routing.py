"""The router of API v4, and its 404 for all other addresses."""

from typing import ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.routers import DynamicRoute, Route, SimpleRouter

from config.core.api.api_view import api_view
from config.core.api.hydra.responses import linked, not_allowed, not_found, refused
from config.core.api.hydra.viewsets import HydraViewSet

resources: dict[str, type[HydraViewSet]] = {}
"""The viewset at each address of API v4."""
_SUFFIX = r"(?:\.jsonld)?\Z"


class HydraRouter(SimpleRouter):
    """Addresses below /api/v4/, each also with .jsonld behind it, named v4_<address>, v4_<address>_item and v4_<address>_<action>.

    router = HydraRouter()
    router.register(JobViewSet)
    urlpatterns = router.urls
    """

    routes: ClassVar = [
        Route(rf"^api/v4/{{prefix}}{_SUFFIX}", {"get": "list", "post": "create"}, "v4_{basename}", False, {}),
        DynamicRoute(rf"^api/v4/{{prefix}}/{{url_path}}{_SUFFIX}", "v4_{basename}_{url_name}", False, {}),
        Route(
            rf"^api/v4/{{prefix}}/{{lookup}}{_SUFFIX}",
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
            "v4_{basename}_item",
            True,
            {},
        ),
        DynamicRoute(rf"^api/v4/{{prefix}}/{{lookup}}/{{url_path}}{_SUFFIX}", "v4_{basename}_item_{url_name}", True, {}),
    ]

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)

    def register(self, viewset: type[HydraViewSet], address: str = "") -> None:  # type: ignore[override]
        """Register a viewset at the address of its resource, or at `address`."""
        address = address or viewset.serializer_class.Meta.address
        resources[address] = viewset
        super().register(address, viewset, basename=address.replace("-", "_").replace("/", "_"))


@linked
@api_view("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", refused=refused, not_found=not_found, not_allowed=not_allowed)
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404
