"""Reads what programs say of a job: the vendor's names, settings as a list of keys and values or as an object."""

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
"""The vendor's name → ours, of what goes in as it came out."""
SHOWN = ("shownOnCampaign", "visible")
"""Two names of one thing: publishers of the campaign see the rule."""
OTHERS = ("config", "credential", "campaignProcessrJobGroupJob", "campaign", "processrJob")
TOLD = ("id", "updatedTs", "updatedBy", "statistics", "unmappedFields", "rule")
"""What an answer tells and nobody sets: clients that send a record back as they got it send it too."""
MEMBERSHIP = "campaignProcessrJobGroupJob"
_OURS = {ours: theirs for theirs, ours in PLAIN.items()} | {
    "visible": SHOWN[0],
    "type": "processrJob",
    "group": f"{MEMBERSHIP}.campaignProcessrJobGroup",
    "conditions": f"{MEMBERSHIP}.conditions",
    "jobs": MEMBERSHIP,
}
Changes = dict[str, Any]


def refuse_unknown(body: hydra.Body) -> None:
    body.only(*PLAIN, *SHOWN, *OTHERS, *TOLD)


def changes_of(body: hydra.Body, job_type: type[JobType] | None, *, shown: bool = True) -> Changes:
    """What the services call it. `shown`: whether the rule is shown now; of its two names the one that says something new counts.

    Where a type has the credential among its settings, it belongs there.
    """
    changes = {ours: body[theirs] for theirs, ours in PLAIN.items() if theirs in body}
    if "config" in body:
        changes["config"] = settings_of(body["config"])
    if "credential" in body:
        _put_credential(changes, body["credential"], job_type)
    if said := [body[name] for name in SHOWN if name in body]:
        changes["visible"] = next((value for value in said if value is not shown), shown)
    return changes


def _put_credential(changes: Changes, value: Any, job_type: type[JobType] | None) -> None:
    credential = None if value is None else hydra.reference(value, "credentials", field="credential")
    if job_type is None or "credential" not in job_type.Settings.base_fields:
        changes["credential"] = credential
    elif changes.setdefault("config", {}).setdefault("credential", credential) not in (credential, str(credential)):
        raise DomainError("This is not the credential that `config` names.", field="credential")


def settings_of(config: Any) -> Changes:
    if isinstance(config, list) and all(isinstance(one, dict) and set(one) == {"key", "value"} for one in config):
        keys = [one["key"] for one in config]
        if len(set(map(str, keys))) < len(keys):
            raise DomainError("A key is given twice.", field="config")
        config = {str(one["key"]): one["value"] for one in config}
    if not isinstance(config, dict):
        raise DomainError("Must be an object, or a list of objects with `key` and `value`.", field="config")
    return config


def refuse_moving(body: hydra.Body, job: Job, api_id: int | None) -> None:
    """A job stays on its campaign, and of its type."""
    same: Mapping[str, tuple[str, Callable[[], int | None]]] = {
        "id": ("campaign-processr-jobs", lambda: job.pk),
        "campaign": ("campaigns", lambda: job.campaign_id),
        "processrJob": ("processr-jobs", lambda: api_id),
    }
    for name, (address, now) in same.items():
        if name in body and not _is(body[name], address, now(), name):
            raise DomainError("This cannot be changed.", field=name)


def _is(value: Any, address: str, now: int | None, name: str) -> bool:
    """A retired type has no number, and a record of it goes back as it came."""
    if isinstance(value, dict) and value.get("id", 0) is None:
        return now is None
    return hydra.reference(value, address, field=name) == now


@contextmanager
def vendors_names() -> Iterator[None]:
    """Refusals of services are about our names for things."""
    try:
        yield
    except SettingRefused as refusal:
        refusal.field = f"config.{refusal.field}" if refusal.field else "config"
        raise
    except DomainError as refusal:
        refusal.field = _OURS.get(refusal.field or "", refusal.field)
        raise
