"""A publisher's program: it knows a campaign's key and form, and posts in every content type."""

import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from campaigns.models import Campaign
from campaigns.services import api_key_of
from leads.models import Lead

JAMES = {"firstName": "James", "lastName": "Butt", "email": "jbutt@example.com"}
URLENCODED = "application/x-www-form-urlencoded"
JSON = "application/json"


class Sender:
    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.form = campaign.forms.get()
        self.key = api_key_of(campaign)
        self.client = Client(raise_request_exception=False)

    def address(self, *, campaign: Any = None, form: Any = None, **query: Any) -> str:
        path = f"/webhook/campaign/{campaign or self.campaign.pk}/global-form/{form or self.form.pk}/leads"
        return f"{path}?{urlencode({'apikey': self.key, **query})}"

    def post(self, values: dict[str, Any] | None = None, *, headers: dict[str, str] | None = None, **query: Any):
        """Urlencoded, as most publishers do it."""
        fields = {f"form[{name}]": value for name, value in (JAMES if values is None else values).items()}
        return self.raw(urlencode(fields, doseq=True), URLENCODED, headers=headers, **query)

    def json(self, body: Any, **query: Any):
        return self.raw(json.dumps(body), JSON, **query)

    def multipart(self, fields: dict[str, Any], **query: Any):
        return self.client.post(self.address(**query), fields)

    def raw(self, body: bytes | str, content_type: str, *, headers: dict[str, str] | None = None, **query: Any):
        return self.client.generic("POST", self.address(**query), body, content_type, headers=headers)

    def lead(self, answer) -> Lead:
        assert answer.status_code == 201, answer.content
        return Lead.objects.get(pk=answer.json()["data"])

    def nothing_kept(self) -> bool:
        return not Lead.objects.filter(campaign=self.campaign).exists()
