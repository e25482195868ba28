"""What a browser is shown: the page, as it was built, and the API's own page. Nothing comes from another host."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles

PAGE = Path(__file__).parent.parent / "web" / "dist"  # with Swagger UI, from npm, in docs/
NOT_BUILT = "The page was not built: run npm ci and npm run build in web/. The API is there: /openapi.json\n"
FRESH = {"Cache-Control": "no-cache"}  # asked again each time; what it names by its content's hash is kept

API_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Colorizing Things: the API</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="api"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body>
</html>
"""
START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#api", deepLinking: true});\n'
# Swagger UI writes style attributes; its pictures are data URLs.
API_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def serve_page(app: FastAPI, folder: Path = PAGE) -> None:
    """Add the page's routes. Its files are known by name: nothing else of the disk can be asked for."""

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        index = folder / "index.html"
        return FileResponse(index, headers=FRESH) if index.is_file() else PlainTextResponse(NOT_BUILT)

    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        if entry.is_dir():
            app.mount(f"/{entry.name}", StaticFiles(directory=entry), name=entry.name)
        elif entry.name != "index.html":
            app.add_api_route(f"/{entry.name}", _answering(entry), methods=["GET"], include_in_schema=False)


def _answering(path: Path):  # type: ignore[no-untyped-def]
    async def answer() -> FileResponse:
        return FileResponse(path, headers=FRESH)

    return answer


def serve_api_page(app: FastAPI) -> None:
    """Add ``/docs``; before :func:`serve_page`, which adds the files that it names."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(API_PAGE, headers={"Content-Security-Policy": API_PAGE_POLICY})

    @app.get("/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(START, media_type="text/javascript")
