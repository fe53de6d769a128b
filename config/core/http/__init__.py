"""The one client for everything that leaves the house.

    answer = outbound.request("POST", url, headers={…}, body=…, limits=outbound.Limits(total=10), secrets=[secret])

`answer.sent` and `answer.received` are the exchange as text, secrets cut; `NoAnswer` has `sent` too. Only the public internet is called,
and what OUTBOUND_ALLOW lists, judged by the address that is connected to; each redirect is judged anew.
"""

from config.core.http.answer import Answer
from config.core.http.client import METHODS, is_header, request
from config.core.http.errors import NoAnswer, Refused, TooLarge, Unreachable
from config.core.http.limits import Limits
from config.core.http.secrets import cut, cut_headers
from config.core.http.target import place

__all__ = [
    "METHODS", "Answer", "Limits", "NoAnswer", "Refused", "TooLarge", "Unreachable", "cut", "cut_headers", "is_header", "place", "request",
]  # fmt: skip
