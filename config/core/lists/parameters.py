"""The names of the parameters of filters, in addresses of pages and of the API (decision 50).

A repeated parameter means any of its values; programs may write `status[]` for it. What follows the name says how it is
compared: `status!` is none of the values, `company~` contains one, `company^` begins with one, and `company.is` is
*empty* or *filled*.
"""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

EQUALS, NOT, CONTAINS, BEGINS, PRESENCE = "", "!", "~", "^", ".is"
OPERATORS = (NOT, CONTAINS, BEGINS, PRESENCE)
REPEATED = "[]"


def split(parameter: str) -> tuple[str, str]:
    """Return the name of the filter and the operator."""
    operator = next((operator for operator in OPERATORS if parameter.endswith(operator)), EQUALS)
    return parameter.removesuffix(operator), operator


def normalized(parameters: Mapping[str, Any]) -> QueryDict:
    """Return the parameters that have a value, each under the one name that the filters know it by."""
    query = QueryDict(mutable=True)
    for name in parameters:
        values = parameters.getlist(name) if isinstance(parameters, QueryDict) else parameters[name]
        for value in values if isinstance(values, list | tuple) else [values]:
            if str(value) != "":
                query.appendlist(name.removesuffix(REPEATED), str(value))
    return query
