"""URLs of the campaign webhook, and of verdicts and values after delivery. Any other URL below /webhook/ is a plain text 404.

Version 1 says `form`, version 2 `global-form`. The lists of fields differ; everything else means the same in both, with
and without `v2/`, because programs build all their URLs from one prefix.
"""

from django.urls import path, re_path, register_converter

from leads.api import verdicts, webhook
from leads.api.query import RowId
from leads.api.values.append import lead_append

register_converter(RowId, "row_id")

V1, V2 = "webhook/campaign/<row_id:campaign_id>", "webhook/campaign/v2/<row_id:campaign_id>"

urlpatterns = [
    path(f"{V1}/global-form/<row_id:form_id>/leads", webhook.lead_create, name="webhook_leads"),
    path(f"{V1}/form/<row_id:form_id>/leads", webhook.lead_create, name="webhook_leads_form"),
    path(f"{V2}/global-form/<row_id:form_id>/leads", webhook.lead_create, name="webhook_leads_v2"),
    path(f"{V2}/form/<row_id:form_id>/leads", webhook.lead_create, name="webhook_leads_form_v2"),
    path(f"{V2}/global-form/fields", webhook.described_form_fields, name="webhook_fields"),
    path(f"{V2}/form/fields", webhook.described_form_fields, name="webhook_fields_form"),
    path(f"{V1}/form/fields", webhook.form_fields, name="webhook_fields_v1"),
    path(f"{V1}/global-form/fields", webhook.form_fields, name="webhook_fields_v1_global"),
    path(f"{V1}/links", webhook.campaign_links, name="webhook_links"),
    path(f"{V2}/links", webhook.campaign_links, name="webhook_links_v2"),
    re_path("^webhook/", webhook.nothing_here),
    path("api/webhook/validate/<str:lead_hash>", verdicts.lead_validate, name="webhook_validate"),
    path("api/webhook/invalidate/<str:lead_hash>", verdicts.lead_invalidate, name="webhook_invalidate"),
    re_path("^ajax/lead-append/(?P<lead_hash>[^/]+)/?$", lead_append, name="lead_append"),
]
