"""A publisher's program: it has a token, and knows its publisher, a campaign and its form."""

import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from campaigns.models import Campaign, Publisher
from config.core.accounts import bearer
from config.core.models import User
from leads.models import Lead
from tests.intake.sender import JAMES, JSON, URLENCODED


class Program:
    def __init__(self, user: User, publisher: Publisher, campaign: Campaign) -> None:
        self.user, self.publisher, self.campaign = user, publisher, campaign
        self.form = campaign.forms.get()
        self.token = bearer.issue(user, source=bearer.PASSWORD).access_token
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, *, version: str = "v2.4", token: str | None = None, **query: Any):
        return self.client.get(self._address(path, version, query), headers=self.headers(token))

    def fields(self, campaign: Campaign | None = None):
        return self.get(f"fields/{(campaign or self.campaign).pk}")

    def links(self, campaign: Campaign | None = None):
        return self.get(f"links/{(campaign or self.campaign).pk}")

    def result(self, lead: Lead | int, publisher: Publisher | int | None = None):
        return self.get(f"{_id(publisher or self.publisher)}/lead-result/{_id(lead)}")

    def leads_path(self, *, publisher: Any = None, form: Any = None, campaign: Any = None) -> str:
        publisher, form, campaign = publisher or self.publisher, form or self.form, campaign or self.campaign
        return f"{_id(publisher)}/forms/{_id(form)}/campaign/{_id(campaign)}/leads"

    def post(self, values: dict[str, Any] | None = None, *, beside: dict[str, str] | None = None, **how: Any):
        """Urlencoded, as most publishers do it."""
        fields = {f"form[{name}]": value for name, value in (JAMES if values is None else values).items()}
        return self.raw(urlencode({**fields, **(beside or {})}, doseq=True), URLENCODED, **how)

    def json(self, body: Any, **how: Any):
        return self.raw(json.dumps(body), JSON, **how)

    def raw(
        self, body: bytes | str, content_type: str, *, path: str = "", version: str = "v2.4", token: str | None = None,
        headers: dict[str, str] | None = None, **query: Any,
    ):  # fmt: skip
        """`publisher`, `form` and `campaign` go into the path, everything else into the query."""
        places = {name: query.pop(name) for name in ("publisher", "form", "campaign") if name in query}
        address = self._address(path or self.leads_path(**places), version, query)
        return self.client.generic("POST", address, body, content_type, headers={**self.headers(token), **(headers or {})})

    def headers(self, token: str | None = None) -> dict[str, str]:
        """An empty token: without the header."""
        token = self.token if token is None else token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def lead(self, answer) -> Lead:
        assert answer.status_code == 201, answer.content
        return Lead.objects.get(pk=answer.json()["data"])

    @staticmethod
    def _address(path: str, version: str, query: dict[str, Any]) -> str:
        return f"/api/{version}/publisher/{path}" + (f"?{urlencode(query)}" if query else "")


def _id(row: Any) -> Any:
    return getattr(row, "pk", row)
