"""URLs of the Processr in API v4."""

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
    hydra.address("campaign-processr-jobs", GET=jobs.jobs_list, POST=jobs.job_create),
    hydra.address("campaign-processr-jobs/<pk>", GET=jobs.job_detail, PATCH=jobs.job_update, DELETE=jobs.job_delete),
    hydra.address("campaign-processr-jobs/<pk>/check", POST=checks.job_check),
    hydra.address("campaign-processr-job-groups", GET=groups.groups_list, POST=groups.group_create),
    hydra.address("campaign-processr-job-groups/<pk>", GET=groups.group_detail, PATCH=groups.group_update, DELETE=groups.group_delete),
    hydra.address("processr-jobs", GET=catalogue.job_types_list),
    hydra.address("processr-jobs/<pk>", GET=catalogue.job_type_detail),
    hydra.address("processr-job-leads", GET=job_leads.job_leads_list),
    hydra.address("processr-form-mappings", GET=form_mappings.form_mappings_list),
    hydra.address("logs", GET=logs.logs_list),
    hydra.address("lead-explanations/<lead>", GET=explanations.last_run_explanation),
    hydra.address("lead-explanations/<lead>/runs/<run>", GET=explanations.run_explanation),
    hydra.address("advertiser-value-manipulate-preview", POST=value_transforms.preview),
    hydra.address("suppression-lists", GET=lists.lists_list, POST=lists.list_create),
    hydra.address(
        "suppression-lists/<pk>", GET=lists.list_detail, PUT=lists.list_update, PATCH=lists.list_update, DELETE=lists.list_delete
    ),
    hydra.address("suppression-list-values", GET=list_values.values_list, POST=list_values.value_create),
    hydra.address(
        "suppression-list-values/<pk>",
        GET=list_values.value_detail,
        PUT=list_values.value_update,
        PATCH=list_values.value_update,
        DELETE=list_values.value_delete,
    ),
    hydra.address("suppression-list-values/import", POST=list_files.list_import_create),
    hydra.address("suppression-list-download", POST=list_files.list_download),
    hydra.address("value-imports", GET=list_files.imports_list),
    hydra.address("value-imports/<pk>", GET=list_files.import_detail),
    hydra.address("value-imports/<pk>/stop", POST=list_files.import_stop),
    *(hydra.address(entries.collection.name, GET=entries.list_view, POST=entries.create_view) for entries in SUPPRESSED),
    *(hydra.address(f"{entries.collection.name}/<pk>", GET=entries.detail_view, DELETE=entries.delete_view) for entries in SUPPRESSED),
    hydra.address("invalid-emails-import", POST=list_files.into_emails),
    hydra.address("invalid-names-import", POST=list_files.into_names),
    hydra.address("invalid-telephone-import", POST=list_files.into_telephones),
]
