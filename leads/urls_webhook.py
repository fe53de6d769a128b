"""Addresses of the campaign webhook. Everything below /webhook/ that is none of them is a plain 404."""

from django.urls import path, re_path, register_converter

from leads.api import webhook
from leads.api.row_id import RowId

register_converter(RowId, "row_id")

urlpatterns = [
    path("webhook/campaign/v2/<row_id:campaign_id>/global-form/fields", webhook.fields, name="webhook_fields"),
    path("webhook/campaign/<row_id:campaign_id>/links", webhook.links, name="webhook_links"),
    path("webhook/campaign/<row_id:campaign_id>/global-form/<row_id:form_id>/leads", webhook.leads, name="webhook_leads"),
    re_path("^webhook/", webhook.nothing_here),
]
