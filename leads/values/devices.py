"""The device of a lead in words, from what its browser called itself."""

from functools import lru_cache

import ua_parser

LONGEST = 500
"""The longest name of a browser that a lead keeps. Anything longer is not looked at."""


@lru_cache(maxsize=4096)
def device_of(user_agent: str) -> str:
    """Return the browser and the system, such as `Chrome 126 on Windows 10`; the text itself where it names neither."""
    if len(user_agent) > LONGEST:
        return user_agent
    found = ua_parser.parse(user_agent)
    browser = _named(found.user_agent.family, found.user_agent.major) if found.user_agent else ""
    system = _named(found.os.family, found.os.major) if found.os else ""
    return " on ".join(filter(None, (browser, system))) or user_agent


def _named(family: str, version: str | None) -> str:
    return f"{family} {version}" if version else family
