"""Compression: pages alone, for those who accept it."""

import gzip

import pytest
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import RequestFactory

from config.core.middleware import PageCompressionMiddleware
from tests.cast import make_user

PAGE = "<p>a lead</p>" * 100


def answered(make, *, method: str = "GET", accept: str = "gzip, deflate, br", **headers: str):
    request = RequestFactory().generic(method, "/", headers={"Accept-Encoding": accept})

    def view(_):
        response = make()
        for name, value in headers.items():
            response[name.replace("_", "-")] = value
        return response

    return PageCompressionMiddleware(view)(request)


@pytest.mark.parametrize(
    ("accept", "compressed"),
    [
        ("gzip", True), ("GZIP", True), ("x-gzip", True), ("br;q=1.0, gzip;q=0.001", True), ("deflate,gzip ; q=0.5", True), ("gzip;q=1", True),
        ("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.000, identity", False), ("gzip;Q=0.0", False),
        ("not-gzip", False), ("gzipped", False), ("*;q=0", False), ("deflate, br", False),
    ],
)  # fmt: skip
def test_a_page_is_compressed_for_those_who_accept_it_and_caches_are_told(accept, compressed):
    page = answered(lambda: HttpResponse(PAGE), accept=accept, ETag='"abc"')
    assert (page.get("Content-Encoding"), "Accept-Encoding" in page["Vary"]) == ("gzip" if compressed else None, True)
    assert (gzip.decompress(page.content) if compressed else page.content).decode() == PAGE
    assert page["ETag"] == ('W/"abc"' if compressed else '"abc"')
    assert not compressed or int(page["Content-Length"]) == len(page.content)


@pytest.mark.parametrize(
    ("make", "method"),
    [
        (lambda: JsonResponse({"token": "x" * 500}), "GET"),
        (lambda: HttpResponse(PAGE, content_type="application/ld+json"), "GET"),
        (lambda: HttpResponse(PAGE, content_type="text/plain"), "GET"),
        (lambda: HttpResponse(PAGE, content_type="text/csv"), "GET"),
        (lambda: HttpResponse(PAGE.encode(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), "GET"),
        (lambda: StreamingHttpResponse([PAGE] * 3), "GET"),
        (lambda: FileResponse([PAGE.encode()], content_type="text/html"), "GET"),
        (lambda: HttpResponse(PAGE), "POST"),
        (lambda: HttpResponse("<p>short</p>"), "GET"),
    ],
)
def test_nothing_else_is(make, method):
    assert answered(make, method=method).get("Content-Encoding") is None


def test_what_is_compressed_already_stays_as_it_is():
    assert answered(lambda: HttpResponse(PAGE), Content_Encoding="br").content.decode() == PAGE


def test_the_length_of_a_page_does_not_tell_what_is_in_it():
    """Random bytes are added, so that the same page has many lengths."""
    assert len({len(answered(lambda: HttpResponse(PAGE)).content) for _ in range(40)}) > 10


@pytest.mark.django_db
def test_pages_and_fragments_of_the_product_are_compressed_and_its_apis_are_not(client, settings):
    client.force_login(make_user("admin"))
    accept = {"Accept-Encoding": "gzip"}
    page = client.get("/profile", headers=accept)
    assert (page["Content-Encoding"], page["Cache-Control"]) == ("gzip", "no-store")
    assert b"csrfmiddlewaretoken" in gzip.decompress(page.content)
    assert client.get("/v2/leads", headers={**accept, "HX-Request": "true"})["Content-Encoding"] == "gzip"
    for path in ("/healthz", "/api/schema/", "/api/v4/leads", "/feedback"):
        assert "Content-Encoding" not in client.get(path, headers=accept), path
    assert (settings.SESSION_COOKIE_SAMESITE, client.cookies[settings.SESSION_COOKIE_NAME]["samesite"]) == ("Lax", "Lax")
