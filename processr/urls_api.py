"""Addresses of the processr in API v4."""

from config.core.api import hydra
from processr.api import (
    catalogue,
    checks,
    explanations,
    form_mappings,
    groups,
    job_leads,
    jobs,
    list_files,
    list_values,
    lists,
    logs,
    suppressed,
    value_transforms,
)

SUPPRESSED = (suppressed.EMAILS, suppressed.NAMES, suppressed.TELEPHONES)

urlpatterns = [
    hydra.address("campaign-processr-jobs", GET=jobs.listed, POST=jobs.added),
    hydra.address("campaign-processr-jobs/<pk>", GET=jobs.shown, PATCH=jobs.changed, DELETE=jobs.removed),
    hydra.address("campaign-processr-jobs/<pk>/check", POST=checks.checked),
    hydra.address("campaign-processr-job-groups", GET=groups.listed, POST=groups.added),
    hydra.address("campaign-processr-job-groups/<pk>", GET=groups.shown, PATCH=groups.changed, DELETE=groups.removed),
    hydra.address("processr-jobs", GET=catalogue.listed),
    hydra.address("processr-jobs/<pk>", GET=catalogue.shown),
    hydra.address("processr-job-leads", GET=job_leads.listed),
    hydra.address("processr-form-mappings", GET=form_mappings.listed),
    hydra.address("logs", GET=logs.listed),
    hydra.address("lead-explanations/<lead>", GET=explanations.last_run),
    hydra.address("lead-explanations/<lead>/runs/<run>", GET=explanations.one_run),
    hydra.address("advertiser-value-manipulate-preview", POST=value_transforms.preview),
    hydra.address("suppression-lists", GET=lists.listed, POST=lists.added),
    hydra.address("suppression-lists/<pk>", GET=lists.shown, PUT=lists.changed, PATCH=lists.changed, DELETE=lists.removed),
    hydra.address("suppression-list-values", GET=list_values.listed, POST=list_values.added),
    hydra.address(
        "suppression-list-values/<pk>",
        GET=list_values.shown,
        PUT=list_values.changed,
        PATCH=list_values.changed,
        DELETE=list_values.removed,
    ),
    hydra.address("suppression-list-values/import", POST=list_files.into_list),
    hydra.address("suppression-list-download", POST=list_files.download),
    hydra.address("value-imports", GET=list_files.listed),
    hydra.address("value-imports/<pk>", GET=list_files.shown),
    hydra.address("value-imports/<pk>/stop", POST=list_files.stopped),
    *(hydra.address(one.collection.name, GET=one.listed, POST=one.added) for one in SUPPRESSED),
    *(hydra.address(f"{one.collection.name}/<pk>", GET=one.shown, DELETE=one.removed) for one in SUPPRESSED),
    hydra.address("invalid-emails-import", POST=list_files.into_emails),
    hydra.address("invalid-names-import", POST=list_files.into_names),
    hydra.address("invalid-telephone-import", POST=list_files.into_telephones),
]
