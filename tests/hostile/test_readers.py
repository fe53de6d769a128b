"""An operation with a parser of its own is recognised, and gets the full tables."""

import json

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.core.api import api_view, bodies
from config.core.api.hydra import body
from tests.hostile import readers
from tests.hostile.wire import ask

pytestmark = pytest.mark.django_db


@api_view.api_view("POST")
def one(request: HttpRequest) -> HttpResponse:
    return api_view.json_response(body.read_body(request))


@api_view.api_view("POST")
def another(request: HttpRequest) -> HttpResponse:
    return api_view.json_response(list(body.read_body(request)))


@api_view.api_view("POST")
def by_its_own_json(request: HttpRequest) -> HttpResponse:
    try:
        return api_view.json_response(json.loads(request.body))
    except ValueError:
        return api_view.not_found()


@api_view.api_view("POST")
def by_its_own_query(request: HttpRequest) -> HttpResponse:
    return api_view.json_response([*bodies.query(request), *body.read_body(request)])


urlpatterns = [path(f"api/{view.__name__}", view) for view in (one, another, by_its_own_json, by_its_own_query)]


@pytest.fixture
def read_by(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(readers, "PACKAGES", (*readers.PACKAGES, __file__))

    def functions(name: str) -> set[str]:
        """Ask twice, because what is kept after a first call is not called again."""
        ask("POST", f"/api/{name}", b"{", {"Content-Type": "application/json"})
        with readers.Reading() as reading:
            ask("POST", f"/api/{name}", b"{", {"Content-Type": "application/json"})
        return reading.functions

    return functions


def test_operations_that_share_a_reader_are_one(read_by):
    assert read_by("one") == read_by("another")
    assert "config/core/api/json_body.py:read_json" in read_by("one")


@pytest.mark.parametrize("name", ["by_its_own_json", "by_its_own_query"])
def test_an_operation_that_reads_by_itself_is_told_apart(read_by, name):
    assert any(name in function for function in read_by(name))
    assert read_by(name) != read_by("one")
