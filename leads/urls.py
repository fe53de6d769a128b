"""URLs of the lead pages."""

from django.urls import path

from leads.views import bulk, bulk_result, flag_reason_pages, full_search, quick_flag
from leads.views.edit_data import lead_value_save
from leads.views.history import HistoryList
from leads.views.lead.page import lead_detail, lead_tab
from leads.views.lead.picture import lead_picture
from leads.views.lead_list import CampaignLeadsList, LeadFiguresView, LeadsList, NewLeadsView
from leads.views.notes_tab import lead_note_add
from leads.views.wizard import leads_step, preview_page, processing_step, type_step

_DRAFT = "v2/leads/flag-manage/<int:pk>"

urlpatterns = [
    path("v2/leads", LeadsList.as_view(), name="leads"),
    path("v2/leads/new", NewLeadsView.as_view(), name="leads_new"),
    path("v2/leads/figures", LeadFiguresView.as_view(), name="leads_figures"),
    path("v2/leads/flag-manage", leads_step.flag_manage, name="flag_manage"),
    path("v2/leads/send-again", leads_step.send_again, name="send_again"),
    path("v2/leads/flag-manage/history", HistoryList.as_view(), name="flag_manage_history"),
    path(_DRAFT, leads_step.flag_manage_draft, name="flag_manage_draft"),
    path(f"{_DRAFT}/leads", leads_step.flag_manage_leads, name="flag_manage_leads"),
    path(f"{_DRAFT}/leads/import", leads_step.flag_manage_import, name="flag_manage_import"),
    path(f"{_DRAFT}/leads/column", leads_step.flag_manage_column, name="flag_manage_column"),
    path(f"{_DRAFT}/leads/clear", leads_step.flag_manage_clear, name="flag_manage_clear"),
    path(f"{_DRAFT}/leads/left-out", leads_step.flag_manage_omitted, name="flag_manage_omitted"),
    path(f"{_DRAFT}/type", type_step.flag_manage_type, name="flag_manage_type"),
    path(f"{_DRAFT}/processing", processing_step.flag_manage_processing, name="flag_manage_processing"),
    path(f"{_DRAFT}/preview", preview_page.flag_manage_preview, name="flag_manage_preview"),
    path(f"{_DRAFT}/preview/again", preview_page.flag_manage_preview_again, name="flag_manage_preview_again"),
    path(f"{_DRAFT}/preview/leads", preview_page.flag_manage_skipped, name="flag_manage_skipped"),
    path(f"{_DRAFT}/preview/skipped", preview_page.flag_manage_skipped_file, name="flag_manage_skipped_file"),
    path(f"{_DRAFT}/discard", leads_step.flag_manage_discard, name="flag_manage_discard"),
    path("v2/leads/flag", quick_flag.leads_flag, name="leads_flag"),
    path("v2/leads/flag/<int:pk>/undo", quick_flag.leads_flag_undo, name="leads_flag_undo"),
    path("v2/leads/reprocess", bulk.leads_reprocess, name="leads_reprocess"),
    path("v2/leads/actions/<int:pk>", bulk.bulk_action_detail, name="bulk_action"),
    path("v2/leads/actions/<int:pk>/stop", bulk.bulk_action_stop, name="stop_bulk_action"),
    path("v2/leads/actions/<int:pk>/leads", bulk_result.bulk_action_leads, name="bulk_action_leads"),
    path("v2/leads/actions/<int:pk>/skipped", bulk_result.bulk_action_skipped, name="bulk_action_skipped"),
    path("v2/leads/actions/<int:pk>/unreached", bulk_result.bulk_action_unreached, name="bulk_action_unreached"),
    path("v2/leads/actions/<int:pk>/rest", bulk_result.bulk_action_rest, name="bulk_action_rest"),
    path("v2/leads/actions/<int:pk>/undo", bulk_result.bulk_action_undo, name="bulk_action_undo"),
    path("v2/enterprise/flag-reasons", flag_reason_pages.flag_reasons_list, name="flag_reasons"),
    path("v2/enterprise/flag-reasons/<int:pk>", flag_reason_pages.flag_reason_edit, name="flag_reason_edit"),
    path("v2/enterprise/flag-reasons/<int:pk>/configure", flag_reason_pages.flag_reason_configure, name="flag_reason_configure"),
    path("v2/enterprise/flag-reasons/<int:pk>/remove", flag_reason_pages.flag_reason_remove, name="flag_reason_remove"),
    path("v2/enterprise/flag-reasons/<int:pk>/move", flag_reason_pages.flag_reason_move, name="flag_reason_move"),
    path("v2/leads/searches", full_search.full_search_begin, name="full_search_begin"),
    path("v2/leads/searches/<int:pk>", full_search.full_search_detail, name="full_search"),
    path("v2/leads/searches/<int:pk>/stop", full_search.full_search_stop, name="full_search_stop"),
    path("v2/leads/<int:pk>", lead_detail, name="lead"),
    path("v2/leads/<int:pk>/reprocess", bulk.lead_reprocess, name="reprocess_lead"),
    path("v2/leads/<int:pk>/edit_data/save", lead_value_save, name="lead_value_save"),
    path("v2/leads/<int:pk>/notes/add", lead_note_add, name="lead_note_add"),
    path("v2/leads/<int:pk>/picture", lead_picture, name="lead_picture"),
    path("v2/leads/<int:pk>/<slug:key>", lead_tab, name="lead_tab"),
    path("v2/campaigns/<int:campaign_id>/leads", CampaignLeadsList.as_view(), name="campaign_leads"),
    path("v2/campaigns/<int:campaign_id>/leads/errored/reprocess", bulk.errored_leads_reprocess, name="reprocess_errored"),
    path("v2/campaigns/<int:campaign_id>/leads/flag-manage", leads_step.flag_manage, name="campaign_flag_manage"),
    path("v2/campaigns/<int:campaign_id>/leads/flag", quick_flag.leads_flag, name="campaign_leads_flag"),
    path("v2/campaigns/<int:campaign_id>/leads/flag/<int:pk>/undo", quick_flag.leads_flag_undo, name="campaign_leads_flag_undo"),
    path("v2/campaigns/<int:campaign_id>/leads/reprocess", bulk.leads_reprocess, name="campaign_leads_reprocess"),
    path("v2/campaigns/<int:campaign_id>/leads/figures", LeadFiguresView.as_view(), name="campaign_leads_figures"),
    path("v2/campaigns/<int:campaign_id>/leads/new", NewLeadsView.as_view(), name="campaign_leads_new"),
]
