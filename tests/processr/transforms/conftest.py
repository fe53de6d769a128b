"""Users of the pages of value transforms."""

from tests.module_cast import once
from tests.screens import conftest

member, reader = once(conftest.member), conftest.reader
