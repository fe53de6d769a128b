"""OpenAPI parts shared by the calls of whoever knows the hash of a lead: the hash, the empty answer, the refusals."""

from collections.abc import Mapping
from typing import Any

from config.core.api.openapi import json_body, refers_to
from leads.api.openapi.shared import RETRY, TEXT

TAG = "Webhook after delivery"
DONE = {"description": "Done, or done already. The response is empty.", "content": {"text/plain": {"schema": {**TEXT, "maxLength": 0}}}}
_REFUSED = {
    "404": "There is no such lead.",
    "405": "The method is not allowed: `Allow` names the right ones.",
    "411": "The body has neither a Content-Length nor chunks.",
    "415": "The body has another content type, or a charset or packing that cannot be read.",
    "500": "The server failed; the message is empty.",
    "503": "The database cannot be reached; nothing was stored.",
}


def lead_hash(allows: str) -> dict[str, Any]:
    """Return the parameter of the path. `allows` says what whoever knows the hash may do."""
    return {
        "name": "lead_hash",
        "in": "path",
        "required": True,
        "description": f"The hash of the lead, which came with it: whoever knows it may {allows}.",
        "schema": {**TEXT, "pattern": "^[0-9a-fA-F]{32}$"},
    }


def refusals(own: Mapping[str, str]) -> dict[str, Any]:
    """Return the refusals by their status: those of all these calls, and the call's own."""
    return {status: _refusal(status, text) for status, text in sorted({**_REFUSED, **own}.items())}


def _refusal(status: str, text: str) -> dict[str, Any]:
    answer = {"description": text, "content": json_body(refers_to("Refusal"))}
    return {**answer, "headers": RETRY} if status in ("429", "503") else answer
