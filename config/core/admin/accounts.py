"""Users: their roles and permissions, and setting a password for a user who cannot sign in."""

import secrets
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import display, helpers, register
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from typing_extensions import override

from config.core.accounts import bearer, passwords, roles, sessions
from config.core.accounts.forms import NewPasswordForm, zones
from config.core.admin.pages import EditableAdmin
from config.core.admin.site import site
from config.core.lists.markup import markup
from config.core.models import User

SET_PASSWORD = "core_user_password"


class UserAdminForm(forms.ModelForm):
    staff_user: User
    """The support user who fills in the form."""

    zone = forms.ChoiceField(label="Time zone", required=False, help_text="Times are shown in this zone.")

    class Meta:
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices, own = zones(), self.instance.zone
        if own and own not in dict(choices):
            choices = ((own, own), *choices)
        cast(forms.ChoiceField, self.fields["zone"]).choices = [("", "As the enterprise"), *choices]  # as declared above

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        may_support = cleaned.get("role") in roles.SUPPORT_STAFF
        if cleaned.get("is_staff") and "role" in cleaned and not may_support:
            self.add_error("is_staff", "Only people with the role Admin can be support staff.")
        if self.instance.pk == self.staff_user.pk and not (cleaned.get("is_staff") and cleaned.get("is_active") and may_support):
            raise ValidationError("You would lock yourself out: another support person has to do that.")
        return cleaned


class PasswordForm(NewPasswordForm):
    must_change = forms.BooleanField(
        label="Ask for another one at the next sign-in", required=False, initial=True,
        help_text="Leave this off for a program: until the password is changed, no other page and no call of the API works.",
    )  # fmt: skip

    @transaction.atomic
    @override
    def save(self, commit: bool = True) -> User:
        """Store the password and revoke the user's tokens. The new password itself ends the user's other sessions."""
        passwords.store(self.user, self.cleaned_data["new_password1"])
        self.user.password_expired = self.cleaned_data["must_change"]
        self.user.save(update_fields=["password_expired"])
        bearer.revoke_all(self.user)
        return self.user


@register(User, site=site)
class UserAdmin(EditableAdmin):
    severity = "high"
    form = UserAdminForm
    list_display = ("id", "username", "name", "email", "role", "is_active", "is_staff", "last_login")
    list_filter = ("role", "is_active", "is_staff")
    sortable_by = ("id", "username", "name")
    search_fields = ("id__exact", "username__icontains", "name__icontains", "email__icontains")
    search_help_text = "Finds by id, or by a part of user name, name or e-mail address."
    fieldsets = (
        (None, {"fields": ("username", "name", "email", "zone")}),
        ("May", {
            "fields": ("role", "is_active", "is_staff", "can_delete_leads", "can_manage_forms", "can_manage_users", "can_use_processr",
                       "can_see_provider_logs"),
            "description": "What they see follows from the role and, below Admin, from their memberships.",
        }),
        ("Password", {"fields": ("password_state", "password_changed_at", "password_expired")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
        ("Notifications", {"fields": ("mailed_kinds",)}),
    )  # fmt: skip
    readonly_fields = ("password_state", "password_changed_at", "last_login", "date_joined", "mailed_kinds")
    words = {"is_active": "May sign in", "is_staff": "Support staff"}

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Leave out password and history for a new user, who has neither."""
        sections = super().get_fieldsets(request, obj)
        return sections if obj else sections[:2]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> type[forms.ModelForm]:
        form_class = super().get_form(request, obj, change, **kwargs)
        form_class.staff_user = request.user  # type: ignore[attr-defined]  # a subclass of UserAdminForm, made for this request
        return form_class

    def get_urls(self) -> list[URLPattern]:
        return [path("<path:pk>/password/", self.admin_site.admin_view(self.set_password), name=SET_PASSWORD), *super().get_urls()]

    @display(description="Password")
    def password_state(self, user: User) -> SafeString:
        return markup('<a href="{}">Set a new password</a>', reverse(f"admin:{SET_PASSWORD}", args=[user.pk]))

    def save_model(self, request: HttpRequest, obj: User, form: forms.Form, change: bool) -> None:
        """Give a new user a random password that is not shown, so that “Forgotten password” works for them."""
        if not change:
            obj.set_password(secrets.token_urlsafe(32))
        super().save_model(request, obj, form, change)

    def after_change(self, obj: User, names: set[str]) -> None:
        """End the sessions of a deactivated user. Tokens are revoked by a `post_save` receiver."""
        if "is_active" in names and not obj.is_active:
            sessions.end_all(obj)

    @override
    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"{obj} was added. Set a password for them, or let them ask for one: “Forgotten password”.")
        return redirect(f"admin:{SET_PASSWORD}", pk=obj.pk)

    @method_decorator(sensitive_post_parameters())
    def set_password(self, request: HttpRequest, pk: str) -> HttpResponse:
        user = self.get_object(request, pk)
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user.pk == request.user.pk:
            return redirect("change_password")  # it asks for the present password
        form = PasswordForm(user, request.POST if request.method == "POST" else None)
        if form.is_valid():
            with transaction.atomic():
                form.save()
                self.record(request, user, "password set", after={"must_change": form.cleaned_data["must_change"]})
                self.log_change(request, user, "Password set.")
            messages.success(request, f"The password of {user} is set. Where they were signed in, they are signed out.")
            return redirect("admin:core_user_change", user.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Set a password for {user}",
            "opts": self.opts,
            "original": user,
            "adminform": helpers.AdminForm(form, [(None, {"fields": list(form.fields)})], {}),  # type: ignore[arg-type]  # works with any form
            "errors": helpers.AdminErrorList(form, []),  # type: ignore[arg-type]  # works with any form
            "media": self.media,
        }
        return TemplateResponse(request, "admin/set_password.html", context)
