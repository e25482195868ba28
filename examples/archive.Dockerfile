# What a Ray cluster colours archives with; build it in a checkout:
#
#     docker build -f examples/archive.Dockerfile -t registry.example/colorize-ray .
#
# Python and Ray are of the versions of the base image, on the head and on every worker.

FROM rayproject/ray:2.54.0-py312-cpu
COPY --chown=ray pyproject.toml README.md LICENSE /tmp/colorize/
COPY --chown=ray src /tmp/colorize/src
RUN pip install --no-cache-dir "/tmp/colorize[ray]" "ray[data]==2.54.0" && rm -rf /tmp/colorize
