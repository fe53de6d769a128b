"""Addresses of the pages about oneself."""

from django.urls import path

from config.panel import openapi, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in", views.SignIn.as_view(), name="sign_in"),
    path("sign-out", views.SignOut.as_view(), name="sign_out"),
    path("profile", views.Profile.as_view(), name="profile"),
    path("password", views.ChangePassword.as_view(), name="change_password"),
    path("password/forgotten", views.ForgottenPassword.as_view(), name="reset_password"),
    path("password/forgotten/sent", views.ForgottenPasswordSent.as_view(), name="reset_password_sent"),
    path("password/new/<uidb64>/<token>", views.NewPassword.as_view(), name="new_password"),
    path("api/schema/", openapi.schema, name="api_schema"),
]
