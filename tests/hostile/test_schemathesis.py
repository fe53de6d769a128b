"""Requests made up from the description itself, by strangers and by people with keys: no error of ours, and each answer as described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from config.wsgi import application
from leads.models import Lead, TallyDelta
from tests.hostile.description import Operation, document

pytestmark = pytest.mark.django_db

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
schema = schemathesis.openapi.from_dict(document())
schema.app = application
few = settings(
    max_examples=8,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def whole() -> None:
    """Every lead is counted once, whatever was refused."""
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == Lead.objects.count()


@schema.parametrize()
@few
def test_strangers_read_what_is_described(case, world):
    case.call_and_validate(base_url="http://127.0.0.1", checks=CHECKS)
    whole()


@schema.parametrize()
@few
def test_people_with_keys_read_what_is_described(case, world):
    operation = Operation(case.operation.path, case.operation.method)
    for parameter in operation.parameters("path"):
        if "enum" not in parameter["schema"]:
            case.path_parameters[parameter["name"]] = world.known(operation, parameter["name"])
    keys = {"apikey": world.api_key} if any(scheme.get("name") == "apikey" for scheme in operation.security) else {}
    asked = {name: world.ids.get(name, said) for name, said in (case.query or {}).items() if name not in ("access_token", "apikey")}
    case.query = asked | keys
    case.call_and_validate(base_url="http://127.0.0.1", headers=world.headers(operation), checks=CHECKS)
    whole()
