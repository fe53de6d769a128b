"""Rate limits in sliding windows, mostly of five minutes, counted in the broker's server. Without that server, no call is refused."""

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

import structlog
from prometheus_client import Counter
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from config.core import enterprise
from config.core.accounts import tokens
from config.core.background import broker
from config.core.background.broker import Breaker
from config.core.errors import RATE_LIMITS, DomainError

log = structlog.get_logger(__name__)
CountOfServer = TypeVar("CountOfServer")

WINDOW = 300
"""Seconds. The window slides: it is always the last five minutes."""
CALLS = {
    "logins": 100,
    "logins_of_address": 300,
    "lead_result": 1400,
    "all": 3800,
    "webhook": 60_000,
    "verdicts_of_address": 3000,
    "appends_of_address": 3000,
    "appends_of_lead": 60,
    "checks": 600,
    "password_mails": 3,
    "password_mails_of_address": 30,
    "feedback_of_address": 60,
    "feedback_of_delivery": 30,
}
"""Calls per API user (decision 19).

The other limits are our own: one address may not try a million user names, the key of a campaign or an address with
lead hashes not flood the database, nor many addresses the notes of one lead, a list not be guessed value by value, and
nobody's mailbox be filled with links for a new password.
"""
HOUR, MINUTE = 3600, 60
WINDOWS = {"password_mails": HOUR, "password_mails_of_address": HOUR, "feedback_of_address": MINUTE, "feedback_of_delivery": MINUTE}
"""Seconds of the limits with another window."""
SPACE = "calls"
"""The namespace of the counts in the broker's server. Each test takes its own, as parallel tests call from the same address."""

refused = Counter("sluice_calls_refused", "Calls answered 429", ["limit"])
failures = Counter("sluice_throttle_failures", "Attempts to count a call that the server did not take; the call went through")
uncounted = Counter("sluice_calls_uncounted", "Calls let through uncounted because the server had just failed")
breaker = Breaker(log, message="calls are not counted: the server that counts them is unreachable", failures=failures)


class TooManyRequests(DomainError):
    def __init__(self, name: str, calls: int, seconds: int) -> None:
        period = {HOUR: "an hour", MINUTE: "a minute"}.get(WINDOWS.get(name, WINDOW), "five minutes")
        message = f"{RATE_LIMITS.lifts(f'Too many requests: at most {calls} in {period}.')} Come again in {seconds} seconds."
        super().__init__(message, status=429, headers={"Retry-After": str(seconds)})


def check(principal: str, *limits: str) -> None:
    """Count one call of `principal` (such as "user:17") against each of the named limits.

    Raises TooManyRequests, and then counts none. Never waits longer than twice the broker's socket limit.
    """
    if full := ask_server(lambda: _count(principal, limits)):
        name, calls, seconds = full
        refused.labels(name).inc()
        raise TooManyRequests(name, calls, seconds)


def ask_server(count: Callable[[], CountOfServer]) -> CountOfServer | None:
    """Return what the server has counted, or None while it cannot be reached: then nothing is refused."""
    if breaker.is_open:
        uncounted.inc()
        return None
    try:
        return count()
    except (RedisError, OSError) as error:
        breaker.record_failure(error)
        return None


def login_of(username: str) -> str:
    """Return the principal for log-ins under a user name: a digest, so that it is short and reveals nothing. Case is ignored."""
    return f"login:{tokens.digest(username.casefold())[:32]}"


def _limit_of(name: str) -> int | None:
    """Return the enterprise's own limit where it is valid, else the default. None means no limit."""
    limits = enterprise.current().limits
    own = limits.get(name, CALLS[name]) if isinstance(limits, dict) else CALLS[name]
    sensible = own is None or (type(own) is int and own >= 0)
    return own if sensible else CALLS[name]


def _count(principal: str, limits: Iterable[str]) -> tuple[str, int, int] | None:
    """Return the first limit that is full, its size and the seconds until it has room; None when the calls were counted."""
    allowed = [(name, calls) for name in limits if (calls := _limit_of(name)) is not None]
    if not allowed:
        return None
    keys = [f"sluice:{SPACE}:{name}:{principal}" for name, _ in allowed]
    arguments = [number for name, calls in allowed for number in (WINDOWS.get(name, WINDOW), calls)]
    full, wait = _count_script(broker.server())(keys, arguments)
    return (*allowed[full - 1], max(1, math.ceil(wait / 1_000_000))) if full else None


@lru_cache(maxsize=4)
def _count_script(server: Redis) -> Script:
    return server.register_script(_COUNT_SCRIPT)


# Each key holds the times of the last calls, newest first, in microseconds of the server's clock. All limits are
# checked before any is counted: a caller who keeps polling at one full limit does not fill another by it.
_COUNT_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
    local window, calls = ARGV[2 * i - 1] * 1000000, tonumber(ARGV[2 * i])
    if calls == 0 then return {i, window} end
    local first = redis.call('LINDEX', key, calls - 1)
    if first and first + window > now then return {i, first + window - now} end
end
for i, key in ipairs(KEYS) do
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('LTRIM', key, 0, ARGV[2 * i] - 1)
    redis.call('EXPIRE', key, ARGV[2 * i - 1])
end
return {0, 0}
"""
