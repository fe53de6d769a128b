"""Addresses of the lead screens."""

from django.urls import path

from leads.views import bulk
from leads.views.lead_detail import lead
from leads.views.lead_list import AllLeads, CampaignLeads, LeadFigures, NewLeads

urlpatterns = [
    path("v2/leads", AllLeads.as_view(), name="leads"),
    path("v2/leads/new", NewLeads.as_view(), name="leads_new"),
    path("v2/leads/figures", LeadFigures.as_view(), name="leads_figures"),
    path("v2/leads/actions/<int:pk>", bulk.bulk_action, name="bulk_action"),
    path("v2/leads/actions/<int:pk>/stop", bulk.stop_bulk_action, name="stop_bulk_action"),
    path("v2/leads/<int:pk>", lead, name="lead"),
    path("v2/leads/<int:pk>/reprocess", bulk.reprocess_one, name="reprocess_lead"),
    path("v2/campaigns/<int:campaign_id>/leads", CampaignLeads.as_view(), name="campaign_leads"),
    path("v2/campaigns/<int:campaign_id>/leads/errored/reprocess", bulk.reprocess_errored, name="reprocess_errored"),
    path("v2/campaigns/<int:campaign_id>/leads/new", NewLeads.as_view(), name="campaign_leads_new"),
]
