"""Reading a job from a request body: the vendor's names, and settings as a list of keys and values or as an object."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms

from config.core.actor import Actor
from config.core.api import hydra
from config.core.errors import DomainError
from processr.api.serializers import JobSerializer, takes_credential
from processr.job_types.base import JobType
from processr.job_types.record_parts import job_record_parts
from processr.job_types.rows_field import RowsField
from processr.models import Job
from processr.services import SettingRefused

SHOWN = ("shownOnCampaign", "visible")
"""Two names of one property: publishers of the campaign see the rule."""
NOT_COLUMNS = frozenset({"config", "credential", "campaignProcessrJobGroupJob", "campaign", "processrJob", "feedback", *SHOWN})
MEMBERSHIP = "campaignProcessrJobGroupJob"
Changes = dict[str, Any]
_PROPERTIES = {
    **{field.source or name: name for name, field in JobSerializer._declared_fields.items() if not field.read_only},
    "visible": SHOWN[0],
    "type": "processrJob",
    "group": f"{MEMBERSHIP}.campaignProcessrJobGroup",
    "conditions": f"{MEMBERSHIP}.conditions",
    "jobs": MEMBERSHIP,
}
"""The project's name → the vendor's."""


def changes_of(values: Changes, job_type: type[JobType] | None, *, shown: bool = True) -> Changes:
    """Return the changes under the names that the services use.

    `shown` is the present value of the property that has two names: the one that differs from it counts. Where the type
    has a setting `credential`, the credential is stored there.
    """
    changes = {name: value for name, value in values.items() if name not in NOT_COLUMNS}
    if "config" in values:
        settings = settings_of(values["config"])
        changes["config"] = settings if job_type is None else use_own_names(settings, job_type.Settings.base_fields)
    if "credential" in values:
        credential = values["credential"]
        if job_type is None or not takes_credential(job_type):
            changes["credential"] = credential
        elif changes.setdefault("config", {}).setdefault("credential", credential) not in (credential, str(credential)):
            raise DomainError("This is not the credential that `config` names.", field="credential")
    if visible := [values[name] for name in SHOWN if name in values]:
        changes["visible"] = next((value for value in visible if value is not shown), shown)
    return changes


def apply_parts(job: Job, values: Changes, *, actor: Actor) -> None:
    """Change the parts of the record that an app above keeps."""
    for part in job_record_parts:
        if values.get(part.key) is not None:
            part().change(job.pk, values[part.key], actor=actor)


def settings_of(config: Any) -> Changes:
    if isinstance(config, list) and all(isinstance(row, dict) and set(row) == {"key", "value"} for row in config):
        keys = [row["key"] for row in config]
        if len(set(map(str, keys))) < len(keys):
            raise DomainError("A key is given twice.", field="config")
        config = {str(row["key"]): row["value"] for row in config}
    if not isinstance(config, dict):
        raise DomainError("Must be an object, or a list of objects with `key` and `value`.", field="config")
    return config


def use_own_names(settings: Mapping[str, Any], fields: Mapping[str, forms.Field]) -> Changes:
    """Return the settings with the vendor's `fieldname`, as its documents call it in several spellings, under our name `field`.

    The same holds for the rows of a setting. A type that has a setting of that very name keeps it.
    """
    renamed: Changes = {}
    for name, value in settings.items():
        is_the_vendors = name not in fields and "field" in fields and _plain_name(name) == "fieldname"
        own = "field" if is_the_vendors else name
        if renamed.setdefault(own, value) != value:
            raise SettingRefused(f"The field is given twice: as “{own}”, and in another spelling.", field=own)
        field = fields.get(own)
        if isinstance(field, RowsField) and isinstance(value, list):
            renamed[own] = [use_own_names(row, field.row.base_fields) if isinstance(row, dict) else row for row in value]
    return renamed


def _plain_name(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()


def refuse_moving(body: Mapping[str, Any], job: Job, api_id: int | None) -> None:
    """Refuse to move a job to another campaign or to change its type."""
    present = {
        "id": ("campaign-processr-jobs", job.pk),
        "campaign": ("campaigns", job.campaign_id),
        "processrJob": ("processr-jobs", api_id),
    }
    for name, (address, pk) in present.items():
        if name not in body:
            continue
        value = body[name]
        retired = isinstance(value, dict) and value.get("id", 0) is None  # a retired type has no number, and its record may be sent back
        if (None if retired else hydra.reference(value, address, field=name)) != pk:
            raise DomainError("This cannot be changed.", field=name)


@contextmanager
def vendors_names() -> Iterator[None]:
    """Translate the field names of refusals from the project's names to the vendor's."""
    try:
        yield
    except SettingRefused as refusal:
        refusal.field = f"config.{refusal.field}" if refusal.field else "config"
        raise
    except DomainError as refusal:
        refusal.field = _PROPERTIES.get(refusal.field or "", refusal.field)
        raise
