"""Pages of the user's own account: home, sign in and out, the password, the profile."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET
from django.views.generic import UpdateView
from typing_extensions import override

from config.core import audit, client_address, enterprise
from config.core.accounts import forms, password_mail, session_views, sessions
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, actor_of
from config.core.context_processors import entries_for
from config.core.models import User


@require_GET
def home(request: UserRequest) -> HttpResponse:
    """Redirect to the first page the user may open."""
    entries = entries_for(request)
    return redirect(entries[0].url) if entries else render(request, "core/no_pages.html")


class SignIn(auth.LoginView):
    template_name = "registration/sign_in.html"
    form_class = forms.SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(timed_out=self.request.session.pop("timed_out", False), **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            sessions.remember_sign_in(self.request)
            audit.record(actor=actor_of(self.request), action="Signed in", page="Sign in", obj=form.get_user())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Audit the refusal for known users. Guesses at unknown user names are left to django-axes."""
        user = User.objects.filter(username=form.cleaned_data.get("username")).first()
        if user:
            _audit_wrong_password(self.request, user, action="Sign-in refused", page="Sign in")
        return super().form_invalid(form)


class SignOut(auth.LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            audit.record(actor=actor_of(request), action="Signed out", page="Sign in", obj=request.user)
        response = super().post(request, *args, **kwargs)
        messages.success(request, "You are signed out.")
        return response


class ChangePassword(auth.PasswordChangeView):
    template_name = "core/change_password.html"
    form_class = forms.ChangePasswordForm
    success_url = reverse_lazy("home")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        if form.has_error("old_password", "password_incorrect"):
            _audit_wrong_password(self.request, form.user, action="Present password refused", page="Change password")
        return super().form_invalid(form)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            audit.record(
                actor=actor_of(self.request), action="Changed their password", page="Change password", obj=form.user, severity="medium"
            )
        messages.success(self.request, "Your password is changed. Other places where you were signed in are signed out.")
        return response


class ForgottenPassword(auth.PasswordResetView):
    template_name = "registration/forgotten_password.html"
    form_class = forms.ResetForm
    success_url = reverse_lazy("reset_password_sent")

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Queue the e-mail. The page answers the same for every address, however often it was asked."""
        password_mail.request_mail(form.cleaned_data["email"], ip=client_address.peer(self.request))
        return redirect(self.success_url)


class ForgottenPasswordSent(auth.PasswordResetDoneView):
    template_name = "registration/forgotten_password_sent.html"
    extra_context = {"minutes": settings.PASSWORD_RESET_TIMEOUT // 60}


class NewPassword(auth.PasswordResetConfirmView):
    template_name = "registration/new_password.html"
    form_class = forms.NewPasswordForm
    success_url = reverse_lazy("sign_in")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        assert self.user is not None  # without a valid link, the view has no form
        with transaction.atomic():
            response = super().form_valid(form)
            audit.record(
                actor=_actor_for(self.user, self.request),
                action="Set a new password",
                page="Forgotten password",
                obj=self.user,
                severity="high",
            )
        messages.success(self.request, "Your new password is set. Sign in with it.")
        return response


class Profile(UpdateView):
    template_name = "core/profile.html"
    form_class = forms.ProfileForm
    success_url = reverse_lazy("profile")
    request: UserRequest

    @override
    def get_object(self, queryset: Any = None) -> User:
        return User.objects.get(pk=self.request.user.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**session_views.profile_context(self.request), **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "enterprise_zone": enterprise.current().zone}

    def form_valid(self, form: ModelForm) -> HttpResponse:
        if form.changed_data:
            before = {name: form.initial[name] for name in form.changed_data}
            after = {name: form.cleaned_data[name] for name in form.changed_data}
            with transaction.atomic():
                form.instance.save(update_fields=form.changed_data)
                audit.record(
                    actor=actor_of(self.request),
                    action="Changed their profile",
                    page="Profile",
                    obj=form.instance,
                    before=before,
                    after=after,
                )
        messages.success(self.request, "Your profile is saved." if form.changed_data else "Nothing was changed.")
        return HttpResponseRedirect(self.success_url)


@login_not_required
@require_GET
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect Django's admin to the one sign-in page, so that there is one lockout and one audit trail."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(f"{reverse_lazy('sign_in')}?{request.GET.urlencode()}")


def _audit_wrong_password(request: HttpRequest, user: User, *, action: str, page: str) -> None:
    locked = getattr(request, "axes_locked_out", False)
    severity = "high" if locked else "medium"
    audit.record(
        actor=_actor_for(user, request),
        action="Locked out" if locked else action,
        page=page,
        obj=user,
        severity=severity,
    )


def _actor_for(user: User, request: HttpRequest) -> Actor:
    """Return an actor for a user who is not signed in."""
    return Actor(str(user), user.pk, client_address.peer(request))
