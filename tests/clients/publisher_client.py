"""A client of the publisher API, written from the public interface with the standard library alone, as a publisher would."""

import json
import time
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

API_KEY_GRANT = "https://convertr.cvtr.io/grants/api_key"
VALID: Literal["valid"] = "valid"
Result = Literal["valid"] | dict[str, Any]


class Refused(Exception):
    """A refusal. `body` is the JSON of the answer, or its text where it is no JSON."""

    def __init__(self, status: int, text: str, retry_after: int | None) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.body: Any = _parsed(text)
        self.retry_after = retry_after


class PublisherClient:
    """`host` is all that differs between two installations: http://127.0.0.1:8000. Log in before anything else, and again each hour."""

    def __init__(self, host: str, *, version: str = "v2.4", timeout: float = 30) -> None:
        self.host = host.rstrip("/")
        self.address = f"{self.host}/api/{version}/publisher"
        self.timeout = timeout
        self.token = ""

    def log_in(self, username: str, password: str) -> None:
        self._keep(self._call(f"{self.host}/api/login", form={"username": username, "password": password}))

    def by_api_key(self, api_key: str, *, client_id: str = "", client_secret: str = "") -> None:
        asked = {"grant_type": API_KEY_GRANT, "client_id": client_id, "client_secret": client_secret, "api_key": api_key}
        self._keep(self._call(f"{self.host}/oauth/v2/token?{urlencode(asked)}"))

    def fields(self, campaign: int) -> list[dict[str, Any]]:
        forms: list[dict[str, Any]] = self._json(f"/fields/{campaign}")
        return forms

    def links(self, campaign: int) -> list[dict[str, Any]]:
        links: list[dict[str, Any]] = self._json(f"/links/{campaign}")
        return links

    def post(self, publisher: int, form: int, campaign: int, values: dict[str, str], *, link: int | None = None, **beside: str) -> int:
        """The new lead's id; `beside` the form: externalId, publisherSubId, ip."""
        query = f"?{urlencode({'linkId': link})}" if link else ""
        fields = {f"form[{name}]": value for name, value in values.items()}
        answer = self._json(f"/{publisher}/forms/{form}/campaign/{campaign}/leads{query}", form={**fields, **beside}, expected=201)
        lead: int = answer["data"]
        return lead

    def result(self, publisher: int, lead: int) -> Result | None:
        """None while the lead is not judged; of one that is not valid its qaReasons, failedJobs and leadData."""
        status, text = self._authorised(f"/{publisher}/lead-result/{lead}")
        if status == 202:
            return None
        return _parsed(text) if text.strip('"') else VALID

    def wait_for_result(self, publisher: int, lead: int, *, within: float = 60, every: float = 0.5) -> Result:
        """Poll the result, more slowly on 429. Raises TimeoutError if the lead is not judged in time."""
        deadline = time.monotonic() + within
        while True:
            pause = every
            try:
                result = self.result(publisher, lead)
                if result is not None:
                    return result
            except Refused as refused:
                if refused.status != 429:
                    raise
                pause = refused.retry_after or every
            if time.monotonic() + pause > deadline:
                raise TimeoutError(f"lead {lead} was not judged within {within} s")
            time.sleep(pause)

    def _keep(self, answer: tuple[int, str]) -> None:
        self.token = json.loads(answer[1])["access_token"]

    def _json(self, path: str, *, form: dict[str, str] | None = None, expected: int = 200) -> Any:
        status, text = self._authorised(path, form=form)
        if status != expected:
            raise Refused(status, text, None)
        return json.loads(text)

    def _authorised(self, path: str, *, form: dict[str, str] | None = None) -> tuple[int, str]:
        return self._call(self.address + path, form=form, headers={"Authorization": f"Bearer {self.token}"})

    def _call(self, address: str, *, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """A POST when there is a form, else a GET; urllib itself names the urlencoded content type."""
        body = None if form is None else urlencode(form).encode()
        try:
            with urlopen(Request(address, data=body, headers=headers or {}), timeout=self.timeout) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refusal:
            with refusal:
                seconds = refusal.headers["Retry-After"]
                raise Refused(refusal.code, refusal.read().decode(), int(seconds) if seconds else None) from refusal


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
