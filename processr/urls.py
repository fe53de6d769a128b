"""Addresses of the processr's screens."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
