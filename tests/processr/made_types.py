"""Job types that exist for a test only."""

from processr.job_types.base import AddsFields, Enrichment, JobType, ProviderCheck, QualityCheck


def made_type(key: str, **members) -> type[JobType]:
    """A type of the kind that its category and its members say."""
    category = members.pop("category", "quality")
    if "judge_answer" in members:
        bases = (AddsFields, ProviderCheck) if category == "enrichment" else (ProviderCheck,)
    elif category == "enrichment":
        bases = (Enrichment,)
    else:
        bases = (QualityCheck,) if category == "quality" else (JobType,)
    members = {"key": key, "api_id": 9000, "label": key.title(), "description": "", "category": category, **members}
    return type(key, bases, members)
