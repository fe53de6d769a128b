"""The names of the parameters of filters, in addresses of pages and of the API (decision 50).

A repeated parameter means any of its values; programs may write `status[]` for it. What follows the name says how it is
compared: `status!` is none of the values, `company~` contains one, `company^` begins with one, and `company.is` is
*empty* or *filled*.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import QueryDict

EQUALS, NOT, CONTAINS, BEGINS, PRESENCE = "", "!", "~", "^", ".is"
OPERATORS = (NOT, CONTAINS, BEGINS, PRESENCE)
REPEATED = "[]"


def split(parameter: str) -> tuple[str, str]:
    """Return the name of the filter and the operator."""
    operator = next((operator for operator in OPERATORS if parameter.endswith(operator)), EQUALS)
    return parameter.removesuffix(operator), operator


def normalized(parameters: Mapping[str, Any], *, besides: Collection[str] = ()) -> QueryDict:
    """Return the parameters under the names that the filters know them by, without empty values beside others.

    A parameter with nothing but empty values stays, so that an unknown one is reported. `besides` are the page's own
    parameters, which have one spelling each.
    """
    query = QueryDict(mutable=True)
    for given_name in parameters:
        values = parameters.getlist(given_name) if isinstance(parameters, QueryDict) else parameters[given_name]
        plain, texts = given_name.removesuffix(REPEATED), map(str, values if isinstance(values, list | tuple) else [values])
        name = given_name if plain in besides else plain
        query.setlist(name, [text for text in (*query.getlist(name), *texts) if text] or [""])
    return query
