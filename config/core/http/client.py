"""One call from beginning to end: the connection, redirects followed one by one, the answer, the line in the log."""

import http.client
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import structlog

from config.core.http import body as reading
from config.core.http.answer import Answer, written
from config.core.http.connection import Connection, TooMuch, pool
from config.core.http.errors import NoAnswer, Refused, TooLarge, Unreachable
from config.core.http.limits import Clock, Limits, too_late
from config.core.http.secrets import holds, is_secret
from config.core.http.target import Place, next_place, place

log = structlog.get_logger(__name__)

REDIRECTS = 5
_USUAL = (("User-Agent", "Sluice/1"), ("Accept", "*/*"))
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
METHODS = REPEATABLE | {"POST", "PATCH"}
_HEADER_VALUE = re.compile("[\t\x20-\x7e\x80-\xff]*")
_MOVED = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "te", "upgrade", "trailer"})


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of one place. `secrets` are cut from everything that is kept of the call."""

    method: str
    place: Place
    headers: Mapping[str, str]
    body: bytes
    limits: Limits
    secrets: tuple[str, ...]
    once: bool = False

    @property
    def is_harmless_twice(self) -> bool:
        return self.method in REPEATABLE and not self.once

    @property
    def sent(self) -> str:
        text = self.body.decode("utf-8", errors="replace")
        return written(f"{self.method} {self.place.url}", self.headers, text, secrets=self.secrets)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    limits: Limits | None = None,
    secrets: Iterable[str] = (),
    once: bool = False,
) -> Answer:
    """The answer, whatever its status. Raises Refused, Unreachable or TooLarge, all of them NoAnswer; nothing else for any answer.

    `once`: one request and no other, whatever becomes of it: a redirect is an answer, and a kept connection that broke is not tried anew.
    May be called from many threads; never asks the database. Texts in `secrets` are cut from what is logged, raised and recorded.
    """
    content = body.encode("utf-8", errors="replace") if isinstance(body, str) else body
    call = Call(method.upper(), place(url), _checked(headers or {}), content, limits or Limits(), tuple(secrets), once)
    if call.method not in METHODS:
        raise Refused(f"{call.method[:20]} is no method we call with.")
    clock = Clock(call.limits)
    try:
        answer = _followed(call, clock)
    except NoAnswer as error:
        error.sent, error.took_ms = call.sent, clock.took_ms
        log.warning("outbound call failed", host=call.place.host, method=call.method, why=type(error).__name__, ms=clock.took_ms)
        raise
    log.info("outbound call", host=call.place.host, method=call.method, status=answer.status, ms=answer.took_ms)
    return answer


def _followed(call: Call, clock: Clock) -> Answer:
    asked = call
    for _ in range(REDIRECTS + 1):
        response, content = _once(asked, clock)
        location = response.headers.get("Location")
        if call.once or response.status not in _MOVED or not location:
            return _answer(call, asked, response, content, clock)
        asked = _moved(asked, response.status, next_place(asked.place, location))
    raise Refused(f"{call.place.name} redirected more than {REDIRECTS} times.")


def _moved(call: Call, status: int, there: Place) -> Call:
    """As browsers do it; but neither what opens something nor what was given to one host goes along to another."""
    as_get = status == 303 or (status in {301, 302} and call.method == "POST")
    if as_get and call.method != "HEAD":
        headers = {name: value for name, value in call.headers.items() if not name.lower().startswith("content-")}
        call = replace(call, method="GET", body=b"", headers=headers)
    if there.origin == call.place.origin:
        return replace(call, place=there)
    if call.body:
        raise Refused(f"{call.place.name} redirected to {there.name}, which was not given what is sent.")
    if holds(there.url, call.secrets):
        raise Refused(f"{call.place.name} redirected to {there.name} with our secret in the address.")
    open_ones = {name: value for name, value in call.headers.items() if not is_secret(name) and not holds(value, call.secrets)}
    return replace(call, place=there, headers=open_ones)


def _once(call: Call, clock: Clock) -> tuple[http.client.HTTPResponse, bytes]:
    """A kept connection may have been closed by the other side as we wrote on it: then a fresh one is asked, where that is harmless."""
    kept = pool.take(call.place, clock, call.limits, repeatable=call.is_harmless_twice)
    if kept is not None:
        try:
            return _exchanged(kept, call)
        except Unreachable as error:
            if not call.is_harmless_twice or not isinstance(error.__cause__, ConnectionError):
                raise
    return _exchanged(Connection(call.place, clock, call.limits), call)


def _exchanged(connection: Connection, call: Call) -> tuple[http.client.HTTPResponse, bytes]:
    response: http.client.HTTPResponse | None = None
    try:
        _open(connection)
        _send(connection, call)
        response = connection.getresponse()
        if connection.ended:  # before the head did, which the library takes for its end
            raise http.client.IncompleteRead(b"")
        content = reading.body(response, at_most=call.limits.size, name=call.place.name)
    except BaseException as error:
        connection.close()
        if response is not None:
            response.close()
        silence = error if isinstance(error, NoAnswer) else _silence(error, connection, call)
        if silence is None:
            raise
        silence.began_with = response.status if response is not None else None
        if silence is error:
            raise
        raise silence from error
    if response.will_close or connection.sock is None:
        connection.close()
    else:
        pool.give_back(connection)
    return response, content


def _open(connection: Connection) -> None:
    if connection.sock is None:
        connection.connect()


def _send(connection: Connection, call: Call) -> None:
    connection.putrequest(call.method, call.place.target, skip_accept_encoding=True)
    connection.putheader("Accept-Encoding", "gzip")
    given = {name.lower() for name in call.headers}
    for name, value in [*(own for own in _USUAL if own[0].lower() not in given), *call.headers.items()]:
        connection.putheader(name, value)
    if call.body or call.method in {"POST", "PUT", "PATCH"}:
        connection.putheader("Content-Length", str(len(call.body)))
    connection.began_sending = True
    connection.endheaders(call.body or None)


def _silence(error: BaseException, connection: Connection, call: Call) -> NoAnswer | None:
    """What the libraries raise, in our words; everything else is let through."""
    name, sent = call.place.name, connection.began_sending
    match error:
        case TimeoutError():
            return too_late(name, maybe_received=sent)
        case ssl.SSLCertVerificationError():
            return Unreachable(f"The certificate of {name} could not be trusted: {error.verify_message}.")
        case ssl.SSLError() if not sent:
            return Unreachable(f"No secure connection to {name} came about.")
        case TooMuch():
            return TooLarge(f"{name} answered more than {call.limits.size:,} bytes.")
        case OSError() | http.client.HTTPException() | ValueError():
            return Unreachable(f"{name} broke off, or did not answer as a web server does.", maybe_received=sent)
    return None


def _answer(first: Call, last: Call, response: http.client.HTTPResponse, content: bytes, clock: Clock) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = reading.text(content, response.headers)
    line = f"HTTP/{response.version / 10:.1f} {response.status} {response.reason}"
    return Answer(
        status=response.status,
        headers=headers,
        text=text,
        took_ms=clock.took_ms,
        url=last.place.url,
        sent=first.sent if first is last else f"{first.sent}\n\n(redirected)\n\n{last.sent}",
        received=written(line, headers, text, secrets=first.secrets),
    )


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """What would break a header, or is ours to say, is a mistake of the caller's."""
    for name, value in headers.items():
        if not is_header(name, value):
            raise Refused(f"The header {name[:80]!r} cannot be sent.")
    return dict(headers)


def is_header(name: str, value: str) -> bool:
    sound = name.isascii() and name.replace("-", "").replace("_", "").isalnum() and name.lower() not in _OURS
    return sound and _HEADER_VALUE.fullmatch(value) is not None
