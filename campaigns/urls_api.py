"""URLs of the token endpoints, and of campaigns and their parties in API v4."""

from django.urls import path

from campaigns.api import access, campaigns, contracts, form_fields, parties
from config.core.api.hydra import HydraRouter

router = HydraRouter()
router.register(campaigns.CampaignViewSet)
router.register(contracts.LinkViewSet)
router.register(contracts.ContractViewSet)
router.register(parties.AdvertiserViewSet)
router.register(parties.PublisherViewSet)
router.register(form_fields.FormFieldViewSet)
urlpatterns = [
    path("api/login", access.login, name="api_login"),
    path("oauth/v2/token", access.token, name="api_token"),
    *router.urls,
]
