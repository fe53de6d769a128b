"""The base class of all viewsets of API v4, with its parts for DRF: authentication, throttling, permissions, parser and renderers."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.plumbing import get_doc
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from config.core.accounts import bearer
from config.core.actor import Actor, actor_of
from config.core.api import bodies, idempotency, throttle
from config.core.api.hydra import responses
from config.core.api.hydra.body import KINDS, Body, read_body
from config.core.api.hydra.filters import HydraFilterSet
from config.core.api.hydra.pagination import CollectionPage, KeyPagination, Total, collection, count_rows, page_of_records
from config.core.api.hydra.query import CollectionQuery, QueryReader
from config.core.api.hydra.responses import BASE, LD_JSON, SUFFIX, HydraError
from config.core.api.hydra.schema import HydraSchema
from config.core.api.hydra.serializers import violations
from config.core.api.json_body import MOST_VALUES
from config.core.errors import ROLE, DomainError
from config.core.ids import ID_PATTERN, LARGEST_ID
from config.core.models import User

IDEMPOTENCY_KEY = "Idempotency-Key"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, None]:
        return bearer.user_of(request._request), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CallLimit(BaseThrottle):
    """Counts each call against the limit on all calls and those that the view names for its action."""

    def allow_request(self, request: Request, view: Any) -> bool:
        throttle.check(f"user:{request.user.pk}", "all", *view.limits.get(view.action, ()))
        return True


class RolePermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if request.user.role not in view.roles.get(view.action, ()):
            raise DomainError(ROLE.lifts("Your role may not do this."), status=403)
        return True


class HydraFilterBackend(BaseFilterBackend):
    """Selects by the view's parsed query, which was refused as a whole if any of it is unknown or wrong."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        return view.query.filterset.filter_queryset(queryset)


class HydraRenderer(JSONRenderer):
    """Puts the @context on top of a record."""

    ensure_ascii = True
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        if isinstance(data, Mapping) and "@type" in data and "@context" not in data:
            data = {"@context": f"{BASE}/contexts/{data['@type']}", **data}
        return b"" if data is None else json.dumps(data, separators=(",", ":")).encode()


class LinkedDataRenderer(HydraRenderer):
    media_type = LD_JSON
    format = "jsonld"


class SuffixNegotiation(BaseContentNegotiation):
    """Linked JSON where the address ends in .jsonld or the request accepts it by name, else plain JSON, whatever is accepted."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser | None:
        return None  # the viewset reads the body

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        linked = request.path.endswith(SUFFIX) or LD_JSON in request.headers.get("Accept", "")
        renderer = renderers[1] if linked else renderers[0]
        return renderer, renderer.media_type


class HydraViewSet(GenericViewSet):
    """A resource of API v4.

    A token is needed; `roles` names the roles of each action, others get 403. `limits` names further limits on the
    number of calls. A POST with an Idempotency-Key is executed once, unless the action is in `repeatable`.
    """

    authentication_classes: ClassVar = [BearerAuthentication]
    throttle_classes: ClassVar = [CallLimit]
    permission_classes: ClassVar = [RolePermission]
    parser_classes: ClassVar[list[Any]] = []  # see `body`
    renderer_classes: ClassVar = [HydraRenderer, LinkedDataRenderer]
    content_negotiation_class = SuffixNegotiation
    filter_backends: ClassVar = [HydraFilterBackend]
    pagination_class = KeyPagination
    schema = HydraSchema()
    lookup_value_regex = ID_PATTERN

    roles: ClassVar[Mapping[str, Collection[str]]] = {}
    limits: ClassVar[Mapping[str, Collection[str]]] = {}
    repeatable: ClassVar[Collection[str]] = ()
    filterset_class: type[HydraFilterSet] = HydraFilterSet
    orders: ClassVar[Mapping[str, str]] = {"id": "pk"}
    """Public name → column."""
    ordering = "id"
    max_body = bodies.MAX_BODY
    max_values = MOST_VALUES

    # for the description
    noun: tuple[str, str] = ("object", "objects")
    examples: ClassVar[Mapping[str, Any]] = {}
    """Action → a body that works, but for its ids."""
    refusals: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Action → status → its meaning, beyond those of every call."""
    conditional: ClassVar[Collection[str]] = ()
    """The actions that heed If-Match."""
    cached: ClassVar[Collection[str]] = ()
    """The actions whose answers have an ETag."""
    media_types: ClassVar[Sequence[str]] = KINDS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        if self.names_no_row(kwargs.values()):
            raise Http404  # a number that no row can have
        if self.action in (None, "metadata"):
            return
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        if request.method == "POST" and IDEMPOTENCY_KEY in request.headers and self.action not in self.repeatable:
            handler: Callable[..., HttpResponse] = self.post  # type: ignore[has-type]  # bound by DRF
            self.post = lambda *args, **kwargs: self._once(lambda: handler(*args, **kwargs))

    def names_no_row(self, pks: Iterable[str]) -> bool:
        """Return whether an id of the address is a number that no row can have."""
        return any(int(pk) > LARGEST_ID for pk in pks)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(status=204)

    @property
    def allowed_methods(self) -> list[str]:
        return [method for method in METHODS if hasattr(self, method.lower())]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    @cached_property
    def query(self) -> CollectionQuery:
        return QueryReader(self.request).read(self.filterset_class, self.orders)

    @classmethod
    def summary(cls, action: str) -> str:
        """Return the summary of an action for the description: the first line of its docstring, or a sentence of its own."""
        if documented := get_doc(getattr(cls, action)):
            return documented.partition("\n")[0].rstrip(".")
        verb = {"list": "List", "retrieve": "Return", "create": "Create", "destroy": "Delete"}.get(action, "Change")
        return f"{verb} {cls.noun[1]}" if action == "list" else f"{verb} one {cls.noun[0]}"

    def count(self, rows: QuerySet[Any]) -> Total:
        """Return the number of matching rows, and whether it is exact. Only where it can be cheaper than counting rows, it differs."""
        return count_rows(rows)

    def count_bounded(self) -> Total | None:
        """Return the number of rows that match filters which no index serves, None where it is not known without looking at all rows."""
        return None

    def get_object(self) -> Any:
        row = self.get_queryset().filter(pk=self.kwargs[self.lookup_field]).first()
        if row is None:
            raise Http404
        return row

    def page_of_records(self, records: Sequence[dict[str, Any]]) -> Response:
        """Answer with the requested page of a small collection that is given whole and in order."""
        return self.page(page_of_records(records, self.query))

    def page(self, page: CollectionPage[dict[str, Any]]) -> Response:
        """Answer with a page that the view has selected itself."""
        return Response(collection(self, page))

    @cached_property
    def body(self) -> Body:
        """The JSON object that was sent. Unlike DRF's parsers, its reader refuses an empty body, repeated names and odd numbers."""
        return read_body(self.request._request, at_most=self.max_body, values=self.max_values)

    def validated(self, serializer_class: type[BaseSerializer] | None = None, *, partial: bool = False) -> dict[str, Any]:
        """Return the body as a serializer reads it: `serializer_class`, or that of the action."""
        reader = serializer_class or self.get_serializer_class()
        serializer = reader(data=self.body, partial=partial, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def item(self, row: Any, *, status: int = 200) -> Response:
        return Response(self.get_serializer(row).data, status=status)

    def created(self, row: Any, *, status: int = 201) -> Response:
        record = self.get_serializer(row).data
        return Response(record, status=status, headers={"Location": record["@id"]}, content_type="application/json")

    def get_exception_handler(self) -> Callable[..., HttpResponse | None]:
        return handle_exception

    def finalize_response(self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Link"] = responses.documentation_link(self.request)
        return response

    def _once(self, answer: Callable[[], HttpResponse]) -> HttpResponse:
        """Answer a POST once per key. Two requests are the same when address and body are."""
        request = self.request
        address = f"{request.path}\n{request.META.get('QUERY_STRING', '')}\n"
        fingerprint = address.encode(errors="replace") + bodies.body(request._request, at_most=self.max_body)

        def first() -> idempotency.StoredResponse:
            response = answer()
            return response.status_code, {"body": getattr(response, "data", None), "Location": response.get("Location", "")}

        status, kept = idempotency.answer_once(f"user:{request.user.pk}", request.headers[IDEMPOTENCY_KEY], fingerprint, first)
        headers = {"Location": kept["Location"]} if kept["Location"] else {}
        return Response(kept["body"], status=status, headers=headers, content_type="application/json")


def handle_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the answer to a refusal; None for an error of ours, which is raised again."""
    view = context["view"]
    if isinstance(error, ValidationError):
        error = HydraError(violations(error.detail))
    if isinstance(error, DomainError):
        return responses.refused(error)
    if isinstance(error, Http404):
        return responses.not_found()
    if isinstance(error, MethodNotAllowed):
        return responses.not_allowed(", ".join(view.allowed_methods))
    return None
