"""The base of jobs that call a provider by HTTP: the request, its credential, and answers that are cached."""

import json
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, replace
from threading import Lock
from typing import Any

from django import forms

from campaigns.models import Campaign
from config.core import http
from config.core.background import cache
from leads.values import texts
from processr.job_types.base import ProviderCheck
from processr.job_types.exchange import Exchange
from processr.job_types.lead import JobInput, JobLead, text
from processr.job_types.outcomes import Outcome, error, skipped
from processr.jobs.http import retries
from processr.jobs.http.address_template import CannotBeAsked
from processr.jobs.http.credentials import CredentialField, load_secret
from processr.jobs.http.request import Request, RequestTemplate, Secret

NOTHING_TO_ASK = "The lead has nothing in the fields that are asked about"
CANNOT_BE_ASKED = "The provider cannot be asked about such a value"
NO_CREDENTIAL = "The credential for the provider is missing or cannot be used"
NO_ANSWER = "The provider did not answer"
REFUSED_US = "The provider refused our credential"
BUSY = "The provider is busy or out of order"
NOT_READ = "The provider's answer is not understood"
AT_HAND = "\n\n(not asked again: the answer to the same question was at hand)"
REFUSALS = frozenset({401, 403, 407})


class HttpCall(ProviderCheck):
    """A job type that calls a provider by HTTP. Subclasses judge the answer."""

    @classmethod
    def extra_settings(cls, campaign: Campaign) -> Mapping[str, forms.Field]:
        return {"credential": CredentialField(campaign=campaign)}

    def prepare(self, job_input: JobInput) -> None:
        """Load the credential as it is now, since it may have been replaced after the plan was made, and the cached answers.

        This takes one query and one request to the cache.
        """
        self.template = RequestTemplate({name: self.setting(name) for name in self.Settings.base_fields})
        self.lock = Lock()
        self.calls_under_way: dict[str, Future[Exchange]] = {}
        self.secret = load_secret(self.setting, job_credential=self.job.credential_id, campaign_id=job_input.campaign_id)
        self.requests: dict[int, Request] = {}
        self.cache_keys: dict[int, str] = {}
        if self.secret is not None:
            requests = ((lead.id, self._request(lead, self.secret)) for lead in job_input.leads)
            self.requests = {pk: request for pk, request in requests if request is not None}
        if self.setting("keep_minutes"):
            # Other jobs share the key for the same request with the same secret.
            self.cache_keys = {pk: cache.key("http", *request.identity) for pk, request in self.requests.items()}
        self.cached_exchanges = _exchanges(cache.read(sorted(set(self.cache_keys.values()))))

    @property
    def concurrency(self) -> int:
        return int(self.setting("side_by_side"))

    def known_outcome(self, lead: JobLead) -> Any:  # an outcome, or what a subclass makes of it
        if self.secret is None:
            return error(NO_CREDENTIAL)
        if lead.id in self.requests:
            return None
        values = [texts.strip(text(lead, name)) for name in self.template.names]
        return error(CANNOT_BE_ASKED) if values and all(values) else skipped(NOTHING_TO_ASK)

    def ask(self, lead: JobLead) -> Exchange:
        """Call the provider once for leads with the same request; the others wait for its answer."""
        request, key = self.requests[lead.id], self.cache_keys.get(lead.id)
        if key is None:
            return self._call(request)
        if key in self.cached_exchanges:
            return _reused(self.cached_exchanges[key])
        with self.lock:
            earlier_call = self.calls_under_way.get(key)
            own_call = self.calls_under_way.setdefault(key, Future())
        if earlier_call is not None:
            return earlier_call.result(timeout=self.setting("seconds") * 2)
        try:
            exchange = self._call(request)
        except BaseException as trouble:
            own_call.set_exception(trouble)
            raise
        own_call.set_result(_reused(exchange))
        if self.unreadable(exchange) is None:
            cache.keep(key, json.dumps(asdict(exchange)), seconds=self.setting("keep_minutes") * 60)
        return exchange

    def unreadable(self, exchange: Exchange) -> Outcome | None:
        """Return the error outcome of an answer that says nothing about the lead, or None for one that can be read."""
        if not exchange.is_answered:
            return error(NO_ANSWER)
        if exchange.status in REFUSALS:
            return error(REFUSED_US)
        return error(BUSY) if exchange.status is not None and retries.is_for_later(exchange.status) else None

    def _call(self, request: Request) -> Exchange:
        tries = retries.RetryLoop(seconds=self.setting("seconds"), at_most=self.setting("tries"))
        try:
            exchange = Exchange.from_answer(tries.ask(request, secrets=self.secret.texts if self.secret else ()))
        except http.NoAnswer as no_answer:
            exchange = Exchange.from_error(no_answer)
        return replace(exchange, sent=exchange.sent + tries.summary, took_ms=tries.took_ms)

    def _request(self, lead: JobLead, secret: Secret) -> Request | None:
        """Return the request, or None for a lead with nothing to send, or whose values would make it another URL."""
        values = {name: texts.strip(text(lead, name)) for name in self.template.names}
        if values and (not all(values[name] for name in self.template.address.names) or not any(values.values())):
            return None
        try:
            return self.template.request(values.__getitem__, secret)
        except CannotBeAsked:
            return None


def _exchanges(cached: Mapping[str, str]) -> dict[str, Exchange]:
    """Return the cached exchanges. Those that another version stored in another shape are left out."""
    exchanges: dict[str, Exchange] = {}
    for key, body in cached.items():
        with suppress(ValueError, TypeError):
            exchanges[key] = Exchange(**json.loads(body))
    return exchanges


def _reused(exchange: Exchange) -> Exchange:
    """Return the exchange as reused: it answered another lead or an earlier run, and took no time now."""
    return replace(exchange, sent=f"{exchange.sent}{AT_HAND}", took_ms=0)
