"""URLs of the Processr's pages."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from processr.views import copy_settings, group_form, job_page, jobs_page, lead_tab, trials, try_out
from processr.views.lists import list_files, list_form, list_pages
from processr.views.transforms import advertiser, campaign, transform_form, transform_groups


def owner_urls(below: str, view: Callable[..., HttpResponseBase], *, name: str) -> list[URLPattern]:
    """Return the URLs of a page that a campaign's and an advertiser's value transforms share."""
    return [
        path(f"v2/campaigns/<int:pk>/value_transforms/{below}", view, {"level": "campaign"}, name=f"campaign_{name}"),
        path(f"v2/advertisers/<int:pk>/value-transforms/{below}", view, {"level": "advertiser"}, name=f"advertiser_{name}"),
    ]


LISTS, SUPPRESSION = "v2/system/validation-list", "v2/system/suppression-list"


def list_urls(below: str, view: Callable[..., HttpResponseBase], *, name: str) -> list[URLPattern]:
    """Return the URLs of a page that validation lists and suppression lists share."""
    return [
        path(f"{LISTS}/<int:pk>/{below}", view, name=f"validation_list_{name}"),
        path(f"{SUPPRESSION}/<slug:kind>/{below}", view, name=f"suppression_list_{name}"),
    ]


urlpatterns = [
    path("v2/campaigns/<int:pk>/processr", jobs_page.jobs_page, name="processr"),
    path("v2/campaigns/<int:pk>/processr/add", job_page.job_types_list, name="processr_add"),
    path("v2/campaigns/<int:pk>/processr/add/<slug:type_key>", job_page.job_create, name="processr_new_job"),
    path("v2/campaigns/<int:pk>/processr/held", jobs_page.held_leads_process, name="processr_held"),
    path("v2/campaigns/<int:pk>/processr/release", jobs_page.held_leads_release, name="processr_release"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>", job_page.job_update, name="processr_job"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/row", jobs_page.job_edit, name="processr_job_edit"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/switch", jobs_page.job_switch, name="processr_job_switch"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/move", jobs_page.job_move, name="processr_job_move"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/remove", jobs_page.job_delete, name="processr_job_remove"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/copy", copy_settings.job_copy, name="processr_job_copy"),
    path("v2/campaigns/<int:pk>/processr/groups", group_form.groups_list, name="processr_groups"),
    path("v2/campaigns/<int:pk>/processr/groups/<int:group_id>", group_form.group_update, name="processr_group"),
    path("v2/campaigns/<int:pk>/processr/groups/<int:group_id>/dissolve", group_form.group_delete, name="processr_group_dissolve"),
    path("v2/campaigns/<int:pk>/processr/test-lead", try_out.test_lead, name="processr_test_lead"),
    path("v2/campaigns/<int:pk>/processr/test-lead/<int:lead_id>", try_out.test_lead_detail, name="processr_test_lead_trace"),
    path("v2/campaigns/<int:pk>/processr/trials/<int:trial_id>", trials.trial_detail, name="processr_trial"),
    path("v2/campaigns/<int:pk>/processr/trials/<int:trial_id>/stop", trials.trial_stop, name="processr_trial_stop"),
    path("v2/leads/<int:pk>/runs/<int:number>", lead_tab.lead_run, name="lead_run"),
    path("v2/campaigns/<int:pk>/value_transforms", campaign.transforms_list, name="campaign_value_transforms"),
    path("v2/campaigns/<int:pk>/value_transforms/switch", campaign.transform_switch, name="campaign_value_transforms_switch"),
    path("v2/campaigns/<int:pk>/value_transforms/import", campaign.transforms_import, name="campaign_value_transforms_import"),
    path(
        "v2/advertisers/<int:pk>/value-transforms/list",
        advertiser.AdvertiserTransforms.as_view(),
        name="advertiser_value_transforms",
    ),
    path("v2/advertisers/<int:pk>/value-transforms/import", advertiser.transforms_import_file, name="advertiser_value_transforms_import"),
    path("v2/advertisers/<int:pk>/value-transforms/example", advertiser.import_example, name="advertiser_value_transforms_example"),
    *owner_urls("add", transform_form.transform_create, name="value_transform_add"),
    *owner_urls("groups", transform_groups.groups_list, name="value_transform_groups"),
    *owner_urls("groups/rename", transform_groups.group_rename, name="value_transform_group_rename"),
    *owner_urls("<int:transform_id>", transform_form.transform_update, name="value_transform"),
    *owner_urls("<int:transform_id>/move", campaign.transform_move, name="value_transform_move"),
    *owner_urls("<int:transform_id>/remove", campaign.transform_delete, name="value_transform_remove"),
    path(LISTS, list_pages.SystemListsView.as_view(), name="validation_lists"),
    path(f"{LISTS}/of-advertisers", list_pages.AdvertisersWithListsView.as_view(), name="validation_lists_of_advertisers"),
    path(
        "v2/advertisers/<int:advertiser_id>/validation-lists", list_pages.AdvertiserListsView.as_view(), name="advertiser_validation_lists"
    ),
    path("v2/advertisers/<int:advertiser_id>/validation-lists/add", list_form.list_create, name="advertiser_validation_list_add"),
    path(f"{LISTS}/add", list_form.list_create, name="validation_list_new"),
    path(f"{LISTS}/imports/<int:pk>", list_files.import_progress, name="value_import"),
    path(f"{LISTS}/imports/<int:pk>/refused", list_files.import_refused, name="refused_of_value_import"),
    path(f"{LISTS}/imports/<int:pk>/stop", list_files.import_stop, name="stop_value_import"),
    path(f"{LISTS}/<int:pk>", list_pages.EntriesList.as_view(), name="validation_list"),
    path(f"{LISTS}/<int:pk>/settings", list_form.list_update, name="validation_list_settings"),
    path(f"{LISTS}/<int:pk>/delete", list_form.list_delete, name="validation_list_delete"),
    path(SUPPRESSION, list_pages.SuppressedEntriesList.as_view(), {"kind": "email"}, name="suppression_lists"),
    path(f"{SUPPRESSION}/<slug:kind>", list_pages.SuppressedEntriesList.as_view(), name="suppression_list"),
    *list_urls("add", list_pages.entry_create, name="add"),
    *list_urls("remove", list_pages.entry_delete, name="remove"),
    *list_urls("import", list_files.list_import, name="import"),
    *list_urls("export", list_files.list_export, name="export"),
    *list_urls("sample", list_files.list_sample, name="sample"),
]
