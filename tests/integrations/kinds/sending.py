"""Integrations made of their settings, and leads ready to be sent, without a database."""

from typing import Any

from integrations.base import Integration, Outgoing
from processr.job_types.registry import job_types
from tests.processr.planned import job, lead

EVENT = "0123456789abcdef01234567"
META = {"eventId": EVENT, "leadHash": "a" * 32, "id": "7", "leadId": "7", "publisherName": "Pat Media", "currentDate": "2026-01-31"}


def settings_of(key: str, **given: Any) -> dict[str, Any]:
    """Complete, as the form would keep them; what cannot work fails the test."""
    form_class = job_types.get(key).Settings
    form = form_class({**{name: field.initial for name, field in form_class.base_fields.items()}, **given})
    assert form.errors == {}
    return form.cleaned_data


def row(name: str, field: str = "", value: str = "", **type_: str) -> dict[str, str]:
    """`type="number"`, or text where none is named."""
    return {"name": name, "field": field, "value": value, **type_}


def made(key: str = "http_post", **given: Any) -> Integration:
    """An integration that is not saved yet, so that it has no destination."""
    return job_types.get(key)(job(id=0, type=key, category="integration", config=settings_of(key, **given)))


def outgoing(*, meta: dict[str, str] = META, **captured: Any) -> Outgoing:
    return Outgoing(id=1, event_id=EVENT, lead=lead(**captured), meta=meta)
