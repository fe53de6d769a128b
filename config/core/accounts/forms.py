"""Forms for the user's own account: sign in, password, profile."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth import forms as auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from config.core.accounts import passwords
from config.core.errors import ACTIVE_USER
from config.core.extension_points import notification_kinds
from config.core.forms.page_form import PageForm
from config.core.models import User


class SignInForm(PageForm, auth.AuthenticationForm):
    error_messages = {
        "invalid_login": "User name and password do not match. Both tell capital from small letters.",
        "inactive": ACTIVE_USER.lifts("This account is switched off."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"


class ResetForm(PageForm, auth.PasswordResetForm):
    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
    )


class _PasswordStorage(PageForm):
    user: User
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = "At least 12 characters, not only digits, none of the common ones, nothing like your name."  # type: ignore[attr-defined]
        self.fields["new_password2"].label, self.fields["new_password2"].help_text = "The new password again", ""  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Report a broken password rule beside the new password, not beside its repetition."""
        self.validate_passwords("new_password1", "new_password2")  # type: ignore[attr-defined]
        self.validate_password_for_user(self.user, "new_password1")  # type: ignore[attr-defined]
        return self.cleaned_data

    def save(self, commit: bool = True) -> User:  # noqa: ARG002  (Django's signature)
        passwords.store(self.user, self.cleaned_data["new_password1"])
        return self.user


class NewPasswordForm(_PasswordStorage, auth.SetPasswordForm):
    """Form for a user who follows the link in the password e-mail."""


class ChangePasswordForm(_PasswordStorage, auth.PasswordChangeForm):
    """Form for a user who knows the present password."""

    error_messages = {**auth.PasswordChangeForm.error_messages, "password_incorrect": "This is not your present password."}

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["old_password"].label = "Present password"

    def clean_old_password(self) -> str:
        """Check the present password as the sign-in page does, so that wrong ones count for the same lock."""
        password: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=password) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("old_password") and cleaned.get("old_password") == cleaned.get("new_password1"):
            self.add_error("new_password1", ValidationError("Choose one that differs from the present password."))
        return cleaned


class ProfileForm(PageForm, forms.ModelForm):
    zone = forms.ChoiceField(label="Time zone", required=False, help_text="Times are shown in this zone.")
    mailed_kinds = forms.MultipleChoiceField(
        label="E-mail me at once about", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="When a bulk action or an import that you started has ended. The bell shows it in any case.",
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["name", "zone", "mailed_kinds"]

    def __init__(self, *args: Any, enterprise_zone: str, **kwargs: Any) -> None:
        self.base_fields["zone"].choices = [("", f"As the enterprise ({enterprise_zone})"), *zones()]  # type: ignore[attr-defined]
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        kinds = [(kind.key, kind.label) for kind in notification_kinds if self.instance.role in kind.roles]
        if kinds:
            self.fields["mailed_kinds"].choices = sorted(kinds, key=lambda choice: choice[1])  # type: ignore[attr-defined]  # as declared above
        else:
            del self.fields["mailed_kinds"]


@cache
def zones() -> Sequence[tuple[str, str]]:
    """Return the zones named by region and city. Abbreviations and historical names are left out.

    They are read once by a process: Python opens hundreds of files to find them.
    """
    regions = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    names = sorted(name for name in available_timezones() if name.startswith(regions))
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names))
