"""An outgoing call from start to end: the connection, the redirects, the response and the log line."""

import http.client
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from config.core.errors import CREDENTIAL_LIMIT
from config.core.http.call_limits import refuse_in_request
from config.core.http.connection import Connection, Deadline, Limits, TooManyBytes, pool
from config.core.http.errors import AddressRefused, NoAnswer, TooLarge, Unreachable
from config.core.http.response import Answer, decode, format_message, read_body
from config.core.http.secrets import contains_secret, is_secret_header
from config.core.http.target import Target, is_below, next_target, target_of

log = structlog.get_logger(__name__)

REDIRECTS = 5
_DEFAULT_HEADERS = (("User-Agent", "Sluice/1"), ("Accept", "*/*"))
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
METHODS = REPEATABLE | {"POST", "PATCH"}
_HEADER_VALUE = re.compile("[\t\x20-\x7e\x80-\xff]*")
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_RESERVED_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "te", "upgrade", "trailer"}
)


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """A request to one target. `secrets` are removed from everything that is stored about the call."""

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes
    limits: Limits
    secrets: tuple[str, ...]
    once: bool = False
    within: Target | None = None

    def may_follow(self, target: Target) -> bool:
        """Return whether what is sent may also go to the target of a redirect: on the same origin, and within the limit there is."""
        return target.origin == self.target.origin and (self.within is None or is_below(target, self.within))

    @property
    def is_harmless_twice(self) -> bool:
        return self.method in REPEATABLE and not self.once

    @property
    def sent(self) -> str:
        text = self.body.decode("utf-8", errors="replace")
        return format_message(f"{self.method} {self.target.url}", self.headers, text, secrets=self.secrets)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    limits: Limits | None = None,
    secrets: Iterable[str] = (),
    once: bool = False,
    within: str = "",
) -> Answer:
    """Send a request and return the answer of any status.

    Raises AddressRefused, Unreachable or TooLarge, all of them NoAnswer, and nothing else for whatever the other side
    does. With `once`, the other side gets exactly one request: redirects are not followed, and a broken kept connection
    is replaced only if the other side had closed it before a byte of the request reached it. The function is
    thread-safe and never uses the database; web requests may not call it. Texts in `secrets` are removed from what is
    logged, raised and recorded. `within` is an address: what is sent goes to it and to addresses below it only, also
    when the other side redirects.
    """
    refuse_in_request()
    content = body.encode("utf-8", errors="replace") if isinstance(body, str) else body
    target = target_of(url)
    for name, value in (headers or {}).items():
        if not is_header(name, value):
            raise AddressRefused(f"The header {name[:80]!r} cannot be sent.")
    limit = target_of(within) if within else None
    if limit is not None and not is_below(target, limit):
        raise AddressRefused(
            CREDENTIAL_LIMIT.lifts(f"This address of {target.name} is not below the one that the credential is limited to.")
        )
    call = OutboundCall(method.upper(), target, dict(headers or {}), content, limits or Limits(), tuple(secrets), once, limit)
    if call.method not in METHODS:
        raise AddressRefused(f"{call.method[:20]} is no method we call with.")
    deadline = Deadline(call.limits)
    try:
        answer = _follow_redirects(call, deadline)
    except NoAnswer as error:
        error.sent, error.took_ms = call.sent, deadline.took_ms
        log.warning("outbound call failed", host=call.target.host, method=call.method, why=type(error).__name__, ms=deadline.took_ms)
        raise
    log.info("outbound call", host=call.target.host, method=call.method, status=answer.status, ms=answer.took_ms)
    return answer


def _follow_redirects(call: OutboundCall, deadline: Deadline) -> Answer:
    current = call
    for _ in range(REDIRECTS + 1):
        response, content = _send(current, deadline)
        location = response.headers.get("Location")
        if call.once or response.status not in _REDIRECT_STATUSES or not location:
            return _build_answer(call, current, response, content, deadline)
        current = _redirected(current, response.status, next_target(current.target, location))
    raise AddressRefused(f"{call.target.name} redirected more than {REDIRECTS} times.")


def _redirected(call: OutboundCall, status: int, target: Target) -> OutboundCall:
    """Return the redirected call, as browsers do it; but neither secret headers nor a body are sent on to another origin."""
    as_get = status == 303 or (status in {301, 302} and call.method == "POST")
    if as_get and call.method != "HEAD":
        headers = {name: value for name, value in call.headers.items() if not name.lower().startswith("content-")}
        call = replace(call, method="GET", body=b"", headers=headers)
    if call.may_follow(target):
        return replace(call, target=target)
    if call.body:
        raise AddressRefused(f"{call.target.name} redirected to {target.name}, which was not given what is sent.")
    if contains_secret(target.url, call.secrets):
        raise AddressRefused(f"{call.target.name} redirected to {target.name} with our secret in the address.")
    public_headers = {
        name: value for name, value in call.headers.items() if not is_secret_header(name) and not contains_secret(value, call.secrets)
    }
    return replace(call, target=target, headers=public_headers)


def _send(call: OutboundCall, deadline: Deadline) -> tuple[http.client.HTTPResponse, bytes]:
    """Send the request on a kept connection where there is one.

    The other side may close that while we write. Then the request is sent again on a new connection if it is repeatable,
    and any other if the other side had closed before it took a byte of it.
    """
    pooled = pool.take(call.target, deadline, call.limits, repeatable=call.is_harmless_twice)
    if pooled is not None:
        try:
            return _exchange(pooled, call)
        except Unreachable as error:
            broke = call.is_harmless_twice and isinstance(error.__cause__, ConnectionError)
            if not broke and not pooled.was_closed_before_request:
                raise
    return _exchange(Connection(call.target, deadline, call.limits), call)


def _exchange(connection: Connection, call: OutboundCall) -> tuple[http.client.HTTPResponse, bytes]:
    response: http.client.HTTPResponse | None = None
    try:
        if connection.sock is None:
            connection.connect()
        _write_request(connection, call)
        response = connection.getresponse()
        if connection.ended:  # the connection ended before the headers did; http.client takes that for their end
            raise http.client.IncompleteRead(b"")
        content = read_body(response, at_most=call.limits.size, name=call.target.name)
    except BaseException as error:
        connection.close()
        if response is not None:
            response.close()
        no_answer = error if isinstance(error, NoAnswer) else _no_answer(error, connection, call)
        if no_answer is None:
            raise
        no_answer.began_with = response.status if response is not None else None
        if no_answer is error:
            raise
        raise no_answer from error
    if response.will_close or connection.sock is None:
        connection.close()
    else:
        pool.give_back(connection)
    return response, content


def _write_request(connection: Connection, call: OutboundCall) -> None:
    connection.putrequest(call.method, call.target.target, skip_accept_encoding=True)
    connection.putheader("Accept-Encoding", "gzip")
    names = {name.lower() for name in call.headers}
    defaults = [(name, value) for name, value in _DEFAULT_HEADERS if name.lower() not in names]
    for name, value in [*defaults, *call.headers.items()]:
        connection.putheader(name, value)
    if call.body or call.method in {"POST", "PUT", "PATCH"}:
        connection.putheader("Content-Length", str(len(call.body)))
    connection.began_sending = True
    connection.endheaders(call.body or None)


def _no_answer(error: BaseException, connection: Connection, call: OutboundCall) -> NoAnswer | None:
    """Translate the exceptions of the libraries into NoAnswer; None for any other exception."""
    name, sent = call.target.name, connection.began_sending
    match error:
        case TimeoutError():
            return Unreachable(f"{name} did not answer in time.", maybe_received=sent)
        case ssl.SSLCertVerificationError():
            return Unreachable(f"The certificate of {name} could not be trusted: {error.verify_message}.")
        case ssl.SSLError() if not sent:
            return Unreachable(f"No secure connection to {name} came about.")
        case TooManyBytes():
            return TooLarge(f"{name} answered more than {call.limits.size:,} bytes.")
        case OSError() | http.client.HTTPException() | ValueError():
            return Unreachable(f"{name} broke off, or did not answer as a web server does.", maybe_received=sent)
    return None


def _build_answer(
    first: OutboundCall, last: OutboundCall, response: http.client.HTTPResponse, content: bytes, deadline: Deadline
) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = decode(content, response.headers)
    line = f"HTTP/{response.version / 10:.1f} {response.status} {response.reason}"
    return Answer(
        status=response.status,
        headers=headers,
        text=text,
        content=content,
        took_ms=deadline.took_ms,
        url=last.target.url,
        sent=first.sent if first is last else f"{first.sent}\n\n(redirected)\n\n{last.sent}",
        received=format_message(line, headers, text, secrets=first.secrets),
    )


def is_header(name: str, value: str) -> bool:
    """Return whether the header is well-formed and none of those that the client sets itself."""
    valid_name = name.isascii() and name.replace("-", "").replace("_", "").isalnum() and name.lower() not in _RESERVED_HEADERS
    return valid_name and _HEADER_VALUE.fullmatch(value) is not None
