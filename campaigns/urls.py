"""URLs of the pages of campaigns and of credentials."""

from django.urls import path

from campaigns import views
from campaigns.credentials import pages

urlpatterns = [
    path("v2/campaigns", views.ActiveCampaignsList.as_view(), name="campaigns"),
    path("v2/campaigns/inactive", views.InactiveCampaignsList.as_view(), name="campaigns_inactive"),
    path("v2/campaigns/attention", views.TroubledCampaignsList.as_view(), name="campaigns_troubled"),
    path("v2/campaigns/<int:pk>", views.campaign_detail, name="campaign"),
    path("v2/campaigns/<int:pk>/pause", views.campaign_pause, name="campaign_pause"),
    path("v2/campaigns/<int:pk>/resume", views.campaign_resume, name="campaign_resume"),
    path("v2/campaigns/<int:pk>/holds", views.campaign_holds, name="campaign_holds"),
    path("v2/enterprise/credentials", pages.CredentialsList.as_view(), name="credentials"),
    path("v2/enterprise/credentials/add", pages.credential_create, name="credential_add"),
    path("v2/enterprise/credentials/<int:pk>", pages.credential_update, name="credential"),
    path("v2/enterprise/credentials/<int:pk>/delete", pages.credential_delete, name="credential_delete"),
]
