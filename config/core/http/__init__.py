"""The one HTTP client for outgoing calls.

    answer = http.request("POST", url, headers={…}, body=…, limits=http.Limits(total=10), secrets=[secret])

`answer.sent` and `answer.received` are the exchange as text, with secrets removed; `NoAnswer` has `sent` too. Only the
public internet and the entries of OUTBOUND_ALLOW are called, judged by the address that the connection is made to. Each
redirect is judged anew. Web requests call nobody: `no_calls` sees to it. Clients of other protocols get their sockets
from `TimedSockets`, under the same rules.
"""

from config.core.http.call_limits import CallInRequest, calls_end_within, end_of_calls, no_calls, refuse_in_request
from config.core.http.client import METHODS, is_header, request
from config.core.http.connection import Limits
from config.core.http.errors import AddressRefused, NoAnswer, TooLarge, Unreachable
from config.core.http.response import Answer
from config.core.http.secrets import mask_headers, mask_secrets
from config.core.http.sockets import Server, TimedSockets
from config.core.http.target import ServerOrigin, is_below, origin_of, target_of

__all__ = [
    "AddressRefused", "Answer", "CallInRequest", "Limits", "METHODS", "NoAnswer", "Server", "ServerOrigin",
    "TimedSockets", "TooLarge", "Unreachable", "calls_end_within", "end_of_calls", "is_below", "is_header",
    "mask_headers", "mask_secrets", "no_calls", "origin_of", "refuse_in_request", "request", "target_of",
]  # fmt: skip
