"""What a frozen encoder makes of fixed views of photographs, computed once and kept for every run that asks."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
import platformdirs
import torch
from filelock import FileLock
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.system import faults

ENCODER = "encoder."  # what parameters of a network's encoder are called


def check_views(stage: Stage) -> None:
    """Say why what the encoder makes of a stage's pictures cannot be kept, where it is to be.

    Raises:
        SettingError: the method does not use it, the encoder learns, or pictures are degraded anew each time.
    """
    if not stage.data.views:
        return
    if stage.method.name not in ("aae", "vaegan"):
        raise SettingError(f"views {stage.data.views}: method {stage.method.name} keeps nothing; leave it out")
    if ENCODER not in stage.optimizer.freeze:
        raise SettingError(f"views {stage.data.views}: the encoder learns; freeze it with freeze=[{ENCODER}]")
    if stage.data.degraded:
        raise SettingError(f"views {stage.data.views}: degraded pictures are no fixed views; set degraded=0")


class KeptFeatures:
    """Maps of an encoder by the keys of what it saw, in fp16, on disk; what is not there is computed and added.

    Args:
        network: has ``encoder`` and ``maps``, which gives a list of maps ``[N,C,h,w]`` for lightness ``[N,1,S,S]``.
        size: side of the squares, px.
        folder: where they are kept; by default one of the user's cache, named after the encoder's weights and ``size``.
    """

    def __init__(self, network: nn.Module, size: int, folder: Path | None = None) -> None:
        self.network = network
        cache = Path(platformdirs.user_cache_dir("colorizing-things")) / "features"
        self.folder = folder or cache / _fingerprint(network, size)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keys, self.values = self.folder / "keys.i64", self.folder / "maps.f16"
        self.shapes: list[tuple[int, ...]] = []
        self.rows: dict[int, int] = {}

    @torch.no_grad()
    def __call__(self, L: Tensor, keys: Tensor) -> list[Tensor]:
        """Maps of lightness ``[N,1,S,S]`` whose ``keys`` are ``[N]``."""
        if not self.shapes:
            self._open(L)
        missing = [n for n, key in enumerate(keys.tolist()) if key not in self.rows]
        if missing:
            self._add(L[missing], keys[missing])
        width = sum(int(np.prod(shape)) for shape in self.shapes)
        known = np.memmap(self.values, np.float16, "r").reshape(-1, width)
        found = torch.from_numpy(known[[self.rows[key] for key in keys.tolist()]]).to(L.device).float()
        parts = found.split([int(np.prod(shape)) for shape in self.shapes], dim=1)
        return [part.reshape(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def _maps(self, L: Tensor) -> list[Tensor]:
        """The encoder's, as at test: a network's own batch norm does not move."""
        was_training = self.network.training
        self.network.eval()
        maps = self.network.maps(L)  # type: ignore[operator]
        self.network.train(was_training)
        return list(maps)

    def _open(self, L: Tensor) -> None:
        self.shapes = [tuple(maps.shape[1:]) for maps in self._maps(L[:1])]
        if self.keys.exists():
            known = np.fromfile(self.keys, np.int64)
            self.rows = {int(key): row for row, key in enumerate(known)}

    def _add(self, L: Tensor, keys: Tensor) -> None:
        made = torch.cat([maps.flatten(1) for maps in self._maps(L)], dim=1).half().cpu().numpy()
        with FileLock(f"{self.folder}.lock"):  # other runs add to the same files
            bytes_a_row = made.shape[1] * made.itemsize
            first = self.keys.stat().st_size // 8 if self.keys.exists() else 0
            with faults.writing(self.values), self.values.open("ab") as values, self.keys.open("ab") as names:
                values.truncate(first * bytes_a_row)  # of a run that was killed between the two
                values.write(made.tobytes())
                values.flush()
                names.write(keys.cpu().numpy().astype(np.int64).tobytes())
        self.rows |= {key: first + n for n, key in enumerate(keys.tolist())}


def _fingerprint(network: nn.Module, size: int) -> str:
    """A name for the encoder and what it is asked for."""
    digest = hashlib.sha1(f"{type(network).__name__} {size} {getattr(network, 'content', '')}".encode())
    for key, value in network.encoder.state_dict().items():  # type: ignore[union-attr]
        digest.update(f"{key} {zlib.crc32(value.detach().cpu().float().contiguous().numpy().tobytes())}".encode())
    return digest.hexdigest()[:16]
