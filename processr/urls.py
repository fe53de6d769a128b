"""Addresses of the processr's screens."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from processr.views import (
    configure,
    configure_add,
    copying,
    groups,
    lists,
    lists_change,
    lists_files,
    page,
    runs,
    transforms,
    transforms_advertiser,
    transforms_edit,
    transforms_groups,
    trying,
)


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
    path("v2/campaigns/<int:pk>/processr", page.page, name="processr"),
    path("v2/campaigns/<int:pk>/processr/add", configure_add.catalogue, name="processr_add"),
    path("v2/campaigns/<int:pk>/processr/add/<slug:type_key>", configure.new_job, name="processr_new_job"),
    path("v2/campaigns/<int:pk>/processr/held", page.process_held, name="processr_held"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>", configure.job, name="processr_job"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/row", page.edit, name="processr_job_edit"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/switch", page.switch, name="processr_job_switch"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/move", page.move, name="processr_job_move"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/remove", page.remove, name="processr_job_remove"),
    path("v2/campaigns/<int:pk>/processr/jobs/<int:job_id>/copy", copying.copy_settings, name="processr_job_copy"),
    path("v2/campaigns/<int:pk>/processr/groups", groups.groups, name="processr_groups"),
    path("v2/campaigns/<int:pk>/processr/groups/<int:group_id>", groups.group, name="processr_group"),
    path("v2/campaigns/<int:pk>/processr/groups/<int:group_id>/dissolve", groups.dissolve, name="processr_group_dissolve"),
    path("v2/campaigns/<int:pk>/processr/test-lead", trying.test_lead, name="processr_test_lead"),
    path("v2/campaigns/<int:pk>/processr/test-lead/<int:lead_id>", trying.trace, name="processr_test_lead_trace"),
    path("v2/leads/<int:pk>/runs/<int:number>", runs.lead_run, name="lead_run"),
    path("v2/campaigns/<int:pk>/value_transforms", transforms.campaign_list, name="campaign_value_transforms"),
    path("v2/campaigns/<int:pk>/value_transforms/switch", transforms.switch, name="campaign_value_transforms_switch"),
    path("v2/campaigns/<int:pk>/value_transforms/import", transforms.take_over, name="campaign_value_transforms_import"),
    path(
        "v2/advertisers/<int:pk>/value-transforms/list",
        transforms_advertiser.AdvertiserTransforms.as_view(),
        name="advertiser_value_transforms",
    ),
    path("v2/advertisers/<int:pk>/value-transforms/import", transforms_advertiser.import_file, name="advertiser_value_transforms_import"),
    path("v2/advertisers/<int:pk>/value-transforms/example", transforms_advertiser.example, name="advertiser_value_transforms_example"),
    *of_either("add", transforms_edit.add, name="value_transform_add"),
    *of_either("groups", transforms_groups.groups, name="value_transform_groups"),
    *of_either("groups/rename", transforms_groups.rename, name="value_transform_group_rename"),
    *of_either("<int:transform_id>", transforms_edit.change, name="value_transform"),
    *of_either("<int:transform_id>/move", transforms.move, name="value_transform_move"),
    *of_either("<int:transform_id>/remove", transforms.remove, name="value_transform_remove"),
    path(LISTS, lists.SystemLists.as_view(), name="validation_lists"),
    path(f"{LISTS}/of-advertisers", lists.ListsOfAdvertisers.as_view(), name="validation_lists_of_advertisers"),
    path("v2/advertisers/<int:advertiser_id>/validation-lists", lists.AdvertiserLists.as_view(), name="advertiser_validation_lists"),
    path("v2/advertisers/<int:advertiser_id>/validation-lists/add", lists_change.new_list, name="advertiser_validation_list_add"),
    path(f"{LISTS}/add", lists_change.new_list, name="validation_list_new"),
    path(f"{LISTS}/imports/<int:pk>", lists_files.progress, name="value_import"),
    path(f"{LISTS}/imports/<int:pk>/stop", lists_files.stop, name="stop_value_import"),
    path(f"{LISTS}/<int:pk>", lists.Entries.as_view(), name="validation_list"),
    path(f"{LISTS}/<int:pk>/settings", lists_change.settings, name="validation_list_settings"),
    path(f"{LISTS}/<int:pk>/delete", lists_change.delete, name="validation_list_delete"),
    path(SUPPRESSION, lists.SuppressedEntries.as_view(), {"kind": "email"}, name="suppression_lists"),
    path(f"{SUPPRESSION}/<slug:kind>", lists.SuppressedEntries.as_view(), name="suppression_list"),
    *of_any_list("add", lists.add, name="add"),
    *of_any_list("remove", lists.remove, name="remove"),
    *of_any_list("import", lists_files.import_file, name="import"),
    *of_any_list("export", lists_files.export, name="export"),
    *of_any_list("sample", lists_files.sample, name="sample"),
]
