"""Storing the lead of one request, once for each Idempotency-Key."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest

from campaigns.submission import SubmissionContext
from config.core.api import idempotency
from leads.api import query, request_body
from leads.api.origin import STATED, origin_of
from leads.intake.service import FieldsRefused, Origin, check_open, receive_lead
from leads.intake.validation import not_wrapped
from leads.statuses import EntryPoint

CREATED = 201
MESSAGE = "Lead was created successfully"
OriginOf = Callable[[HttpRequest, Mapping[str, object]], Origin]


def submit_lead(
    request: HttpRequest,
    context: SubmissionContext,
    body: bytes,
    *,
    entry_point: EntryPoint,
    principal: str,
    origin_of: OriginOf = origin_of,
) -> int:
    """Store the lead and return its id. `principal` owns the Idempotency-Key: two senders may choose the same key.

    A refusal is raised, so it is not stored: the same key may be tried again after the campaign was resumed.
    """

    def receive() -> tuple[int, dict[str, Any]]:
        # A closed campaign is refused before the body is parsed.
        open_submission = check_open(context)
        sent = request_body.read_submission(request)
        if not sent.fields and sent.metadata.keys() - STATED:
            raise FieldsRefused([not_wrapped(context.fields, sent.metadata)])
        origin = origin_of(request, sent.metadata)
        received = receive_lead(open_submission, sent.fields, entry_point=entry_point, origin=origin)
        return CREATED, {"lead": received.lead_id}

    key = request.headers.get("Idempotency-Key", "")
    _status, result = idempotency.answer_once(principal, key, _fingerprint(request, body), receive) if key else receive()
    return int(result["lead"])


def _fingerprint(request: HttpRequest, body: bytes) -> bytes:
    """Return what identifies a repeated request. A retry may have another multipart boundary and another access token."""
    parameters = {name: value for name, value in query.read_parameters(request).items() if name != "access_token"}
    boundary = (request.content_params or {}).get("boundary", "").encode()
    same_body = body.replace(b"--" + boundary, b"--") if boundary else body
    return f"{request.path}?{json.dumps(parameters, sort_keys=True)}\n".encode() + same_body
