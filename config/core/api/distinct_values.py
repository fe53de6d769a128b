"""Limits on how many different values a caller may ask about in a day, so that a list cannot be read out value by value.

The values are kept as short digests in the broker's server. Without that server nothing is refused, as with other limits.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from redis import Redis
from redis.commands.core import Script

from config.core import enterprise
from config.core.api import throttle
from config.core.background import broker
from config.core.errors import CHECKED_VALUES, DomainError

DIGEST_BYTES = 10


def check(principal: str, subject: str, values: Iterable[str], *, at_most: int) -> None:
    """Count the values that `principal` has not asked about on this day of the enterprise. Those asked before cost nothing.

    Raises DomainError 429, and then counts none.
    """
    today, seconds = _day()
    key = f"sluice:{throttle.SPACE}:values:{principal}:{subject}:{today}"
    digests = {hashlib.sha256(value.encode(errors="surrogatepass")).digest()[:DIGEST_BYTES] for value in values}
    fits, known = throttle.ask_server(lambda: _add_script(broker.server())([key], [at_most, seconds + 1, *digests])) or (True, 0)
    if not fits:
        throttle.refused.labels("different_values").inc()
        raise DomainError(
            f"{CHECKED_VALUES.lifts(f'At most {at_most:,} different values may be asked about in a day, and {known:,} were.')} "
            f"Values that were asked about today can be repeated; others from tomorrow on, in {seconds:,} seconds.",
            status=429,
            headers={"Retry-After": str(seconds)},
        )


def _day() -> tuple[str, int]:
    """Return the day in the enterprise's zone and the seconds until it ends."""
    zone = enterprise.zone()
    now = timezone.now()
    today = now.astimezone(zone).date()
    ends = datetime.combine(today + timedelta(days=1), time(), zone)
    return today.isoformat(), max(1, int(ends.timestamp() - now.timestamp()) + 1)


@lru_cache(maxsize=4)
def _add_script(server: Redis) -> Script:
    return server.register_script(_ADD_SCRIPT)


# All values are added, or none.
_ADD_SCRIPT = """
local known = redis.call('SCARD', KEYS[1])
local new = {}
for i = 3, #ARGV do
    if redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 0 then new[#new + 1] = ARGV[i] end
end
if #new == 0 then return {1, known} end
if known + #new > tonumber(ARGV[1]) then return {0, known} end
redis.call('SADD', KEYS[1], unpack(new))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return {1, known + #new}
"""
