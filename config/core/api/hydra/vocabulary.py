"""The documents by which a hydra client finds its way, read from the viewsets: entry point, contexts and API documentation.

They are public, as they hold no data.
"""

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from drf_spectacular.plumbing import get_doc
from rest_framework import serializers

from config.core.api.api_view import api_view, in_json
from config.core.api.hydra.fields import JsonField
from config.core.api.hydra.responses import BASE, LD_JSON, documentation_link, not_allowed, not_found, refused
from config.core.api.hydra.routing import resources
from config.core.api.hydra.serializers import serializers_by_type
from config.core.api.hydra.viewsets import HydraViewSet

DOCUMENTATION = f"{BASE}/docs.jsonld"
_METHODS = {"list": "GET", "retrieve": "GET", "create": "POST", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}
_RANGES = (
    (serializers.BooleanField, "xsd:boolean"),
    (serializers.IntegerField, "xsd:integer"),
    (serializers.DateTimeField, "xsd:dateTime"),
)
_IRI = {"@type": "@id"}
_CONTEXT_OF_DOCUMENTATION = {
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    **{name: {"@id": name, **_IRI} for name in ("hydra:entrypoint", "hydra:returns", "hydra:expects", "rdfs:domain")},
}
_public = api_view("GET", "HEAD", refused=refused, not_found=not_found, not_allowed=not_allowed)


@_public
def entry_point(request: HttpRequest) -> HttpResponse:
    links = {link_name(viewset): f"{BASE}/{address}" for address, viewset in _collections().items()}
    body = {"@context": f"{BASE}/contexts/EntryPoint", "@id": BASE, "@type": "EntryPoint", **links}
    return in_json(body, content_type=LD_JSON, headers={"Link": documentation_link(request)})


@_public
def context(request: HttpRequest, type_name: str) -> HttpResponse:
    """Return the JSON-LD context of a type. Free JSON is marked as such, or its keys would be read as properties."""
    words: dict[str, Any] = {"@vocab": f"{request.build_absolute_uri(DOCUMENTATION)}#", "hydra": _CONTEXT_OF_DOCUMENTATION["hydra"]}
    if type_name == "EntryPoint":
        words |= {name: {"@id": f"EntryPoint/{name}", **_IRI} for name in map(link_name, _collections().values())}
    elif type_name in serializers_by_type:
        fields = _serializer_of(type_name)().fields
        words |= {name: {"@id": name, "@type": "@json"} for name, field in fields.items() if isinstance(field, JsonField) and field.is_free}
    elif type_name != "Error":
        raise Http404
    return in_json({"@context": words}, content_type=LD_JSON)


@_public
def documentation(_request: HttpRequest) -> HttpResponse:
    return in_json(_documentation(), content_type=LD_JSON)


@cache
def _documentation() -> dict[str, Any]:
    links = [
        {
            "@type": "hydra:SupportedProperty",
            "hydra:title": viewset.noun[1].capitalize(),
            "hydra:readable": True,
            "hydra:writeable": False,
            "hydra:property": {
                "@id": f"#EntryPoint/{link_name(viewset)}",
                "@type": "hydra:Link",
                "rdfs:domain": "#EntryPoint",
                "rdfs:range": [{"@id": "hydra:Collection"}, _collection_of(viewset)],
                "hydra:supportedOperation": _operations(viewset, ("list", "create")),
            },
        }
        for viewset in _collections().values()
    ]
    entry = {"@id": "#EntryPoint", "@type": "hydra:Class", "hydra:title": "EntryPoint", "hydra:supportedProperty": links}
    viewsets = {viewset.serializer_class.Meta.type: viewset for viewset in reversed(resources.values())}
    return {
        "@context": _CONTEXT_OF_DOCUMENTATION,
        "@id": DOCUMENTATION,
        "@type": "hydra:ApiDocumentation",
        "hydra:title": "Sluice",
        "hydra:entrypoint": BASE,
        "hydra:supportedClass": [entry, *(_class(name, viewsets.get(name)) for name in sorted(serializers_by_type))],
    }


def _collection_of(viewset: type[HydraViewSet]) -> dict[str, Any]:
    """Return the range of a link to a collection: its members are of the viewset's type."""
    members = {"owl:onProperty": {"@id": "hydra:member"}, "owl:allValuesFrom": {"@id": f"#{viewset.serializer_class.Meta.type}"}}
    return {"owl:equivalentClass": members}


def _class(type_name: str, viewset: type[HydraViewSet] | None) -> dict[str, Any]:
    serializer = _serializer_of(type_name)()
    properties = [
        {
            "@type": "hydra:SupportedProperty",
            "hydra:title": name,
            "hydra:required": field.required,
            "hydra:readable": not field.write_only,
            "hydra:writeable": not field.read_only,
            "hydra:property": {
                "@id": f"#{type_name}/{name}",
                "@type": "rdf:Property",
                "rdfs:label": name,
                "rdfs:domain": f"#{type_name}",
                "rdfs:range": {"@id": next((range_ for kind, range_ in _RANGES if isinstance(field, kind)), "xsd:string")},
            },
        }
        for name, field in serializer.fields.items()
    ]
    return {
        "@id": f"#{type_name}",
        "@type": "hydra:Class",
        "hydra:title": type_name,
        "hydra:description": get_doc(type(serializer)),
        "hydra:supportedProperty": properties,
        "hydra:supportedOperation": _operations(viewset, ("retrieve", "update", "partial_update", "destroy")) if viewset else [],
    }


def _operations(viewset: type[HydraViewSet], actions: tuple[str, ...]) -> list[dict[str, Any]]:
    type_id = f"#{viewset.serializer_class.Meta.type}"
    operations = []
    for action in actions:
        if not hasattr(viewset, action):
            continue
        method = _METHODS[action]
        operation = {"@type": "hydra:Operation", "hydra:method": method, "hydra:title": viewset.summary(action)}
        if method in ("POST", "PUT", "PATCH"):
            operation["hydra:expects"] = type_id
        operation["hydra:returns"] = {"list": "hydra:Collection", "destroy": "owl:Nothing"}.get(action, type_id)
        operations.append(operation)
    return operations


def _collections() -> dict[str, type[HydraViewSet]]:
    return {address: viewset for address, viewset in resources.items() if hasattr(viewset, "list")}


def _serializer_of(type_name: str) -> type[serializers.Serializer]:
    """Return the fullest serializer of a type: that of its collection, where it has one."""
    for viewset in resources.values():
        if viewset.serializer_class.Meta.type == type_name:
            return viewset.serializer_class
    return serializers_by_type[type_name]


def link_name(viewset: type[HydraViewSet]) -> str:
    """Return the name of a collection's link: campaign-processr-jobs → campaignProcessrJobs"""
    first, *others = viewset.serializer_class.Meta.address.split("-")
    return first + "".join(word.capitalize() for word in others)
