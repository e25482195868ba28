"""The page, built from ``/web``: ``dist/`` for the server, ``site/`` for hosts without one."""
