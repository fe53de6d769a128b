"""The people who look at the screens."""

from tests.module_cast import once
from tests.screens import conftest

member, reader = once(conftest.member), conftest.reader
