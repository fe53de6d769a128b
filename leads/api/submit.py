"""Takes the lead of one request in: from an open door to a stored lead, once for each Idempotency-Key."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.http import HttpRequest

from campaigns.submission import Door
from config.core.api import idempotency
from leads.api import query, request_body
from leads.api.origin import origin_of
from leads.intake.service import Origin, check_open, receive_lead
from leads.statuses import EntryPoint

CREATED = 201
MESSAGE = "Lead was created successfully"
OriginOf = Callable[[HttpRequest, Mapping[str, object]], Origin]


def take(request: HttpRequest, door: Door, body: bytes, *, entry_point: EntryPoint, principal: str, origin_of: OriginOf = origin_of) -> int:
    """The lead's id. `principal` is whose Idempotency-Key it is: two senders may choose the same one.

    A refusal is raised, so it is not remembered: the same key may be tried again when the campaign has been resumed.
    """
    key = request.headers.get("Idempotency-Key", "")
    receive = partial(_receive, request, door, entry_point, origin_of)
    _status, kept = idempotency.once(principal, key, _meaning(request, body), receive) if key else receive()
    return int(kept["lead"])


def _receive(request: HttpRequest, door: Door, entry_point: EntryPoint, origin_of: OriginOf) -> tuple[int, dict[str, Any]]:
    # Asked here as well as in the service: a closed door answers before a body that cannot be read.
    check_open(door)
    sent = request_body.read(request)
    received = receive_lead(door, sent.fields, entry_point=entry_point, origin=origin_of(request, sent.beside))
    return CREATED, {"lead": received.lead_id}


def _meaning(request: HttpRequest, body: bytes) -> bytes:
    """What makes two requests the same: a retry draws a new boundary around the same parts, and may come with a newer token."""
    asked = {name: value for name, value in query.read(request).items() if name != "access_token"}
    boundary = (request.content_params or {}).get("boundary", "").encode()
    same = body.replace(b"--" + boundary, b"--") if boundary else body
    return f"{request.path}?{json.dumps(asked, sort_keys=True)}\n".encode() + same
