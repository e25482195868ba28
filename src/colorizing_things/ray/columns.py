"""A step for pipelines of Ray Data's own: photographs in a column become coloured ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from colorizing_things.colorizer import Colorizer
from colorizing_things.errors import ColorizingError, SettingError
from colorizing_things.imaging.libvips import operations_not_cached
from colorizing_things.system.defaults import MAX_PIXELS, MODEL

COLUMNS = ("bytes", "image")  # as ray.data.read_binary_files and ray.data.read_images call them


class ColorizeBatch:
    """Colours a column of photographs: for ``Dataset.map_batches``, which makes one an actor.

    Examples:
        >>> import ray
        >>> from colorizing_things.ray import ColorizeBatch
        >>> photographs = ray.data.read_binary_files("s3://archive/scans", include_paths=True)  # doctest: +SKIP
        >>> colored = photographs.map_batches(ColorizeBatch, concurrency=4, batch_size=8)  # doctest: +SKIP

        >>> import numpy as np
        >>> batch = ColorizeBatch()({"image": np.full((2, 48, 64), 128, np.uint8)})
        >>> batch["image"].shape, list(batch["error"])
        ((2, 48, 64, 3), ['', ''])
    """

    def __init__(
        self,
        model: str | Path = MODEL,
        device: str = "auto",
        threads: int = 1,
        max_pixels: int = MAX_PIXELS,
        **look: Any,
    ) -> None:
        """Load the network.

        Args:
            model, device, max_pixels: as for :class:`.Colorizer`.
            threads: cores for one actor: as many as ``num_cpus`` reserves for it.
            look: what calling a :class:`.Colorizer` takes: ``saturation``, ``warmth``, ``reference``, ...

        Raises:
            ModelError: unknown or broken model.
            SettingError: a device that cannot be had.
        """
        self._quiet = operations_not_cached()
        self._quiet.__enter__()  # for as long as the actor lives
        self.colorizer, self.look = Colorizer(model, device, threads, max_pixels), look

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Colour a batch.

        Args:
            batch: columns by name, with ``bytes`` (picture files) or ``image`` (arrays, as a ``Colorizer`` takes
                them); others are passed on.

        Returns:
            The same with that column coloured, and a column ``error``: empty, or one line for a photograph that
            failed, whose place is then empty too (no bytes, or None for an array).

        Raises:
            SettingError: there is neither column.
        """
        column = next((name for name in COLUMNS if name in batch), None)
        if column is None:
            raise SettingError(f"a batch needs a column {' or '.join(COLUMNS)}; here are {', '.join(batch)}")
        found = [self._one(picture, b"" if column == "bytes" else None) for picture in batch[column]]
        return {**batch, column: _column([colored for colored, _ in found]), "error": _objects([e for _, e in found])}

    def _one(self, picture: Any, nothing: bytes | None) -> tuple[Any, str]:
        try:
            return self.colorizer(picture, **self.look), ""
        except ColorizingError as error:
            return nothing, " ".join(str(error).split())


def _column(pictures: list[Any]) -> Any:
    """One array where all have one shape, else an array of them."""
    if all(isinstance(p, np.ndarray) and p.shape == pictures[0].shape for p in pictures):
        return np.stack(pictures)
    return _objects(pictures)


def _objects(values: list[Any]) -> Any:
    column = np.empty(len(values), object)
    column[:] = values
    return column
