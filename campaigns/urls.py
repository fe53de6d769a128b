"""URLs of the pages of campaigns."""

from django.urls import path

from campaigns import views

urlpatterns = [
    path("v2/campaigns", views.ActiveCampaignsList.as_view(), name="campaigns"),
    path("v2/campaigns/inactive", views.InactiveCampaignsList.as_view(), name="campaigns_inactive"),
    path("v2/campaigns/<int:pk>", views.campaign_detail, name="campaign"),
    path("v2/campaigns/<int:pk>/pause", views.campaign_pause, name="campaign_pause"),
    path("v2/campaigns/<int:pk>/resume", views.campaign_resume, name="campaign_resume"),
]
