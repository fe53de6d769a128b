"""URLs of the token endpoints."""

from django.urls import path

from campaigns.api import access

urlpatterns = [
    path("api/login", access.login, name="api_login"),
    path("oauth/v2/token", access.token, name="api_token"),
]
