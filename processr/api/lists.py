"""Validation lists in API v4, under the vendor's name for them: suppression-lists."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from config.core.accounts import roles
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import User
from processr.lists import services
from processr.lists.selectors import (
    SEES_LISTS,
    SEES_PRIVATE_VALUES,
    SEES_SYSTEM_LISTS,
    advertisers_with_lists,
    lists_for,
    lists_of_rules,
    sees_values,
)
from processr.models import ValidationList

Record = dict[str, Any]
READERS = SEES_LISTS | {roles.PUBLISHER}
LISTS = hydra.Collection(
    "suppression-lists",
    "SuppressionList",
    filters={
        "advertiser.id": hydra.by_id("advertiser_id", "The id of the advertiser; lists of the system have none."),
        "name": hydra.text("name", "A part of the name, regardless of upper and lower case.", lookup="icontains"),
        "private": hydra.yes_or_no("private"),
        "updatedTs": hydra.moments("updated_at"),
    },
    orders={"id": "pk", "name": "name", "updatedTs": "updated_at"},
)


@hydra.allowed(READERS)
def lists_list(request: HttpRequest) -> HttpResponse:
    return LISTS.answer(request, _lists_for(hydra.caller(request)), lambda lists: [record_of(validation_list) for validation_list in lists])


@hydra.allowed(READERS)
def list_detail(request: HttpRequest, pk: int) -> HttpResponse:
    validation_list = list_seen_by(hydra.caller(request), pk)
    return hydra.etagged(request, tag_of(validation_list), lambda: LISTS.item(request, record_of(validation_list)))


@hydra.allowed(SEES_LISTS)
def list_create(request: HttpRequest) -> HttpResponse:
    body = hydra.read_body(request)
    body.only("name", "advertiser", "private")
    body.required("name")
    who = hydra.caller(request)
    advertiser = _advertiser(who, body.get("advertiser"))
    private = _private(who, body)
    validation_list = services.create_list(_text(body, "name"), advertiser=advertiser, private=bool(private), actor=hydra.actor(request))
    return LISTS.created(record_of(validation_list))


@hydra.allowed(SEES_LISTS)
def list_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name and privacy. Properties that are not named are kept; the advertiser cannot be changed."""
    body = hydra.read_body(request)
    body.only("id", "name", "private", "advertiser", "valueCount", "version", "updatedTs")
    who = hydra.caller(request)
    validation_list = list_to_read(who, pk)
    name = _text(body, "name") if "name" in body else None
    return LISTS.item(
        request, record_of(services.change_list(validation_list.pk, name=name, private=_private(who, body), actor=hydra.actor(request)))
    )


@hydra.allowed(SEES_LISTS)
def list_delete(request: HttpRequest, pk: int) -> HttpResponse:
    who = hydra.caller(request)
    services.delete_list(list_to_read(who, pk).pk, who=who, actor=hydra.actor(request))
    return hydra.gone()


def list_seen_by(who: User, pk: int) -> ValidationList:
    validation_list: ValidationList | None = _lists_for(who).filter(pk=pk).first()
    if validation_list is None:
        raise Http404
    return validation_list


def list_to_read(who: User, pk: int) -> ValidationList:
    validation_list = list_seen_by(who, pk)
    if not sees_values(who, validation_list):
        raise DomainError("The values of this list are private.", status=403)
    return validation_list


def list_named(who: User, value: Any) -> ValidationList:
    """Return the list that a body names. Raise DomainError for one that the user cannot see."""
    try:
        return list_to_read(who, hydra.reference(value, LISTS.name, field="suppressionList"))
    except Http404:
        raise DomainError("There is no such list.", field="suppressionList") from None


def tag_of(validation_list: ValidationList) -> str:
    """Return the ETag, which changes with the values and with the list's properties."""
    return f"{validation_list.pk}-{validation_list.version}-{validation_list.updated_at.timestamp():.6f}"


def record_of(validation_list: ValidationList) -> Record:
    advertiser = validation_list.advertiser
    return {
        "id": validation_list.pk,
        "name": validation_list.name,
        "advertiser": {"id": advertiser.pk, "name": advertiser.name} if advertiser else None,
        "private": validation_list.private,
        "valueCount": validation_list.value_count,
        "version": validation_list.version,
        "updatedTs": hydra.moment(validation_list.updated_at),
    }


def _lists_for(who: User) -> Any:
    lists = lists_of_rules(who) if who.role == roles.PUBLISHER else lists_for(who)
    return lists.select_related("advertiser")


def _advertiser(who: User, value: Any) -> Any:
    """Return the advertiser, or None for a list of the system, which only some roles may create."""
    if value is None and who.role in SEES_SYSTEM_LISTS:
        return None
    pk = hydra.reference(value, "advertisers", field="advertiser")
    advertiser = advertisers_with_lists(who).filter(pk=pk).first()
    if advertiser is None:
        raise DomainError("There is no such advertiser.", field="advertiser")
    return advertiser


def _private(who: User, body: Mapping[str, Any]) -> bool | None:
    private = body.get("private")
    if private is not None and not isinstance(private, bool):
        raise DomainError("Must be true or false.", field="private")
    if private and who.role not in SEES_PRIVATE_VALUES:
        raise DomainError("You would not see its values yourself any more.", field="private", status=403)
    return private


def _text(body: Mapping[str, Any], name: str) -> str:
    if not isinstance(body[name], str):
        raise DomainError("Must be a text.", field=name)
    return str(body[name])
