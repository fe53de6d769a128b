"""The collection that CONTRIBUTING.md adds as an example."""

import sys
from types import ModuleType
from unittest.mock import patch

import pytest
from django.urls import include, path

from config.core.accounts import roles
from config.core.api.hydra import HydraRouter
from config.core.api.hydra.routing import resources
from config.core.api.hydra.serializers import serializers_by_type
from tests.processr.api.program import wrong
from tests.worked_examples import faults_of, run

FILE = "processr/api/publishers.py"


@pytest.fixture(autouse=True)
def publishers(monkeypatch, settings):
    """The example at its address, until the test ends."""
    urls = ModuleType("urls_of_the_example")
    with patch.dict(serializers_by_type), patch.dict(resources):
        serializers_by_type.pop("Publisher", None)
        router = HydraRouter()
        router.register(run(FILE)["PublisherViewSet"])
        urls.urlpatterns = [*router.urls, path("", include("config.core.urls"))]
        monkeypatch.setitem(sys.modules, urls.__name__, urls)
        settings.ROOT_URLCONF = urls.__name__
        yield


def test_it_lists_what_the_user_sees(program_of, program, pat):
    record = {"@id": f"/api/v4/publishers/{pat.pk}", "@type": "Publisher", "id": pat.pk, "name": pat.name}
    assert record in program.members("publishers")
    assert program.members(f"publishers?name={pat.name.upper()}") == [record]
    assert program.members("publishers?name=nobody") == []
    assert program.get(f"publishers/{pat.pk}").json() == {"@context": "/api/v4/contexts/Publisher", **record}
    assert program_of(roles.AGENCY, member=False).members("publishers") == []
    assert wrong(program_of(roles.ADVERTISER).get("publishers"), 403) == set()
    assert wrong(program.get("publishers?colour=red")) == {"colour"}


def test_it_is_written_as_the_project_writes():
    assert faults_of(FILE) == ""
