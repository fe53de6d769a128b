"""A client of the Processr in API v4, written from the public interface with the standard library alone, as an operator would."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Record = dict[str, Any]


class Refused(Exception):
    """`about`: property → what is wrong with it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.body: Record = json.loads(text)
        self.about = {violation["propertyPath"]: violation["message"] for violation in self.body.get("violations", [])}


class ProcessrClient:
    """`host` is all that differs between two installations: http://127.0.0.1:8000. Log in before anything else, and again each hour."""

    def __init__(self, host: str, *, timeout: float = 30) -> None:
        self.host = host.rstrip("/")
        self.timeout = timeout
        self.token = ""

    def log_in(self, username: str, password: str) -> None:
        form = urlencode({"username": username, "password": password}).encode()
        self.token = self._call(Request(f"{self.host}/api/login", data=form))["access_token"]

    def catalogue(self, **filters: Any) -> Iterator[Record]:
        return self.all_of("processr-jobs", **filters)

    def jobs(self, **filters: Any) -> Iterator[Record]:
        return self.all_of("campaign-processr-jobs", **filters)

    def add_job(self, campaign: int, job_type: int, **said: Any) -> Record:
        """`job_type` is a number of the catalogue; `config` may be an object, or a list of keys and values."""
        return self._json("POST", "campaign-processr-jobs", {"campaign": campaign, "processrJob": job_type, **said})

    def change_job(self, job: Record, **said: Any) -> Record:
        return self._json("PATCH", job["@id"], said)

    def remove_job(self, job: Record) -> None:
        self._json("DELETE", job["@id"])

    def check(self, job: int, values: list[str]) -> list[bool | None]:
        """Return whether the values would pass. Publishers may call it too."""
        results: list[bool | None] = self._json("POST", f"campaign-processr-jobs/{job}/check", {"values": values})["results"]
        return results

    def results(self, lead: int) -> Iterator[Record]:
        return self.all_of("processr-job-leads", **{"lead.id": lead})

    def logs(self, channel: str, **filters: Any) -> Iterator[Record]:
        return self.all_of("logs", channel=channel, **filters)

    def field_names(self, campaign: int) -> list[str]:
        return [entry["name"] for entry in self.all_of("processr-form-mappings", **{"campaign.id": campaign})]

    def all_of(self, name: str, **query: Any) -> Iterator[Record]:
        """Yield the members of all pages, each page at the address that the one before it names."""
        address: str | None = f"/api/v4/{name}?{urlencode({'itemsPerPage': 100, **query})}"
        while address:
            page = self._json("GET", address)
            yield from page["hydra:member"]
            address = page["hydra:view"].get("hydra:next")

    def _json(self, method: str, address: str, body: Record | None = None) -> Record:
        path = address if address.startswith("/") else f"/api/v4/{address}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        return self._call(Request(self.host + path, data=sent, headers=headers, method=method))

    def _call(self, request: Request) -> Record:
        try:
            with urlopen(request, timeout=self.timeout) as answer:
                found: Record = json.loads(answer.read() or b"{}")
                return found
        except HTTPError as refusal:
            with refusal:
                raise Refused(refusal.code, refusal.read().decode()) from refusal
