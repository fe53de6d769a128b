"""Every address of the product, by face."""

from django.apps import apps
from django.urls import include, path

from config.panel.admin import site
from config.panel.views import admin_sign_in

handler400 = "config.panel.error_pages.bad_request"
handler403 = "config.panel.error_pages.forbidden"
handler404 = "config.panel.error_pages.not_found"
handler500 = "config.panel.error_pages.failed"

urlpatterns = [
    path("", include("leads.urls_webhook")),  # first, as it is asked a hundred times as often as all the others
    path("", include("leads.urls_api")),
    path("", include("campaigns.urls_api")),
    path("", include("processr.urls_api")),
    path("", include("config.panel.urls")),
    path("", include("campaigns.urls")),
    path("", include("leads.urls")),
    path("", include("processr.urls")),
    *(path("", include(f"{app}.urls")) for app in ("integrations",) if apps.is_installed(app)),  # nothing below depends on them
    path("admin/login/", admin_sign_in),
    path("admin/", site.urls),
]
