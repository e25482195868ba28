# The page and the HTTP API in a small image, run by a user without rights.
#
#     docker build -t colorizing-things .
#     docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 colorizing-things
#
# The page is what lies built in src/colorizing_things/web/dist; no Node is needed here.

FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/colorize \
    && /opt/colorize/bin/pip install --no-cache-dir --no-compile ".[server]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Colorizing Things" \
      org.opencontainers.image.licenses="MIT"
# Fewer arenas: memory that was used for a picture goes back to the system.
ENV PATH=/opt/colorize/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin colorize
COPY --from=build /opt/colorize /opt/colorize
USER 10001
WORKDIR /tmp
EXPOSE 8000
# http.client heeds no proxy variables.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["colorize"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
