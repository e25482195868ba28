"""The API against its own OpenAPI, by schemathesis: no server error, no answer that the document does not tell."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from server.conftest import encoded

from colorizing_things import ColorOptions, Look, SettingError
from colorizing_things.server import about, films, one_shot, sessions

schemathesis = pytest.importorskip("schemathesis")
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

# Every upload that the schema allows is a string of bytes, hardly any is a picture: that 415 is no fault is told in
# words only, so the check that valid data are accepted has to stay away.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
OPERATIONS = [
    (path, method)
    for router in (about.router, one_shot.router, sessions.router, films.router)
    for route in router.routes
    for path, method in [(route.path, min(route.methods))]
]


@pytest.fixture(scope="package")
def session_id(client, gray_photo) -> str:
    files = {"file": ("old.jpg", encoded(gray_photo, "JPEG"))}
    return client.post("/v1/sessions", files=files).json()["id"]


@pytest.fixture(scope="package")
def document(client):
    return schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_api_keeps_to_its_document(document, session_id, path, method):
    operation = document[path][method]

    def ask(case):
        if "session_id" in case.path_parameters and (path, method) != ("/v1/sessions/{session_id}", "DELETE"):
            case.path_parameters["session_id"] = session_id
        if path.endswith("/variants") and isinstance(case.body, dict) and case.body.get("count") in range(3, 17):
            case.body["count"] = 2  # more of them are only slower
        case.call_and_validate(checks=CHECKS, timeout=60)

    for mode in GenerationMode:
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:  # else nothing can be got wrong
            few = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
            few(given(case=operation.as_strategy(generation_mode=mode))(ask))()


@pytest.mark.parametrize(
    ("name", "options"),
    [("size", ColorOptions), ("mood", ColorOptions), ("saturation", Look), ("strength", Look), ("warmth", Look)],
)
def test_the_ranges_that_are_told_are_the_cores(client, name, options):
    """The document only repeats what the core checks."""
    told = client.get("/openapi.json").json()["components"]["schemas"]["ColorizeForm"]["properties"][name]
    told = next((kind for kind in told.get("anyOf", ()) if "minimum" in kind), told)
    for edge, step in (("minimum", -1), ("maximum", 1)):
        if edge in told:
            options(**{name: told[edge]})
            beyond = told[edge] + step if name == "size" else math.nextafter(told[edge], step * math.inf)
            with pytest.raises(SettingError):
                options(**{name: beyond})
