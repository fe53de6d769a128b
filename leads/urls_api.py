"""URLs of the publisher API, the same under each of its versions, and of leads in API v4.

Everything else below /api/v2… is a JSON 404.
"""

from django.urls import include, path, re_path, register_converter

from config.core.api.hydra import HydraRouter
from leads.api import bulk, publisher
from leads.api.computed.chronologies import ChronologyViewSet
from leads.api.computed.data_fields import DataFieldViewSet
from leads.api.computed.statistics import StatisticsViewSet
from leads.api.flag_reasons import FlagReasonCategoryViewSet, FlagReasonViewSet
from leads.api.is_delivered import IsDeliveredViewSet
from leads.api.leads import LeadViewSet
from leads.api.notes import NoteViewSet
from leads.api.query import RowId
from leads.api.values.lead_datas import LeadDataViewSet
from leads.api.values.lead_editable_fields import EditableFieldViewSet

register_converter(RowId, "id")

_OF_EACH_VERSION = [
    path("<id:publisher_id>/lead-result/<id:lead_id>", publisher.lead_result, name="publisher_lead_result"),
    path("<id:publisher_id>/forms/<id:form_id>/campaign/<id:campaign_id>/leads", publisher.lead_create, name="publisher_leads"),
    path("fields/<id:campaign_id>", publisher.form_fields, name="publisher_fields"),
    path("links/<id:campaign_id>", publisher.campaign_links, name="publisher_links"),
]

router = HydraRouter()
router.register(LeadViewSet)
router.register(NoteViewSet)
router.register(LeadDataViewSet)
router.register(EditableFieldViewSet)
router.register(FlagReasonViewSet)
router.register(FlagReasonCategoryViewSet)
router.register(IsDeliveredViewSet, "is-lead-delivered")
router.register(bulk.BulkActionViewSet)
router.register(bulk.BulkActionLeadViewSet)
router.register(bulk.FlagViewSet, "leads-bulk-flag")
router.register(bulk.DeliverViewSet, "leads-bulk-deliver")
router.register(bulk.UndeliverViewSet, "leads-bulk-undeliver")
router.register(bulk.MetadataViewSet, "leads-bulk-metadata")
router.register(bulk.ReprocessViewSet, "leads-bulk-reprocess")
router.register(bulk.DeleteViewSet, "leads-bulk-delete")
router.register(StatisticsViewSet)
router.register(ChronologyViewSet)
router.register(DataFieldViewSet)
urlpatterns = [
    re_path(r"^api/v2(?:\.[1345])?/publisher/", include(_OF_EACH_VERSION)),
    re_path(r"^api/v2[^/]*(?:/|$)", publisher.nothing_here),
    *router.urls,
]
