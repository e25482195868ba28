"""The HTTP server: an API for programs, and the page for people. ``colorize serve`` runs it; :func:`.app.create_app`
makes it. Needs the ``server`` extra."""
