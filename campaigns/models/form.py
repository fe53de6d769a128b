"""The forms that leads are captured with. A form can be used by several campaigns."""

from django.db import models

from config.core.models.names import NameField


class Form(models.Model):
    name = NameField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    language = models.CharField(max_length=10, default="en")
    archived_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FormField(models.Model):
    class Type(models.TextChoices):
        TEXT = "text"
        TEXTAREA = "textarea"
        EMAIL = "email"
        TELEPHONE = "telephone"
        NUMBER = "number"
        DATE = "date"
        DROPDOWN = "dropdown"
        RADIO = "radio"
        CHECKBOX = "checkbox"
        HIDDEN = "hidden"
        OPTIN = "optin"

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=80, help_text="As publishers send it: form[name].")
    label = NameField(max_length=120)
    type = models.CharField(max_length=10, choices=Type.choices, default=Type.TEXT)
    required = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    placeholder = models.CharField(max_length=120, blank=True)
    css_class = models.CharField("CSS class", max_length=80, blank=True)
    options = models.JSONField(default=list, blank=True, help_text="[[key, value], …] of a drop-down or radio field.")
    max_length = models.PositiveIntegerField(default=2000)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["form", "name"], name="form_field_once")]

    def __str__(self) -> str:
        return self.name


class CampaignForm(models.Model):
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="campaign_forms")
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="campaign_forms")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "form"], name="campaign_form_once")]

    def __str__(self) -> str:
        return f"{self.form} on {self.campaign_id}"
