"""The root URL configuration."""

from django.apps import apps
from django.urls import include, path

from config.core.accounts.views import admin_sign_in
from config.core.admin import site

handler400 = "config.core.error_pages.bad_request"
handler403 = "config.core.error_pages.forbidden"
handler404 = "config.core.error_pages.not_found"
handler500 = "config.core.error_pages.failed"

UPPER_APPS = [app for app in ("integrations", "batches") if apps.is_installed(app)]
"""The apps on which no lower one depends."""

urlpatterns = [
    path("", include("leads.urls_webhook")),  # first, because it gets a hundred times as many requests as all others
    path("", include("leads.urls_api")),
    path("", include("campaigns.urls_api")),
    path("", include("processr.urls_api")),
    *(path("", include(f"{app}.urls_api")) for app in UPPER_APPS),
    path("", include("config.core.urls")),
    path("", include("campaigns.urls")),
    path("", include("leads.urls")),
    path("", include("processr.urls")),
    *(path("", include(f"{app}.urls")) for app in UPPER_APPS),
    path("admin/login/", admin_sign_in),
    path("admin/", site.urls),
]
