"""Addresses of the processr's screens."""

from django.urls import path

from processr.views import runs

urlpatterns = [
    path("v2/leads/<int:pk>/runs/<int:number>", runs.lead_run, name="lead_run"),
]
