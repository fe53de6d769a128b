"""The serializer of a resource: its record with @id and @type, and the strict reading of a body."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rest_framework import serializers

from config.core.api.hydra.body import Body
from config.core.api.hydra.responses import BASE, JsonObject

serializers_by_type: dict[str, type["HydraSerializer"]] = {}
"""The serializer of each @type of API v4."""


class _Members(serializers.ListSerializer):
    """Lets the child fetch at once what all its records need."""

    def to_representation(self, data: Any) -> list[JsonObject]:
        rows = list(data)
        self.child.prepare(rows)
        return [self.child.record(row) for row in rows]


class HydraSerializer(serializers.Serializer):
    """A resource of API v4. `Meta.type` is its @type, `Meta.address` the address of its collection below /api/v4/.

    Where other records name it by fewer properties, that serializer has a `Meta.component`, its name in the description.

    A body may name the writable and the read-only fields, as clients send a record back as they received it; what is
    read-only is ignored, any other name is refused.
    """

    class Meta:
        type = ""
        address = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not getattr(cls.Meta, "component", ""):
            serializers_by_type.setdefault(cls.Meta.type, cls)

    @classmethod
    def many_init(cls, *args: Any, **options: Any) -> _Members:
        return _Members(*args, child=cls(context=options.get("context", {})), **options)

    def prepare(self, rows: Sequence[Any]) -> None:
        """Fetch what the records of `rows` need beyond the rows, in a fixed number of queries."""

    def record(self, row: Any) -> JsonObject:
        record = super().to_representation(row)
        return {**self.identity(record), **record}

    def identity(self, record: Mapping[str, Any]) -> JsonObject:
        meta = self.Meta
        return ({"@id": f"{BASE}/{meta.address}/{record['id']}"} if meta.address else {}) | {"@type": meta.type}

    def to_representation(self, instance: Any) -> JsonObject:
        self.prepare([instance])
        return self.record(instance)

    def to_internal_value(self, data: Body) -> JsonObject:
        data.only(*self.fields)
        if not self.partial:
            data.required(*(name for name, field in self.fields.items() if field.required and not field.read_only))
        return dict(super().to_internal_value(data))


def violations(detail: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Yield property path and message of each error of a serializer: {"config": {"steps": [{}, {"to": ["…"]}]}} → config.steps[1].to"""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" or isinstance(name, int) else name  # a list is refused as a whole
            yield from violations(inner, f"{path}.{own}" if path and own else path or own)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            yield from violations(inner, path if not isinstance(inner, Mapping) else f"{path}[{position}]")
    else:
        yield path, str(detail)
