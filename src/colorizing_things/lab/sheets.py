"""Contact sheets: grey | ours | real."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.join import Joiner

from .batches import to_lab
from .decoding import Graph

UInt8 = npt.NDArray[np.uint8]


def join(L: npt.NDArray[np.floating], ab: npt.NDArray[np.floating]) -> UInt8:
    """L ``[H,W]`` and ab ``[2,h,w]`` -> sRGB uint8 ``[H,W,3]``, as the product joins them (:class:`.Joiner`)."""
    height, width = L.shape
    joiner = Joiner(Chroma(ab.astype(np.float32)), height, width, deep=False)
    return joiner(0, L.astype(np.float32)).astype(np.uint8)


@torch.no_grad()
def colour(graph: Graph, pixels: UInt8) -> UInt8:
    """The picture's grey version coloured at its own size, cut to the network's stride."""
    if graph.fixed_size is not None:
        return _colour_in_square(graph, graph.fixed_size, pixels)
    height, width = (max(graph.stride, side // graph.stride * graph.stride) for side in pixels.shape[:2])
    L, _ = to_lab(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None])
    L = F.pad(L, (0, max(0, width - L.shape[3]), 0, max(0, height - L.shape[2])), mode="replicate")
    L = L[:, :, :height, :width]
    return join(L[0, 0].numpy(), _run(graph, L)[0].numpy())


def _run(graph: Graph, L: Tensor) -> Tensor:
    """L ``[N,1,H,W]`` -> ab ``[N,2,h,w]``, the likeliest colours where the graph takes draws."""
    device = next(graph.module.parameters()).device
    inputs = [L.to(device), *([torch.zeros(len(L), graph.latent, device=device)] if graph.latent else [])]
    return graph.module(*inputs)[0].float().cpu()


def into_square(planes: Tensor, side: int) -> Tensor:
    """Planes ``[N,C,H,W]``, the longer side brought to ``side`` and the shorter padded to it by reflection."""
    height, width = planes.shape[-2:]
    rows, columns = (max(1, round(n * side / max(height, width))) for n in (height, width))
    small = F.interpolate(planes, size=(rows, columns), mode="bilinear", antialias=True, align_corners=False)
    padding = ((0, 0), (0, 0), (0, side - rows), (0, side - columns))
    return torch.from_numpy(np.pad(small.numpy(), padding, mode="symmetric"))


def out_of_square(planes: Tensor, height: int, width: int) -> Tensor:
    """The way back from :func:`into_square`: planes ``[N,C,S,S]`` -> ``[N,C,height,width]``."""
    side = planes.shape[-1]
    rows, columns = (max(1, round(n * side / max(height, width))) for n in (height, width))
    return F.interpolate(planes[..., :rows, :columns], size=(height, width), mode="bicubic", align_corners=False)


def _colour_in_square(graph: Graph, side: int, pixels: UInt8) -> UInt8:
    """The picture coloured by a network of one size."""
    L, _ = to_lab(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None], 1)
    ab = out_of_square(_run(graph, into_square(L, side)), *pixels.shape[:2])
    return join(L[0, 0].numpy(), ab[0].numpy())


def sample_sheet(graph: Graph, pictures: list[UInt8], columns: int = 4) -> Image.Image:
    """Three tiles a picture (grey, ours, real), ``columns`` pictures a row."""
    graph.module.eval()
    tiles = []
    for pixels in pictures:
        ours = colour(graph, pixels)
        real = pixels[: ours.shape[0], : ours.shape[1]]
        L, _ = to_lab(torch.from_numpy(real.copy()).permute(2, 0, 1)[None])
        grey = join(L[0, 0].numpy(), np.zeros((2, *real.shape[:2])))
        tiles.append([grey, ours, real])
    return tile(tiles, columns)


def tile(rows: list[list[UInt8]], columns: int, side: int = 144, gap: int = 4) -> Image.Image:
    """Lay out groups of pictures, each shrunk to fit a square of ``side``, ``columns`` groups a row."""
    width = max(len(row) for row in rows)
    lines = -(-len(rows) // columns)
    group = width * side + 2 * gap
    sheet = Image.new("RGB", (columns * group, lines * (side + gap)), (24, 24, 24))
    for i, row in enumerate(rows):
        for j, pixels in enumerate(row):
            picture = Image.fromarray(pixels)
            picture.thumbnail((side, side))
            sheet.paste(picture, (i % columns * group + j * side, i // columns * (side + gap)))
    return sheet
