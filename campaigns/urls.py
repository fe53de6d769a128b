"""Addresses of the campaign screens."""

from django.urls import path

from campaigns import views

urlpatterns = [
    path("v2/campaigns", views.ActiveCampaigns.as_view(), name="campaigns"),
    path("v2/campaigns/inactive", views.InactiveCampaigns.as_view(), name="campaigns_inactive"),
    path("v2/campaigns/<int:pk>", views.campaign, name="campaign"),
    path("v2/campaigns/<int:pk>/pause", views.pause, name="campaign_pause"),
    path("v2/campaigns/<int:pk>/resume", views.resume, name="campaign_resume"),
]
