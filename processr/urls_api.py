"""Addresses of the processr in API v4."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
