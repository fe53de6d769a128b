"""Reading a job from a request body: the vendor's names, and settings as a list of keys and values or as an object."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from config.core.api import hydra
from config.core.errors import DomainError
from processr.job_types.base import JobType
from processr.models import Job
from processr.services import SettingRefused

PLAIN = {
    "label": "label",
    "stage": "stage",
    "score": "score",
    "hardfail": "hardfail",
    "enabled": "enabled",
    "campaignMapping": "mapping",
    "routeByScoreMinimum": "route_by_score_minimum",
    "routeByScoreMaximum": "route_by_score_maximum",
    "routingValues": "routing_values",
    "alwaysDeliver": "always_deliver",
    "onError": "on_error",
    "afterEnrichment": "after_enrichment",
    "deliverTestLeads": "deliver_test_leads",
    "lockState": "lock_state",
}
"""The vendor's name → the project's, for properties whose value is taken over as it is."""
VISIBILITY_NAMES = ("shownOnCampaign", "visible")
"""Two names of one property: publishers of the campaign see the rule."""
OTHER_PROPERTIES = ("config", "credential", "campaignProcessrJobGroupJob", "campaign", "processrJob")
READ_ONLY = ("id", "updatedTs", "updatedBy", "statistics", "unmappedFields", "rule")
"""Read-only properties. They are accepted because clients send a record back as they received it."""
MEMBERSHIP = "campaignProcessrJobGroupJob"
_API_NAMES = {name: api_name for api_name, name in PLAIN.items()} | {
    "visible": VISIBILITY_NAMES[0],
    "type": "processrJob",
    "group": f"{MEMBERSHIP}.campaignProcessrJobGroup",
    "conditions": f"{MEMBERSHIP}.conditions",
    "jobs": MEMBERSHIP,
}
Changes = dict[str, Any]


def refuse_unknown(body: hydra.Body) -> None:
    body.only(*PLAIN, *VISIBILITY_NAMES, *OTHER_PROPERTIES, *READ_ONLY)


def changes_of(body: hydra.Body, job_type: type[JobType] | None, *, shown: bool = True) -> Changes:
    """Return the changes under the names that the services use.

    `shown` is the present value of the property that has two names: the one that differs from it counts. Where the type
    has a setting `credential`, the credential is stored there.
    """
    changes = {name: body[api_name] for api_name, name in PLAIN.items() if api_name in body}
    if "config" in body:
        changes["config"] = settings_of(body["config"])
    if "credential" in body:
        _put_credential(changes, body["credential"], job_type)
    if values := [body[name] for name in VISIBILITY_NAMES if name in body]:
        changes["visible"] = next((value for value in values if value is not shown), shown)
    return changes


def _put_credential(changes: Changes, value: Any, job_type: type[JobType] | None) -> None:
    credential = None if value is None else hydra.reference(value, "credentials", field="credential")
    if job_type is None or "credential" not in job_type.Settings.base_fields:
        changes["credential"] = credential
    elif changes.setdefault("config", {}).setdefault("credential", credential) not in (credential, str(credential)):
        raise DomainError("This is not the credential that `config` names.", field="credential")


def settings_of(config: Any) -> Changes:
    if isinstance(config, list) and all(isinstance(entry, dict) and set(entry) == {"key", "value"} for entry in config):
        keys = [entry["key"] for entry in config]
        if len(set(map(str, keys))) < len(keys):
            raise DomainError("A key is given twice.", field="config")
        config = {str(entry["key"]): entry["value"] for entry in config}
    if not isinstance(config, dict):
        raise DomainError("Must be an object, or a list of objects with `key` and `value`.", field="config")
    return config


def refuse_moving(body: hydra.Body, job: Job, api_id: int | None) -> None:
    """Refuse to move a job to another campaign or to change its type."""
    references: Mapping[str, tuple[str, Callable[[], int | None]]] = {
        "id": ("campaign-processr-jobs", lambda: job.pk),
        "campaign": ("campaigns", lambda: job.campaign_id),
        "processrJob": ("processr-jobs", lambda: api_id),
    }
    for name, (collection, current) in references.items():
        if name not in body:
            continue
        value = body[name]
        if isinstance(value, dict) and value.get("id", 0) is None:
            # A retired type has no number, and its record must be accepted as it was sent.
            same = current() is None
        else:
            same = hydra.reference(value, collection, field=name) == current()
        if not same:
            raise DomainError("This cannot be changed.", field=name)


@contextmanager
def vendor_field_names() -> Iterator[None]:
    """Translate the field names of refusals from the project's names to the vendor's."""
    try:
        yield
    except SettingRefused as refusal:
        refusal.field = f"config.{refusal.field}" if refusal.field else "config"
        raise
    except DomainError as refusal:
        refusal.field = _API_NAMES.get(refusal.field or "", refusal.field)
        raise
