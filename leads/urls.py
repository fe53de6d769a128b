"""URLs of the lead pages."""

from django.urls import path

from leads.views import bulk, full_search, quick_flag
from leads.views.lead_detail import lead_detail, lead_tab
from leads.views.lead_list import CampaignLeadsList, LeadFiguresView, LeadsList, NewLeadsView
from leads.views.timeline import lead_timeline

urlpatterns = [
    path("v2/leads", LeadsList.as_view(), name="leads"),
    path("v2/leads/new", NewLeadsView.as_view(), name="leads_new"),
    path("v2/leads/figures", LeadFiguresView.as_view(), name="leads_figures"),
    path("v2/leads/flag", quick_flag.leads_flag, name="leads_flag"),
    path("v2/leads/flag/<int:pk>/undo", quick_flag.leads_flag_undo, name="leads_flag_undo"),
    path("v2/leads/reprocess", bulk.leads_reprocess, name="leads_reprocess"),
    path("v2/leads/actions/<int:pk>", bulk.bulk_action_detail, name="bulk_action"),
    path("v2/leads/actions/<int:pk>/stop", bulk.bulk_action_stop, name="stop_bulk_action"),
    path("v2/leads/searches", full_search.full_search_begin, name="full_search_begin"),
    path("v2/leads/searches/<int:pk>", full_search.full_search_detail, name="full_search"),
    path("v2/leads/searches/<int:pk>/stop", full_search.full_search_stop, name="full_search_stop"),
    path("v2/leads/<int:pk>", lead_detail, name="lead"),
    path("v2/leads/<int:pk>/reprocess", bulk.lead_reprocess, name="reprocess_lead"),
    path("v2/leads/<int:pk>/timeline", lead_timeline, name="lead_timeline"),
    path("v2/leads/<int:pk>/<slug:key>", lead_tab, name="lead_tab"),
    path("v2/campaigns/<int:campaign_id>/leads", CampaignLeadsList.as_view(), name="campaign_leads"),
    path("v2/campaigns/<int:campaign_id>/leads/errored/reprocess", bulk.errored_leads_reprocess, name="reprocess_errored"),
    path("v2/campaigns/<int:campaign_id>/leads/flag", quick_flag.leads_flag, name="campaign_leads_flag"),
    path("v2/campaigns/<int:campaign_id>/leads/flag/<int:pk>/undo", quick_flag.leads_flag_undo, name="campaign_leads_flag_undo"),
    path("v2/campaigns/<int:campaign_id>/leads/reprocess", bulk.leads_reprocess, name="campaign_leads_reprocess"),
    path("v2/campaigns/<int:campaign_id>/leads/figures", LeadFiguresView.as_view(), name="campaign_leads_figures"),
    path("v2/campaigns/<int:campaign_id>/leads/new", NewLeadsView.as_view(), name="campaign_leads_new"),
]
