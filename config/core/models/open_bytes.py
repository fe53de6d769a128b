"""Bytes in the database that are no secret."""

from typing import Any

from django.db import models


class OpenBytesField(models.BinaryField):
    """A binary column that is not encrypted, such as a picture. All others hold secrets, which are sealed anew with a new key."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", [*args], kwargs
