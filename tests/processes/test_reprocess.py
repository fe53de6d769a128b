"""Thousands of leads reprocessed by two workers for two users: each lead as often as they were told."""

import csv
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.embedded.installation import until
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

LEADS = 5_000
"""Three chunks of the action, the last a short one."""
CAMPAIGN, FORM = "Payroll demo requests", "Contact details"
WITHIN = 120


def test_two_workers_and_two_people_reprocess_thousands_of_leads_each_exactly_as_often_as_it_was_queued(sluice: Sluice, tmp_path: Path):
    ids = imported(sluice, tmp_path / "leads.csv")
    assert len(sluice.pool()) == 2
    token = logged_in(sluice)
    with ThreadPoolExecutor(2) as people:
        actions = list(people.map(lambda _: asked(sluice, token, "leads-bulk-reprocess", {"leads": ids, "confirm": True})["id"], range(2)))
    until(lambda: all(asked(sluice, token, f"bulk-actions/{pk}")["state"] == "done" for pk in actions), "both are over", within=WITHIN)
    sluice.wait_until_all_are_judged(within=WITHIN)
    assert wrong(sluice, ids, actions) == []
    first, second = (asked(sluice, token, f"bulk-actions/{pk}") for pk in actions)
    assert first["processedCount"] + first["skippedCount"] == second["processedCount"] + second["skippedCount"] == LEADS
    assert first["processedCount"] + second["processedCount"] >= LEADS
    assert "problems" not in sluice.run("check_integrity")


def imported(sluice: Sluice, path: Path) -> list[int]:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["firstName", "lastName", "email", "telephone", "company"])
        rows.writerows(["Ada", f"Lovelace{n}", f"ada{n}@again.example", f"+4420790{n:05}", f"Company {n}"] for n in range(LEADS))
    publisher = sluice.campaign(CAMPAIGN)["publishers"][0]
    sluice.run("import_leads", str(path), f"--campaign={CAMPAIGN}", f"--form={FORM}", f"--publisher={publisher}")
    sluice.wait_until_all_are_judged(within=WITHIN)
    ids = [pk for (pk,) in sluice.rows("SELECT id FROM leads_lead WHERE email LIKE %s ORDER BY id", "%@again.example")]
    assert len(ids) == LEADS
    return ids


def wrong(sluice: Sluice, ids: list[int], actions: list[int]) -> list[tuple[Any, ...]]:
    """(id, runs, flow events, how often it was queued) where these differ: the first run, and one for each action that took the lead."""
    return sluice.rows(
        "SELECT lead.id, lead.processing_counter, runs.n, queued.n FROM leads_lead AS lead "
        "CROSS JOIN LATERAL (SELECT count(*) AS n FROM processr_event AS e WHERE e.lead_id = lead.id AND e.kind = 'flow') AS runs "
        "JOIN (SELECT pk, count(*) FILTER (WHERE NOT skipped ? pk::text) AS n FROM leads_bulkchunk, unnest(lead_ids) AS taken (pk) "
        "WHERE action_id = ANY(%s) GROUP BY pk) AS queued ON queued.pk = lead.id "
        "WHERE lead.id = ANY(%s) AND (lead.processing_counter <> 1 + queued.n OR runs.n <> 1 + queued.n OR queued.n = 0)",
        actions,
        ids,
    )


def logged_in(sluice: Sluice) -> str:
    ada = next(user for user in sluice.world["users"] if user["role"] == "admin")
    body = urlencode({"username": ada["username"], "password": ada["password"]}).encode()
    with urllib.request.urlopen(f"{sluice.address}/api/login", body, timeout=30) as answer:
        token: str = json.load(answer)["access_token"]
    return token


def asked(sluice: Sluice, token: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{sluice.address}/api/v4/{path}", json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        told: dict[str, Any] = json.load(answer)
    return told
