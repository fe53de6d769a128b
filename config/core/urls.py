"""URLs of the account pages, the notifications and the API description, and the 404 for unknown addresses of API v4."""

from django.urls import path, re_path

from config.core.accounts import session_views, views
from config.core.api import docs, openapi
from config.core.api.hydra import routing, vocabulary
from config.core.monitoring import views as monitoring
from config.core.notifications import views as notifications

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", views.SignIn.as_view(), name="sign_in"),
    path("sign-out", views.SignOut.as_view(), name="sign_out"),
    path("profile", views.Profile.as_view(), name="profile"),
    path("profile/sessions/end", session_views.sessions_end, name="sessions_end"),
    path("profile/tokens/revoke", session_views.tokens_revoke, name="tokens_revoke"),
    path("password", views.ChangePassword.as_view(), name="change_password"),
    path("password/forgotten", views.ForgottenPassword.as_view(), name="reset_password"),
    path("password/forgotten/sent", views.ForgottenPasswordSent.as_view(), name="reset_password_sent"),
    path("password/new/<uidb64>/<token>", views.NewPassword.as_view(), name="new_password"),
    path("notifications", notifications.NotificationsList.as_view(), name="notifications"),
    path("notifications/newest", notifications.notifications_newest, name="notifications_newest"),
    path("notifications/unread", notifications.notifications_unread, name="notifications_unread"),
    path("notifications/read", notifications.notifications_read, name="notifications_read"),
    path("notifications/<int:pk>/open", notifications.notification_open, name="notification_open"),
    path("notifications/<int:pk>/read", notifications.notification_read, name="notification_read"),
    path("metrics", monitoring.metrics, name="metrics"),
    path("api/schema/", openapi.schema, name="api_schema"),
    path("api/docs/", docs.api_docs, name="api_docs"),
    re_path(r"^api/v4/?\Z", vocabulary.entry_point, name="api_entry_point"),
    path("api/v4/docs.jsonld", vocabulary.documentation, name="api_vocabulary"),
    re_path(r"^api/v4/contexts/(?P<type_name>[A-Za-z0-9]{1,80})\Z", vocabulary.context, name="api_context"),
    re_path(r"^api/v4(?:/|\Z)", routing.nothing_here),
]
