"""Validation of a job's settings by the form of its type."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS

from campaigns.models import Campaign
from config.core.errors import DomainError
from processr.job_types.base import JobType
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings, fault_of_value
from processr.models import Job

LARGEST = 500_000
"""The most characters of all settings of a job together, as they are stored and as every plan holds them."""


class SettingRefused(DomainError):
    """A refused setting. `field` is its name, or None if several settings do not fit together."""


def known_type(type_key: str) -> type[JobType]:
    job_type = job_types.get(type_key)
    if job_type is None:
        raise DomainError(f"There is no job type “{type_key}”.", field="type")
    return job_type


def clean_settings(job_type: type[JobType], config: Mapping[str, Any] | JobSettings, campaign: Campaign) -> dict[str, Any]:
    """Return the cleaned settings. Raise SettingRefused with the first problem.

    `config` is the bound form of a page, which is cleaned once, or values by name, beside which every other setting has
    its initial value.
    """
    form = config if isinstance(config, JobSettings) else _form_with(job_type, config, campaign)
    if not isinstance(form, job_type.Settings) or form.campaign != campaign:
        raise TypeError(f"a settings form of {job_type.key} on campaign {campaign.pk} is needed")
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise SettingRefused(str(errors[0]), field=None if name == NON_FIELD_ERRORS else name)
    _refuse_large(form.cleaned_data)
    return form.cleaned_data


def _refuse_large(cleaned: Mapping[str, Any]) -> None:
    sizes = {name: len(json.dumps(value)) for name, value in cleaned.items()}
    if sum(sizes.values()) > LARGEST:
        largest = max(sizes, key=sizes.__getitem__)
        raise SettingRefused(f"The settings of a job have at most {LARGEST:,} characters together.", field=largest)


def change_settings(job: Job, changes: Mapping[str, Any] | JobSettings) -> dict[str, Any]:
    """Return the settings of the job with the changes, cleaned.

    Settings that are not named are kept, and null restores the initial value; a form names all of them. Settings that
    the type no longer has are dropped.
    """
    job_type = known_type(job.type)
    if isinstance(changes, JobSettings):
        return clean_settings(job_type, changes, job.campaign)
    fields = job_type.settings_fields(job.campaign)
    merged = {**{name: value for name, value in job.config.items() if name in fields}, **changes}
    return clean_settings(job_type, {name: value for name, value in merged.items() if value is not None}, job.campaign)


def _form_with(job_type: type[JobType], config: Mapping[str, Any], campaign: Campaign) -> JobSettings:
    form = job_type.settings_form({}, campaign=campaign)
    if unknown := set(config) - set(form.fields):
        raise SettingRefused(f"{job_type.label} has no setting “{min(unknown)}”.", field=min(unknown))
    for name, value in config.items():
        if fault := fault_of_value(form.fields[name], value):
            raise SettingRefused(fault, field=name)
    # Bound only now: the fields that depend on the campaign are known, and were queried once.
    form.data = {name: config.get(name, field.initial) for name, field in form.fields.items()}
    return form
