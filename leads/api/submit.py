"""Storing the lead of one request, once for each Idempotency-Key."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.http import HttpRequest

from campaigns.submission import SubmissionContext
from config.core.api import idempotency
from leads.api import query, request_body
from leads.api.origin import origin_of
from leads.intake.service import Origin, check_open, receive_lead
from leads.statuses import EntryPoint

CREATED = 201
MESSAGE = "Lead was created successfully"
OriginOf = Callable[[HttpRequest, Mapping[str, object]], Origin]


def submit_lead(
    request: HttpRequest, door: SubmissionContext, body: bytes, *, entry_point: EntryPoint, principal: str, origin_of: OriginOf = origin_of
) -> int:
    """Store the lead and return its id. `principal` owns the Idempotency-Key: two senders may choose the same key.

    A refusal is raised, so it is not stored: the same key may be tried again after the campaign was resumed.
    """
    key = request.headers.get("Idempotency-Key", "")
    receive = partial(_receive, request, door, entry_point, origin_of)
    _status, kept = idempotency.once(principal, key, _meaning(request, body), receive) if key else receive()
    return int(kept["lead"])


def _receive(request: HttpRequest, door: SubmissionContext, entry_point: EntryPoint, origin_of: OriginOf) -> tuple[int, dict[str, Any]]:
    # Checked here as well as in the service: a closed campaign is refused before the body is parsed.
    check_open(door)
    sent = request_body.read_submission(request)
    received = receive_lead(door, sent.fields, entry_point=entry_point, origin=origin_of(request, sent.beside))
    return CREATED, {"lead": received.lead_id}


def _meaning(request: HttpRequest, body: bytes) -> bytes:
    """Return what identifies a repeated request. A retry may have another multipart boundary and another access token."""
    asked = {name: value for name, value in query.read(request).items() if name != "access_token"}
    boundary = (request.content_params or {}).get("boundary", "").encode()
    same = body.replace(b"--" + boundary, b"--") if boundary else body
    return f"{request.path}?{json.dumps(asked, sort_keys=True)}\n".encode() + same
