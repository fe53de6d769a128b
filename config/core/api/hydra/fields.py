"""Serializer fields that take JSON values as they are. DRF's own take "no" for false and 5 for "5", which would hide a client's mistake."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from rest_framework import serializers

from config.core.api.hydra.body import reference
from config.core.errors import DomainError
from config.core.ids import LARGEST_ID


class BooleanField(serializers.BooleanField):
    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class IntegerField(serializers.IntegerField):
    default_error_messages = {
        "invalid": "Must be a whole number.",
        "min_value": "Must be {min_value} or more.",
        "max_value": "Must be {max_value} or less.",
    }

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class StringField(serializers.CharField):
    """A text, kept with its spaces: whether they matter is the service's decision."""

    default_error_messages = {
        "invalid": "Must be a text.",
        "blank": "This value should not be blank.",
        "max_length": "At most {max_length} characters.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class ChoiceField(serializers.ChoiceField):
    """One of some words, in any case and with spaces around it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            word = data.strip().casefold()
            data = next((choice for choice in self.choices if choice.casefold() == word), data)
        return super().to_internal_value(data)


class ListField(serializers.ListField):
    """A list. DRF's own says which type of Python it got instead."""

    default_error_messages = {
        "not_a_list": "Must be a list.",
        "empty": "This list should not be empty.",
        "min_length": "At least {min_length} in the list.",
        "max_length": "At most {max_length} in the list.",
    }


class MomentField(serializers.DateTimeField):
    """A time to the second, with its UTC offset."""

    def to_representation(self, value: datetime | None) -> str | None:
        return value.isoformat(timespec="seconds") if value else None


class _Shown:
    """A read-only field computed from the whole object."""

    show: Callable[[Any], Any] | None

    def get_attribute(self, instance: Any) -> Any:
        return self.show(instance) if self.show else super().get_attribute(instance)  # type: ignore[misc]


class JsonField(_Shown, serializers.JSONField):
    """Any JSON, described by `schema`. The service checks what it holds."""

    def __init__(self, *, schema: Mapping[str, Any], show: Callable[[Any], Any] | None = None, **options: Any) -> None:
        self.json_schema, self.show = dict(schema), show
        super().__init__(**options)

    @property
    def is_free(self) -> bool:
        """Whether its value is an object or a list, whose keys mean nothing to linked data."""
        types = self.json_schema.get("type", "object")
        return bool({"object", "array"}.intersection([types] if isinstance(types, str) else types))

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class ReferenceField(_Shown, serializers.Field):
    """A reference to a member of the collection at `to`, written as an id, an address or an object with one of them; its value is the id.

    It is shown as `serializer` shows the object, or by `show` in the shape of `shown_schema`.
    """

    json_schema: ClassVar[dict[str, Any]] = {
        "type": ["integer", "string", "object"],
        "description": "An id, an address, or an object with one of them.",
    }

    def __init__(
        self,
        to: str,
        serializer: serializers.Serializer | None = None,
        *,
        show: Callable[[Any], Any] | None = None,
        shown_schema: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.to, self.serializer, self.show = to, serializer, show
        self.shown_schema = dict(shown_schema or {"type": "object"})
        super().__init__(**options)

    @property
    def written_schema(self) -> dict[str, Any]:
        types = [*self.json_schema["type"], *(["null"] if self.allow_null else [])]
        return {**self.json_schema, "type": types}

    def to_internal_value(self, data: Any) -> int:
        try:
            return reference(data, self.to, field=str(self.field_name))
        except DomainError as refusal:
            raise serializers.ValidationError(refusal.message) from refusal

    def to_representation(self, value: Any) -> Any:
        return self.serializer.to_representation(value) if self.serializer else value


class IdField(IntegerField):
    """The id of a record, which a client may send back with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, "min_value": 1, "max_value": LARGEST_ID, **options})
