"""The base of jobs that call a provider by HTTP: the request, its credential, and answers that are cached."""

import json
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, replace
from threading import Lock
from typing import Any

from config.core import http
from config.core.background import cache
from processr.job_types import lead as reading
from processr.job_types.base import JobType
from processr.job_types.exchange import Exchange, of_answer, of_silence
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.outcomes import Outcome, error, skipped
from processr.jobs.http import retries
from processr.jobs.http.address_template import CannotBeAsked
from processr.jobs.http.request import Request, RequestTemplate, Secret
from processr.jobs.http.secret import opened

NOTHING_TO_ASK = "The lead has nothing in the fields that are asked about"
CANNOT_BE_ASKED = "The provider cannot be asked about such a value"
NO_CREDENTIAL = "The credential for the provider is missing or cannot be used"
NO_ANSWER = "The provider did not answer"
REFUSED_US = "The provider refused our credential"
BUSY = "The provider is busy or out of order"
NOT_READ = "The provider's answer is not understood"
AT_HAND = "\n\n(not asked again: the answer to the same question was at hand)"
REFUSALS = frozenset({401, 403, 407})


class HttpCall(JobType):
    """A job type that calls a provider by HTTP. Subclasses judge the answer."""

    asks_provider = True
    chunk = 50

    def prepare(self, batch: LeadBatch) -> None:
        """Load the credential as it is now, since it may have been replaced after the plan was made, and the cached answers.

        This takes one query and one request to the cache.
        """
        self.form = RequestTemplate({name: self.setting(name) for name in self.Settings.base_fields})
        self.under_way: dict[str, Future[Exchange]] = {}
        self.lock = Lock()
        secret = opened(self.setting, held=self.job.credential_id)
        self.secret, self.trouble = secret or Secret(), "" if secret else NO_CREDENTIAL
        self.requests = {} if self.trouble else self._requests(batch)
        self.keys = {pk: self._key(request) for pk, request in self.requests.items()} if self._keeps else {}
        self.at_hand = _exchanges(cache.read(sorted(set(self.keys.values()))))

    @property
    def concurrency(self) -> int:
        return int(self.setting("side_by_side"))

    def unasked(self, batch: LeadBatch, lead: BatchLead) -> Any:  # noqa: ARG002  (an outcome, or what a subclass makes of it)
        if self.trouble:
            return error(self.trouble)
        if lead.id in self.requests:
            return None
        texts = [reading.text(lead, name).strip() for name in self.form.names]
        return error(CANNOT_BE_ASKED) if texts and all(texts) else skipped(NOTHING_TO_ASK)

    def ask(self, lead: BatchLead) -> Exchange:
        """Call the provider once for leads with the same request; the others wait for its answer."""
        request, key = self.requests[lead.id], self.keys.get(lead.id)
        if key is None:
            return self._asked(request)
        if key in self.at_hand:
            return _at_hand(self.at_hand[key])
        with self.lock:
            earlier = self.under_way.get(key)
            mine = self.under_way.setdefault(key, Future())
        if earlier is not None:
            return earlier.result(timeout=self.setting("seconds") * 2)
        return self._first(request, key, mine)

    def unread(self, exchange: Exchange) -> Outcome | None:
        """Return the error outcome of an answer that says nothing about the lead, or None for one that can be read."""
        if not exchange.is_answered:
            return error(NO_ANSWER)
        if exchange.status in REFUSALS:
            return error(REFUSED_US)
        return error(BUSY) if exchange.status is not None and retries.is_for_later(exchange.status) else None

    def _first(self, request: Request, key: str, mine: "Future[Exchange]") -> Exchange:
        try:
            exchange = self._asked(request)
        except BaseException as trouble:
            mine.set_exception(trouble)
            raise
        mine.set_result(_at_hand(exchange))
        if self.unread(exchange) is None:
            cache.keep(key, json.dumps(asdict(exchange)), seconds=self.setting("keep_minutes") * 60)
        return exchange

    def _asked(self, request: Request) -> Exchange:
        tries = retries.Tries(seconds=self.setting("seconds"), at_most=self.setting("tries"))
        try:
            exchange = of_answer(tries.ask(request, secrets=self.secret.texts))
        except http.NoAnswer as silence:
            exchange = of_silence(silence)
        return replace(exchange, sent=exchange.sent + tries.told, took_ms=tries.took_ms)

    @property
    def _keeps(self) -> bool:
        return bool(self.setting("keep_minutes"))

    def _key(self, request: Request) -> str:
        """Return the cache key, which other jobs share for the same request with the same secret."""
        return cache.key("http", *request.names_what)

    def _requests(self, batch: LeadBatch) -> Mapping[int, Request]:
        """Return the requests by lead id. Leads with nothing to send, or whose values would make it another URL, have none."""
        requests: dict[int, Request] = {}
        for lead in batch.leads:
            if request := self._request(lead):
                requests[lead.id] = request
        return requests

    def _request(self, lead: BatchLead) -> Request | None:
        def text_of(name: str) -> str:
            return reading.text(lead, name).strip()

        needed, names = self.form.address.names, self.form.names
        if names and (not all(map(text_of, needed)) or not any(map(text_of, names))):
            return None
        try:
            return self.form.request(text_of, self.secret)
        except CannotBeAsked:
            return None


def _exchanges(kept: Mapping[str, str]) -> dict[str, Exchange]:
    """Return the cached exchanges. Those that another version stored in another shape are left out."""
    found: dict[str, Exchange] = {}
    for key, text in kept.items():
        with suppress(ValueError, TypeError):
            found[key] = Exchange(**json.loads(text))
    return found


def _at_hand(exchange: Exchange) -> Exchange:
    """Return the exchange as reused: it answered another lead or an earlier run, and took no time now."""
    return replace(exchange, sent=f"{exchange.sent}{AT_HAND}", took_ms=0)
