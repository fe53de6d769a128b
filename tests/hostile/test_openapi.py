"""The OpenAPI description: valid, complete, without operations that do not exist, and public."""

import itertools
import re
from collections.abc import Iterator

import pytest
import yaml
from django.urls import URLPattern, resolve
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from config.core import extension_points
from config.core.api import openapi
from config.core.error_pages import MACHINES
from tests.addresses import addresses
from tests.hostile.description import Operation, document, found, operations

pytestmark = pytest.mark.django_db
OPERATIONS = list(operations())


def served() -> dict[str, URLPattern]:
    """Route → pattern of every address of a program face, apart from the page for people and those that only say that nothing is there."""
    faces = tuple(prefix.strip("/") for prefix in MACHINES)
    patterns = {address.route: address.pattern for address in addresses() if address.route.lstrip("^").startswith(faces)}
    return {route: pattern for route, pattern in patterns.items() if pattern.callback.__name__ not in ("nothing_here", "api_docs")}


def spellings(operation: Operation) -> Iterator[str]:
    """Its addresses, with every value of an enumerated parameter."""
    enumerated = {parameter["name"]: found(parameter["schema"]).get("enum", [1]) for parameter in operation.parameters("path")}
    for values in itertools.product(*enumerated.values()):
        yield operation.target(**dict(zip(enumerated, values, strict=True)))


def test_the_description_is_openapi():
    assert document()["openapi"].startswith("3.1")
    validate_schema(document())


def test_the_generator_of_the_description_has_no_doubts(capsys):
    reset_generator_stats()
    SchemaGenerator().get_schema(request=None, public=True)
    assert list(GENERATOR_STATS._warn_cache | GENERATOR_STATS._error_cache) == [], capsys.readouterr().err


def test_a_campaign_is_described_with_its_own_properties_and_by_name_where_another_record_names_it():
    schemas = document()["components"]["schemas"]
    assert {"id", "name", "status", "startTs", "updatedTs"} <= schemas["Campaign"]["properties"].keys()
    assert {"@id", "@type", "id", "name", "status"} == schemas["CampaignName"]["properties"].keys()
    assert [name for name in schemas if re.search(r"[A-Z][0-9a-f]{3}Enum$", name)] == []


def test_every_address_of_the_program_faces_is_described_and_no_other():
    described = {resolve(path).route for operation in OPERATIONS for path in spellings(operation)}
    assert described == set(served())


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_address_allows_the_methods_that_are_described(operation, client):
    methods = {other.method.upper() for other in OPERATIONS if other.path == operation.path}
    for path in spellings(operation):
        assert set(client.options(path)["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == methods


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_says_who_may_ask_what_it_takes_and_every_refusal(operation):
    assert operation.details["operationId"]
    assert {parameter["name"] for parameter in operation.parameters("path")} == set(
        resolve(operation.target()).kwargs
    ) or "{" in operation.path
    if operation.security:
        assert {"401", "429", "500", "503"} <= operation.details["responses"].keys()
    if operation.bodies:
        assert {"400", "411", "413", "415"} <= operation.details["responses"].keys()


def test_every_reference_leads_somewhere():
    def walk(part):
        if isinstance(part, dict):
            if "$ref" in part:
                assert found(part)
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(document())


def test_operations_have_names_of_their_own():
    names = [operation.details["operationId"] for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_it_is_served_to_everybody_as_json_or_yaml(client):
    in_json, in_yaml = client.get("/api/schema/"), client.get("/api/schema/?format=yaml")
    assert (in_json["Content-Type"], in_yaml["Content-Type"]) == ("application/json", "application/yaml")
    assert in_json.json() == yaml.safe_load(in_yaml.content) == document()
    assert client.get("/api/schema/", headers={"Accept": "application/yaml"}).content == in_yaml.content


def test_what_two_faces_describe_is_a_mistake(monkeypatch):
    monkeypatch.setattr(extension_points, "openapi_parts", [openapi.__name__])
    with pytest.raises(openapi.ImproperlyConfigured, match="/api/schema/"):
        openapi.join_parts({"paths": {}})
