"""Plug-ins by key."""

import pytest

from config.core.registry import Registry


def test_a_plug_in_is_found_by_its_key_and_a_retired_one_is_none():
    kinds = Registry("job type")

    @kinds.register
    class Duplicate:
        key = "duplicate_email"

    assert kinds.get("duplicate_email") is Duplicate
    assert kinds.get("retired") is None
    assert (kinds.all(), kinds.keys(), list(kinds)) == ([Duplicate], ["duplicate_email"], [Duplicate])


def test_two_of_one_key_are_refused_at_start():
    kinds = Registry("job type")
    kinds.register(type("First", (), {"key": "same"}))
    with pytest.raises(ValueError, match="two of the kind job type have the key same"):
        kinds.register(type("Second", (), {"key": "same"}))
