"""Addresses of the processr's screens."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from processr.views import copy_settings, group_form, job_catalogue, job_page, jobs_page, lead_tab, try_out
from processr.views.lists import list_files, list_form, list_pages
from processr.views.transforms import advertiser, campaign, transform_form, transform_groups


def of_either(below: str, view: Callable[..., HttpResponse], *, name: str) -> list[URLPattern]:
    """The same page for a campaign's value transforms and for an advertiser's."""
    return [
        path(f"v2/campaigns/<int:pk>/value_transforms/{below}", view, {"level": "campaign"}, name=f"campaign_{name}"),
        path(f"v2/advertisers/<int:pk>/value-transforms/{below}", view, {"level": "advertiser"}, name=f"advertiser_{name}"),
    ]


LISTS, SUPPRESSION = "v2/system/validation-list", "v2/system/suppression-list"


def of_any_list(below: str, view: Callable[..., HttpResponse], *, name: str) -> list[URLPattern]:
    """The same page for a validation list and for a suppression list."""
    return [
        path(f"{LISTS}/<int:pk>/{below}", view, name=f"validation_list_{name}"),
        path(f"{SUPPRESSION}/<slug:kind>/{below}", view, name=f"suppression_list_{name}"),
    ]


urlpatterns = [
    path("v2/campaigns/<int:pk>/processr", jobs_page.page, name="processr"),
    path("v2/campaigns/<int:pk>/processr/add", job_catalogue.catalogue, name="processr_add"),
    path("v2/campaigns/<int:pk>/processr/add/<slug:type_key>", job_page.new_job, name="processr_new_job"),
    path("v2/campaigns/<int:pk>/processr/held", jobs_page.process_held, name="processr_held"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>", job_page.job, name="processr_job"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/row", jobs_page.edit, name="processr_job_edit"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/switch", jobs_page.switch, name="processr_job_switch"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/move", jobs_page.move, name="processr_job_move"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/remove", jobs_page.remove, name="processr_job_remove"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/copy", copy_settings.copy_settings, name="processr_job_copy"),
    path("v2/campaigns/<int:pk>/processr/groups", group_form.groups, name="processr_groups"),
    path("v2/campaigns/<int:pk>/processr/groups/<int:group_id>", group_form.group, name="processr_group"),
    path("v2/campaigns/<int:pk>/processr/groups/<int:group_id>/dissolve", group_form.dissolve, name="processr_group_dissolve"),
    path("v2/campaigns/<int:pk>/processr/test-lead", try_out.test_lead, name="processr_test_lead"),
    path("v2/campaigns/<int:pk>/processr/test-lead/<int:lead_id>", try_out.trace, name="processr_test_lead_trace"),
    path("v2/leads/<int:pk>/runs/<int:number>", lead_tab.lead_run, name="lead_run"),
    path("v2/campaigns/<int:pk>/value_transforms", campaign.campaign_list, name="campaign_value_transforms"),
    path("v2/campaigns/<int:pk>/value_transforms/switch", campaign.switch, name="campaign_value_transforms_switch"),
    path("v2/campaigns/<int:pk>/value_transforms/import", campaign.take_over, name="campaign_value_transforms_import"),
    path(
        "v2/advertisers/<int:pk>/value-transforms/list",
        advertiser.AdvertiserTransforms.as_view(),
        name="advertiser_value_transforms",
    ),
    path("v2/advertisers/<int:pk>/value-transforms/import", advertiser.import_file, name="advertiser_value_transforms_import"),
    path("v2/advertisers/<int:pk>/value-transforms/example", advertiser.example, name="advertiser_value_transforms_example"),
    *of_either("add", transform_form.add, name="value_transform_add"),
    *of_either("groups", transform_groups.groups, name="value_transform_groups"),
    *of_either("groups/rename", transform_groups.rename, name="value_transform_group_rename"),
    *of_either("<int:transform_id>", transform_form.change, name="value_transform"),
    *of_either("<int:transform_id>/move", campaign.move, name="value_transform_move"),
    *of_either("<int:transform_id>/remove", campaign.remove, name="value_transform_remove"),
    path(LISTS, list_pages.SystemLists.as_view(), name="validation_lists"),
    path(f"{LISTS}/of-advertisers", list_pages.ListsOfAdvertisers.as_view(), name="validation_lists_of_advertisers"),
    path("v2/advertisers/<int:advertiser_id>/validation-lists", list_pages.AdvertiserLists.as_view(), name="advertiser_validation_lists"),
    path("v2/advertisers/<int:advertiser_id>/validation-lists/add", list_form.new_list, name="advertiser_validation_list_add"),
    path(f"{LISTS}/add", list_form.new_list, name="validation_list_new"),
    path(f"{LISTS}/imports/<int:pk>", list_files.progress, name="value_import"),
    path(f"{LISTS}/imports/<int:pk>/stop", list_files.stop, name="stop_value_import"),
    path(f"{LISTS}/<int:pk>", list_pages.Entries.as_view(), name="validation_list"),
    path(f"{LISTS}/<int:pk>/settings", list_form.settings, name="validation_list_settings"),
    path(f"{LISTS}/<int:pk>/delete", list_form.delete, name="validation_list_delete"),
    path(SUPPRESSION, list_pages.SuppressedEntries.as_view(), {"kind": "email"}, name="suppression_lists"),
    path(f"{SUPPRESSION}/<slug:kind>", list_pages.SuppressedEntries.as_view(), name="suppression_list"),
    *of_any_list("add", list_pages.add, name="add"),
    *of_any_list("remove", list_pages.remove, name="remove"),
    *of_any_list("import", list_files.import_file, name="import"),
    *of_any_list("export", list_files.export, name="export"),
    *of_any_list("sample", list_files.sample, name="sample"),
]
