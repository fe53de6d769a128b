"""The documents by which a hydra client finds its way, read from the viewsets: entry point, contexts and API documentation.

They are public, as they hold no data.
"""

from functools import cache
from typing import Any, get_origin, get_type_hints

from django.http import Http404, HttpRequest, HttpResponse
from drf_spectacular.plumbing import get_doc
from rest_framework import serializers

from config.core.api.api_view import api_view, json_response
from config.core.api.hydra.fields import JsonField, ReferenceField
from config.core.api.hydra.pagination import search_template
from config.core.api.hydra.responses import BASE, LD_JSON, linked, not_allowed, not_found, refused
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
_RANGES_OF_JSON = {"boolean": "xsd:boolean", "integer": "xsd:integer"}
_IRI = {"@type": "@id"}
_HYDRA = "http://www.w3.org/ns/hydra/core#"
_CONTEXT_OF_EVERY_ANSWER: dict[str, Any] = {
    "hydra": _HYDRA,
    **{name: {"@id": name, **_IRI} for name in (f"hydra:{link}" for link in ("first", "last", "previous", "next"))},
    "hydra:variableRepresentation": {
        "@id": "hydra:variableRepresentation",
        "@type": "@vocab",
        "@context": {"BasicRepresentation": "hydra:BasicRepresentation"},
    },
    "hydra:mapping": {
        "@id": "hydra:mapping",
        "@context": {
            **{name: f"hydra:{name}" for name in ("IriTemplateMapping", "variable", "required")},
            "property": {"@id": "hydra:property", "@type": "@vocab"},
        },
    },
}
"""The words of pages and searches. Those that a record could have as well are bound to the place where hydra uses them."""
_CONTEXT_OF_DOCUMENTATION = {
    "hydra": _HYDRA,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    **{name: {"@id": name, **_IRI} for name in ("hydra:entrypoint", "hydra:returns", "hydra:expects", "rdfs:domain")},
}
_public = api_view("GET", "HEAD", refused=refused, not_found=not_found, not_allowed=not_allowed)


@linked
@_public
def entry_point(_request: HttpRequest) -> HttpResponse:
    links = {link_name(viewset): _link(address, viewset) for address, viewset in _collections().items()}
    body = {"@context": f"{BASE}/contexts/EntryPoint", "@id": BASE, "@type": "EntryPoint", **links}
    return json_response(body, content_type=LD_JSON)


@linked
@_public
def context(request: HttpRequest, type_name: str) -> HttpResponse:
    """Return the JSON-LD context of a type, and of those that its records hold or name."""
    vocabulary = f"{request.build_absolute_uri(DOCUMENTATION)}#"
    words = {"@vocab": vocabulary, "sluice": vocabulary, **_CONTEXT_OF_EVERY_ANSWER}
    if type_name == "EntryPoint":
        words |= {name: {"@id": f"EntryPoint/{name}", **_IRI} for name in map(link_name, _collections().values())}
    elif type_name in serializers_by_type:
        words |= {name: {"@id": name, "@context": _properties(name)} for name in _types_within(type_name)}
    elif type_name != "Error":
        raise Http404
    return json_response({"@context": words}, content_type=LD_JSON)


@linked
@_public
def documentation(_request: HttpRequest) -> HttpResponse:
    return json_response(_documentation(), content_type=LD_JSON)


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


def _link(address: str, viewset: type[HydraViewSet]) -> Any:
    """Return the address of a collection, with the template of its queries where it answers none without a filter."""
    link = f"{BASE}/{address}"
    if any(one.needed for one in viewset.filterset_class.base_filters.values()):
        return {"@id": link, "hydra:search": search_template(viewset, viewset.filterset_class)}
    return link


def _types_within(type_name: str) -> list[str]:
    """Return a type and those that its records refer to. The context of one holds for its own nodes alone."""
    fields = _serializer_of(type_name)().fields.values()
    return list(dict.fromkeys([type_name, *filter(None, (_type_referred_to(field) for field in fields))]))


def _properties(type_name: str) -> dict[str, Any]:
    """Return the terms of a type. Free JSON is marked as such, or its keys would be read as properties."""
    terms: dict[str, Any] = {}
    for name, field in _serializer_of(type_name)().fields.items():
        kind = _IRI if isinstance(field, ReferenceField) else {"@type": "@json"} if _range(field) == "rdf:JSON" else {}
        terms[name] = {"@id": f"{type_name}/{name}", **kind}
    return terms


def _range(field: serializers.Field) -> str:
    """Return the IRI of the class or the data type of a field's values; for a list of texts, that of each."""
    if isinstance(field, ReferenceField):
        name = _type_referred_to(field)
        return f"#{name}" if name else "hydra:Resource"
    if isinstance(field, JsonField):
        return "rdf:JSON" if field.is_free else _RANGES_OF_JSON.get(str(field.json_schema["type"]), "xsd:string")
    if isinstance(field, serializers.SerializerMethodField):
        shown = get_type_hints(getattr(field.parent, field.method_name))["return"]
        return "rdf:JSON" if get_origin(shown) is dict else "xsd:boolean" if shown is bool else "xsd:string"
    return next((range_ for kind, range_ in _RANGES if isinstance(field, kind)), "xsd:string")


def _type_referred_to(field: serializers.Field) -> str:
    """Return the type of the records that a reference names; empty where this API has none, and for any other field."""
    if not isinstance(field, ReferenceField):
        return ""
    addresses = {serializer.Meta.address: name for name, serializer in reversed(serializers_by_type.items())}
    return addresses.get(field.to, "")


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
                "rdfs:range": {"@id": _range(field)},
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
