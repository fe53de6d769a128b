"""Validation of a job's settings by the form of its type."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from campaigns.models import Campaign
from config.core.errors import DomainError
from processr.job_types.base import JobType
from processr.job_types.registry import job_types


class SettingRefused(DomainError):
    """A refused setting. `field` is its name, or None if several settings do not fit together."""


def known_type(type_key: str) -> type[JobType]:
    job_type = job_types.get(type_key)
    if job_type is None:
        raise DomainError(f"There is no job type {type_key!r}.", field="type")
    return job_type


def clean_settings(job_type: type[JobType], config: Mapping[str, Any], campaign: Campaign) -> dict[str, Any]:
    """Return the settings as the form cleans them, with initial values for those not given. Raise SettingRefused with the first problem."""
    fields = job_type.Settings.base_fields
    if unknown := set(config) - set(fields):
        raise SettingRefused(f"{job_type.label} has no setting {min(unknown)!r}.", field=min(unknown))
    for name, value in config.items():
        _refuse_unpostable(fields[name], value, name)
    form = job_type.Settings({name: config.get(name, field.initial) for name, field in fields.items()}, campaign=campaign)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise SettingRefused(str(errors[0]), field=None if name == NON_FIELD_ERRORS else name)
    return form.cleaned_data


def merge_settings(job_type: type[JobType], config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `config` with the changes; null restores the initial value. Settings that the type no longer has are dropped."""
    known = {name: value for name, value in config.items() if name in job_type.Settings.base_fields}
    merged = {**known, **changes}
    return {name: value for name, value in merged.items() if value is not None}


_TICKS = ("", "true", "false", "True", "False", "on", "1", "0")


def _refuse_unpostable(field: forms.Field, value: Any, name: str) -> None:
    """Refuse values that no form on a page could send.

    API clients can: a form field would take a list for the text "[1]", and any text for a tick.
    """
    takes_one_text = isinstance(field, forms.CharField) and type(field).to_python is forms.CharField.to_python
    if takes_one_text and type(field).clean is forms.Field.clean and isinstance(value, list | dict):
        raise SettingRefused("Must be one value.", field=name)
    if isinstance(field, forms.BooleanField) and not (value is None or isinstance(value, bool) or value in _TICKS):
        raise SettingRefused("Must be true or false.", field=name)
