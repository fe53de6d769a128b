"""The bodies of bulk actions in API v4: the leads, what is done to them, and what confirms it."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from typing_extensions import override

from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import User
from leads import bulk
from leads.api import lead_ids
from leads.api.lead_ids import NamedLeads
from leads.bulk.actions import (
    LONGEST_COMMENT,
    LONGEST_REASON,
    BulkType,
    DeleteLeads,
    FlagType,
    MarkDelivered,
    MarkInvalid,
    MarkReplacement,
    MarkTest,
    MarkUndelivered,
    MarkValid,
    Reprocess,
    Unflag,
    UnmarkReplacement,
    is_signature_of,
)
from leads.models import BulkAction, FlagReason
from leads.selectors import flag_reasons
from leads.values import texts

Values = Mapping[str, Any]
BulkTypeClass = type[BulkType]
INTEGRATIONS = "integrations"
LONGEST_SIGNATURE = 150
FLAGS: Mapping[str, type[FlagType]] = {bulk_type.flag.value: bulk_type for bulk_type in (MarkValid, MarkInvalid, MarkTest)}
METADATA: Mapping[str | None, type[BulkType]] = {
    "replacement": MarkReplacement,
    "none": UnmarkReplacement,
    None: UnmarkReplacement,
    "unflag": Unflag,
}


class WordField(hydra.JsonField):
    """One of a few words, in any case."""

    def __init__(self, words: Collection[str | None], **options: Any) -> None:
        self.words = [word for word in words if word]
        nothing = [None] if None in words else []
        types = ["string", "null"] if nothing else "string"
        super().__init__(schema={"type": types, "enum": [*self.words, *nothing]}, allow_null=bool(nothing), **options)

    def to_internal_value(self, data: Any) -> str:
        word = data.strip().lower() if isinstance(data, str) else ""
        if word not in self.words:
            raise DomainError(f"Must be one of: {', '.join(self.words)}.", field=str(self.field_name))
        return word


class LeadsBody(hydra.HydraSerializer):
    """The leads of a request, by id, address or hash. One that is named twice counts once."""

    class Meta:
        type = "LeadsNamed"
        address = ""

    leads = hydra.JsonField(schema=lead_ids.schema(bulk.AT_MOST))


class BulkBody(LeadsBody):
    """The leads of a bulk action. With `dryRun` the answer shows what it would do, and nothing is written."""

    bulk_type: ClassVar[type[BulkType]]

    class Meta:
        type = "LeadsBulk"
        address = ""

    dryRun = hydra.BooleanField(required=False)

    @classmethod
    def type_of(cls, values: Values) -> BulkTypeClass:  # noqa: ARG003  (for subclasses)
        return cls.bulk_type

    @classmethod
    def settings_of(cls, values: Values, leads: NamedLeads, user: User) -> dict[str, Any]:  # noqa: ARG003  (for subclasses)
        """Return the settings of the action. Raises DomainError for those that are wrong, naming the property."""
        return {}

    @classmethod
    def signature_of(cls, values: Values, user: User) -> str:  # noqa: ARG003  (for subclasses)
        """Return the signature, if the action needs one. Raises DomainError for a body that does not confirm it as it must."""
        return ""


class ConfirmedBody(BulkBody):
    """The leads of a bulk action that is confirmed. A dry run needs no confirmation."""

    warning: ClassVar[str]

    class Meta:
        type = "LeadsConfirmed"
        address = ""

    confirm = hydra.JsonField(schema={"const": True}, required=False)

    @classmethod
    def signature_of(cls, values: Values, user: User) -> str:  # noqa: ARG003  (for subclasses)
        if values.get("confirm") is not True:
            raise DomainError(f"Must be true: {cls.warning}.", field="confirm")
        return ""


class ReprocessBody(ConfirmedBody):
    """The leads to process once more. `confirm` is true, as that cannot be undone."""

    bulk_type, warning = Reprocess, "the leads are processed once more, and that cannot be undone"

    class Meta:
        type = "LeadsReprocess"
        address = ""


class DeleteBody(ConfirmedBody):
    """The leads to delete. `confirm` is true."""

    bulk_type, warning = DeleteLeads, "the leads are deleted"

    class Meta:
        type = "LeadsDelete"
        address = ""


class SignedBody(ConfirmedBody):
    """The leads of a bulk action that is signed: `signature` is the full name of the user, and `confirm` is true."""

    class Meta:
        type = "LeadsSigned"
        address = ""

    signature = hydra.StringField(required=False, max_length=LONGEST_SIGNATURE)

    @classmethod
    @override
    def signature_of(cls, values: Values, user: User) -> str:
        super().signature_of(values, user)
        signature = values.get("signature") or ""
        if not is_signature_of(signature, user):
            raise DomainError("Must be your full name, as the profile has it.", field="signature")
        return texts.strip(signature)


class DeliverBody(SignedBody):
    """The leads to mark as delivered, signed. They are sent nowhere."""

    bulk_type, warning = MarkDelivered, "the leads are marked as delivered and become billable to the advertiser"

    class Meta:
        type = "LeadsDeliver"
        address = ""


class UndeliverBody(SignedBody):
    """The leads to mark as not delivered, signed."""

    bulk_type, warning = MarkUndelivered, "the leads are marked as not delivered and are no longer billable to the advertiser"

    class Meta:
        type = "LeadsUndeliver"
        address = ""


class CommentedBody(BulkBody):
    class Meta:
        type = "LeadsCommented"
        address = ""

    comment = hydra.StringField(required=False, allow_blank=True, allow_null=True, max_length=LONGEST_COMMENT)

    @classmethod
    @override
    def settings_of(cls, values: Values, leads: NamedLeads, user: User) -> dict[str, Any]:
        return {"comment": texts.strip(values.get("comment") or "")}


class MetadataBody(CommentedBody):
    """The leads to mark as replacements, or with null as none any more; `unflag` takes their flags away."""

    class Meta:
        type = "LeadsMetadata"
        address = ""

    type = WordField(METADATA, required=False)

    @classmethod
    @override
    def type_of(cls, values: Values) -> BulkTypeClass:
        if "type" not in values:
            raise DomainError("Give replacement, unflag or null.", field="type")
        return METADATA[values["type"]]


class FlagBody(CommentedBody):
    """The leads to flag. `customReason` is for a reason with `isOther`, and `reasonCategory` for one with `hasCategories`.

    `integrations` are the integrations of the leads' campaigns to send leads to that are marked as Valid.
    """

    class Meta:
        type = "LeadsFlag"
        address = ""

    flag = WordField(FLAGS)
    reason = hydra.ReferenceField("lead-flag-reasons")
    reasonCategory = hydra.ReferenceField("lead-flag-reason-categories", required=False, allow_null=True)
    customReason = hydra.StringField(required=False, allow_blank=True, allow_null=True, max_length=LONGEST_REASON)
    integrations = hydra.ListField(child=hydra.ReferenceField("campaign-processr-jobs"), required=False, allow_null=True)

    @classmethod
    @override
    def type_of(cls, values: Values) -> BulkTypeClass:
        return FLAGS[values["flag"]]

    @classmethod
    @override
    def settings_of(cls, values: Values, leads: NamedLeads, user: User) -> dict[str, Any]:
        flag = values["flag"]
        reason = flag_reasons([flag]).filter(pk=values["reason"]).first()
        if reason is None:
            raise DomainError(
                f"There is no such reason for the flag {flag}: see /api/v4/lead-flag-reasons?leadFlag.name={flag}.", field="reason"
            )
        return {
            "reason": _reason_text(reason, texts.strip(values.get("customReason") or "")),
            "category": _category_name(reason, values.get("reasonCategory")),
            **super().settings_of(values, leads, user),
            **_chosen_integrations(FLAGS[flag], values.get(INTEGRATIONS) or [], leads, user),
        }


def _reason_text(reason: FlagReason, own: str) -> str:
    if reason.is_other and not own:
        raise DomainError(f"The reason “{reason.name}” asks for your own, of at most {LONGEST_REASON} characters.", field="customReason")
    if own and not reason.is_other:
        raise DomainError(f"The reason “{reason.name}” takes no text of your own.", field="customReason")
    return own or reason.name


def _category_name(reason: FlagReason, category_id: int | None) -> str:
    if category_id is None:
        return ""
    category = next((one for one in reason.categories.all() if one.pk == category_id), None) if reason.has_categories else None
    if category is None:
        raise DomainError(f"The reason “{reason.name}” has no such category.", field="reasonCategory")
    return category.name


def _chosen_integrations(bulk_type: type[FlagType], chosen: list[int], leads: NamedLeads, user: User) -> dict[str, Any]:
    """Return the setting of the upper app that sends leads, which offers the integrations of the leads' campaigns."""
    if not chosen:
        return {}
    campaigns = lead_ids.campaigns_of(leads.all_ids, user) if bulk_type is MarkValid else set()
    field = bulk.fields(BulkAction(type=bulk_type.key), campaigns).get(INTEGRATIONS)
    offered = dict(getattr(field, "choices", ()))
    refused = "is none of the campaigns of these leads, or not in use" if bulk_type is MarkValid else "is run for Valid leads only"
    if problems := [
        (f"{INTEGRATIONS}[{position}]", f"The integration {pk} {refused}.") for position, pk in enumerate(chosen) if pk not in offered
    ]:
        raise hydra.HydraError(problems)
    return {INTEGRATIONS: list(dict.fromkeys(chosen))}
