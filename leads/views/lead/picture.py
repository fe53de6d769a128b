"""The picture of a lead's person, served from an address of our own."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from leads import pictures
from leads.privacy import viewing
from leads.selectors import leads_for

HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'", "Cache-Control": "private, max-age=300"}


@require_GET
@role_required(roles.SEES_LEADS)
def lead_picture(request: UserRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(leads_for(request.user), pk=pk)
    picture = pictures.picture_for(request.user, lead).first()
    if picture is None:
        raise Http404
    viewing.record_view(request.user, lead, actor=actor_of(request))
    return HttpResponse(bytes(picture.content), content_type=picture.content_type, headers=HEADERS)
