"""The two views of the floor: one inserts a row, one reads a row."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.bench.floor.models import Row


class Rows(APIView):
    def post(self, request: Request) -> Response:
        return Response({"data": Row.objects.create(captured=request.data.dict()).pk}, status=201)


class OneRow(APIView):
    def get(self, request: Request, pk: int) -> Response:
        return Response(Row.objects.values("id", "captured").get(pk=pk))


urlpatterns = [path("rows", Rows.as_view()), path("rows/<int:pk>", OneRow.as_view())]
