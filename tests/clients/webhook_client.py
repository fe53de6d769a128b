"""A client of the campaign webhook, written from the public interface with the standard library alone, as a publisher would."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class WebhookClient:
    """`host` is all that differs between two installations: http://127.0.0.1:8000. Of version 1 the fields are names alone."""

    def __init__(self, host: str, campaign: int, api_key: str, *, version: int = 2, timeout: float = 30) -> None:
        self.address = f"{host.rstrip('/')}/webhook/campaign"
        self.campaign = campaign
        self.api_key = api_key
        self.form = "form" if version == 1 else "global-form"
        self.fields = f"{campaign}/form/fields" if version == 1 else f"v2/{campaign}/global-form/fields"
        self.timeout = timeout

    def forms(self) -> list[dict[str, Any]]:
        return self._expect(200, self._call(f"{self.address}/{self.fields}", {}))

    def links(self) -> list[dict[str, Any]]:
        return self._expect(200, self._call(f"{self.address}/{self.campaign}/links", {}))

    def create_lead(self, form: int, values: dict[str, str], **query: str) -> int:
        """The new lead's id; any other answer than 201 is an error."""
        return self._expect(201, self.post_lead(form, values, **query))["data"]

    def post_lead(self, form: int, values: dict[str, str], **query: str) -> Answer:
        """`query`: publisherId, campaignLinkId, externalId."""
        fields = urlencode({f"form[{name}]": value for name, value in values.items()})
        return self._call(f"{self.address}/{self.campaign}/{self.form}/{form}/leads", query, fields.encode())

    def _call(self, address: str, query: dict[str, str], body: bytes | None = None) -> Answer:
        """A POST when there is a body, else a GET; urllib itself names the urlencoded content type."""
        request = Request(f"{address}?{urlencode({'apikey': self.api_key, **query})}", data=body)
        try:
            with urlopen(request, timeout=self.timeout) as response:
                return Answer(response.status, response.read().decode())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode())

    @staticmethod
    def _expect(status: int, answer: Answer) -> Any:
        if answer.status != status:
            raise RuntimeError(f"{answer.status} instead of {status}: {answer.text}")
        return answer.body
