"""The properties of a job beside its type's settings, and the validation of their values."""

from collections.abc import Callable, Mapping
from typing import Any

from campaigns.credentials.scope import credentials_of_campaign
from config.core.errors import DomainError
from config.core.ids import LARGEST_ID
from config.core.models import Credential, names
from config.core.pg_text import is_storable
from leads.intake.validation import NOT_TEXT
from leads.values import texts
from processr.job_types.base import JobType
from processr.models import GroupCondition, Job, JobGroup

STAGE_STEP = 10
"""The first stage, and the distance between the stages of jobs added one after another, so that a job can be put between two of them."""
LAST_STAGE = 32_767
MOST_POINTS = 1_000_000
MOST_CONDITIONS = 20
MOST_VALUES = 200
LONGEST_VALUE = 500
SEPARATOR = ";"
LONGEST_VALUES = MOST_VALUES * (LONGEST_VALUE + len(SEPARATOR) + 1)
"""The length of all values as one text, with a separator and a space after each."""

NO_CREDENTIAL = "There is no such credential."
ColumnCheck = Callable[[Any, str], Any]


def text_check(longest: int) -> ColumnCheck:
    def check(value: Any, name: str) -> str:
        if not isinstance(value, str) or texts.is_blank(value):
            raise DomainError("This value should not be blank.", field=name)
        if len(texts.strip(value)) > longest:
            raise DomainError(f"At most {longest} characters.", field=name)
        if not is_storable(value):
            raise DomainError(NOT_TEXT, field=name)
        return texts.strip(value)

    return check


def name_check(longest: int) -> ColumnCheck:
    check_text = text_check(longest)

    def check(value: Any, name: str) -> str:
        text: str = check_text(value, name)
        names.check_name(text, field=name)
        return text

    return check


def whole_number_check(highest: int) -> ColumnCheck:
    def check(value: Any, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
            raise DomainError(f"Must be a whole number from 0 to {highest:,}.", field=name)
        return value

    return check


def _optional(check: ColumnCheck) -> ColumnCheck:
    return lambda value, name: None if value is None else check(value, name)


def _boolean(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise DomainError("Must be true or false.", field=name)
    return value


def _choice(choices: list[str]) -> ColumnCheck:
    def check(value: Any, name: str) -> str:
        if value not in choices:
            raise DomainError(f"Must be one of: {', '.join(choices)}.", field=name)
        return str(value)

    return check


def _credential(value: Any, name: str) -> Credential | None:
    if value is None or isinstance(value, Credential):
        return value
    credential = Credential.objects.filter(pk=value).first() if type(value) is int and 0 < value <= LARGEST_ID else None
    if credential is None:
        raise DomainError(NO_CREDENTIAL, field=name)
    return credential


def clean_conditions(value: Any, name: str) -> list[dict[str, Any]]:
    """Validate [{field, values}], with the values as a list or as one text separated by semicolons."""
    if not isinstance(value, list) or not all(isinstance(row, Mapping) and set(row) == {"field", "values"} for row in value):
        raise DomainError("Must be a list of objects with `field` and `values`.", field=name)
    if len(value) > MOST_CONDITIONS:
        raise DomainError(f"At most {MOST_CONDITIONS} conditions.", field=name)
    check_field = text_check(GroupCondition._meta.get_field("field").max_length or 0)
    return [{"field": check_field(row["field"], name), "values": _clean_values(row["values"], name)} for row in value]


def _clean_values(value: Any, name: str) -> list[str]:
    parts = value.split(SEPARATOR) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise DomainError("Values must be texts.", field=name)
    if any(SEPARATOR in part for part in parts):
        raise DomainError(f"A value cannot contain “{SEPARATOR}”, which separates values.", field=name)
    values = list(dict.fromkeys(value for part in parts if (value := texts.strip(part))))
    if not 0 < len(values) <= MOST_VALUES:
        raise DomainError(f"Say which values the field must have: 1 to {MOST_VALUES}.", field=name)
    check = text_check(LONGEST_VALUE)
    return [check(text, name) for text in values]


def _mapping(value: Any, name: str) -> list[dict[str, str]]:
    if not isinstance(value, list) or len(value) > MOST_VALUES or not all(isinstance(row, Mapping) for row in value):
        raise DomainError(f"Must be a list of at most {MOST_VALUES} objects.", field=name)
    check = text_check(LONGEST_VALUE)
    return [{check(key, name): check(text, name) for key, text in row.items()} for row in value]


LABEL = name_check(120)
GROUP_NAME = name_check(JobGroup._meta.get_field("name").max_length or 0)
POINTS = whole_number_check(MOST_POINTS)
CHECKS: Mapping[str, ColumnCheck] = {
    "label": LABEL,
    "stage": whole_number_check(LAST_STAGE),
    "score": POINTS,
    "hardfail": _boolean,
    "enabled": _boolean,
    "visible": _boolean,
    "after_enrichment": _boolean,
    "on_error": _choice(Job.OnError.values),
    "always_deliver": _boolean,
    "deliver_test_leads": _boolean,
    "route_by_score_minimum": _optional(POINTS),
    "route_by_score_maximum": _optional(POINTS),
    "routing_values": clean_conditions,
    "mapping": _mapping,
    "credential": _credential,
    "lock_state": _choice(Job.LockState.values),
}


def initial_values(job_type: type[JobType], *, stage: int = STAGE_STEP) -> dict[str, Any]:
    """Return the values of a new job. Publishers are shown the rules for leads, but not where leads are sent."""
    return {
        "label": job_type.label,
        "stage": stage,
        "score": job_type.default_score,
        "hardfail": job_type.default_hardfail,
        "visible": job_type.category != Job.Category.INTEGRATION,
        "on_error": Job.OnError.ERROR,
        "lock_state": Job.LockState.NORMAL,
    }


def clean_columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(columns) - set(CHECKS):
        raise DomainError("A job has no such property.", field=min(unknown))
    return {name: CHECKS[name](value, name) for name, value in columns.items()}


def credential_columns(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the credential that a setting names. The job references it, so that it cannot be deleted while the job uses it."""
    return {"credential": _credential(config["credential"], "credential")} if "credential" in config else {}


def refuse_foreign_credential(credential: Credential | None, campaign_id: int) -> None:
    """Refuse a credential of other advertisers as if it did not exist."""
    if credential is not None and not credentials_of_campaign(campaign_id).filter(pk=credential.pk).exists():
        raise DomainError(NO_CREDENTIAL, field="credential")


def refuse_bad_route(job: Job) -> None:
    lowest, highest = job.route_by_score_minimum, job.route_by_score_maximum
    if lowest is not None and highest is not None and lowest > highest:
        raise DomainError("The lowest score to route by lies above the highest.", field="route_by_score_minimum")


def audit_value(value: Any) -> Any:
    """Return the value as the audit trail stores it."""
    return {"id": value.pk, "name": value.name} if isinstance(value, Credential | JobGroup) else value
