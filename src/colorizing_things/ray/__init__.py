"""Archives: a folder or a bucket of photographs on one machine or a cluster, by Ray; and a step for Ray Data.

Ray itself is imported absolutely, as ``ray``; this package is ``colorizing_things.ray``.
"""

from __future__ import annotations

from .columns import ColorizeBatch

__all__ = ["ColorizeBatch"]
