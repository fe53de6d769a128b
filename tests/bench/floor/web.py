"""Its one view, its one address."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.bench.floor.models import Row


class Rows(APIView):
    def post(self, request: Request) -> Response:
        return Response({"data": Row.objects.create(captured=request.data.dict()).pk}, status=201)


urlpatterns = [path("rows", Rows.as_view())]
