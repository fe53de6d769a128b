"""A publisher's program that posts lead after lead, each until it is acknowledged."""

import http.client
import json
import threading
import time
from itertools import count
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.embedded.installation import until
from tests.processes.sluice import Sluice

BETWEEN_TRIES = 0.05
SLOWLY = 0.5
GIVES_UP_AFTER = 120  # longer than a whole installation may need to start again
TRY_AGAIN = {
    409: "the first request with this key is still being answered",
    503: "the database is away",
}
_number = count(1)


class Poster(threading.Thread):
    """Posts leads. Two requests are the same lead by its external id, or by an Idempotency-Key."""

    def __init__(self, sluice: Sluice, campaign: dict[str, Any], *, keyed: bool) -> None:
        super().__init__(daemon=True)
        self.domain = f"{'keyed' if keyed else 'numbered'}{next(_number)}.example"
        self.keyed = keyed
        self.address = f"{sluice.address}/webhook/campaign/{campaign['id']}/global-form/{campaign['forms'][1]['id']}/leads"
        self.api_key = campaign["api_key"]
        self.acknowledged: list[int] = []
        self.complaint = ""
        self.slowly = False
        """One post after the other, or with a rest between them."""
        self._enough = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until the present lead is acknowledged."""
        self._enough.set()
        self.join(GIVES_UP_AFTER + 30)

    def wait_for(self, more: int) -> None:
        wanted = len(self.acknowledged) + more
        until(lambda: self.complaint or len(self.acknowledged) >= wanted, f"{more} more leads are acknowledged", within=GIVES_UP_AFTER)
        assert not self.complaint, self.complaint

    def run(self) -> None:
        for number in count(1):
            lead = self._post_until_acknowledged(number)
            if lead is None:
                return
            self.acknowledged.append(lead)
            if self._enough.wait(SLOWLY if self.slowly else 0):
                return

    def _post_until_acknowledged(self, number: int) -> int | None:
        deadline = time.monotonic() + GIVES_UP_AFTER
        while time.monotonic() < deadline:
            status, body = self._post(number)
            if status == 201:
                lead: int = json.loads(body)["data"]
                return lead
            if status and status not in TRY_AGAIN:
                self.complaint = f"lead {number} was answered with {status}: {body}"
                return None
            time.sleep(SLOWLY if self.slowly else BETWEEN_TRIES)
        self.complaint = f"lead {number} was not acknowledged within {GIVES_UP_AFTER} s"
        return None

    def _post(self, number: int) -> tuple[int, str]:
        """The answer; status 0 where there was none."""
        name = f"{number}@{self.domain}"
        query = {"apikey": self.api_key, **({} if self.keyed else {"externalId": name})}
        person = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": name}
        request = Request(
            f"{self.address}?{urlencode(query)}",
            data=urlencode({f"form[{field}]": value for field, value in person.items()}).encode(),
            headers={"Idempotency-Key": name} if self.keyed else {},
        )
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode(errors="replace")
        except (URLError, OSError, http.client.HTTPException):
            return 0, ""
