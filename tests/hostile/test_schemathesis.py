"""Generated requests from the description, with and without keys: no server error, and each answer as described."""

import json
from collections.abc import Hashable, Iterator
from functools import cache

import pytest
import schemathesis
from django.urls import resolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.meta import CoverageScenario
from schemathesis.generation.overrides import Override
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from config.wsgi import application
from leads.models import Lead, TallyDelta
from tests.hostile.description import Operation, document, operations
from tests.hostile.world import World

pytestmark = pytest.mark.django_db

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KEYS = ("access_token", "apikey")
few = settings(
    max_examples=max(2, settings().max_examples // 8),  # each is two requests, and there are many operations
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
every_operation = pytest.mark.parametrize("operation", list(operations()), ids=str)


@pytest.fixture(scope="module")
def schema() -> schemathesis.BaseSchema:
    """Read here, and not where the tests are collected: every process collects them, and it takes some seconds."""
    read = schemathesis.openapi.from_dict(document())
    read.app = application
    return read


@pytest.fixture(scope="module")
def sent() -> set[Hashable]:
    """The `request_key` of each request that a test of this module has sent."""
    return set()


@pytest.fixture
def every_lead_is_counted_once(world: World) -> Iterator[None]:
    """Check that every stored lead is counted once, and no deleted one."""
    yield
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == Lead.objects.filter(deleted_at=None).count()


@every_operation
def test_every_kind_of_value_in_every_place_is_answered_as_described(operation, schema, world, sent, every_lead_is_counted_once):
    for case in described_cases(schema[operation.path][operation.method.upper()]):
        prepare(case, operation, world)
        if (key := request_key(case, operation)) not in sent:
            sent.add(key)
            call(case, world.headers(operation))


@every_operation
def test_random_requests_are_answered_as_described(operation, schema, world, every_lead_is_counted_once):
    described = schema[operation.path][operation.method.upper()]

    @few
    @given(case=some.one_of([described.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    def ask(case: schemathesis.Case) -> None:
        call(case, {})
        if names_rows(operation):
            prepare(case, operation, world)
            call(case, world.headers(operation))

    ask()


def call(case: schemathesis.Case, headers: dict[str, str]) -> None:
    case.call_and_validate(base_url="http://127.0.0.1", headers=headers, checks=CHECKS)


def described_cases(operation: APIOperation) -> CoverageGenerator:
    """Valid and invalid values of every parameter and every property, one at a time."""
    generation = operation.schema.config.generation_for(operation=operation, phase="coverage")
    return CoverageGenerator(
        operation=operation, generation_modes=generation.modes, generation_config=generation, auth_storage=None, override=Override(),
        feedback=NO_FEEDBACK,
    )  # fmt: skip


def names_rows(operation: Operation) -> bool:
    """Return whether it is asked with keys, or with the hash of a lead, which is one. Other faces without keys give tokens and texts."""
    return bool(operation.security or (operation.parameters("path") and operation.bodies))


def prepare(case: schemathesis.Case, operation: Operation, world: World) -> None:
    """Put the ids of existing rows and valid keys in place of those that were made up.

    In place and frozen: schemathesis would find out anew what kind of case it is, and reads a query of a hundred parameters for that.
    """
    case.freeze_metadata()
    if not names_rows(operation):
        return
    for parameter in operation.parameters("path"):
        if "enum" not in parameter["schema"]:
            case.path_parameters[parameter["name"]] = world.known(operation, parameter["name"])
    keys = {"apikey": world.api_key} if any(scheme.get("name") == "apikey" for scheme in operation.security) else {}
    query = {name: world.ids.get(name, value) for name, value in case.query.items() if name not in KEYS} | keys
    case.query.clear()
    case.query.update(query)


@cache
def described_parameters(operation: Operation) -> dict[str, str]:
    """Return each parameter of the query with its description."""
    return {parameter["name"]: json.dumps(parameter["schema"], sort_keys=True) for parameter in operation.parameters("query")}


def request_key(case: schemathesis.Case, operation: Operation) -> Hashable:
    """Return the same for requests that the same code reads alike, of which one is sent.

    These are: a body at addresses of one view; a body under another media type that means JSON, which each operation takes once;
    text of a wrong type in query parameters that are described alike; one value in those of one operation that are described alike,
    as the many filters of a list are; and several at once, if the same descriptions and values meet. Any other request is only the same
    as its own repetition.
    """
    place = case.meta.phase.data
    view = resolve(operation.target()).func
    if place.parameter_location is ParameterLocation.BODY:
        if (case.media_type or "").endswith("+json"):
            return operation, case.media_type
        return view, operation.method, case.media_type, repr(case.body)
    if place.parameter_location is ParameterLocation.QUERY:
        query, parameters = case.query or {}, described_parameters(operation)
        if place.parameter:
            described, value = parameters.get(place.parameter), repr(query.get(place.parameter))
            if place.scenario is CoverageScenario.INCORRECT_TYPE:
                return described, value
            return operation.path, case.method, described, place.scenario, value
        if len(query) > 1:
            return operation.path, case.method, frozenset((parameters.get(name, name), repr(value)) for name, value in query.items())
    return operation.path, case.method, repr((case.path_parameters, case.query, case.headers, case.media_type, case.body))
