"""Contact sheets: grey | ours | real."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from colorizing_things.lab.data.planes import UInt8, into_square, join, out_of_square, to_lab
from colorizing_things.lab.decoding.graph import Graph


def colorize(graph: Graph, pixels: UInt8) -> UInt8:
    """The picture's grey version coloured at its own size, cut to the network's stride."""
    L, ab = predict(graph, pixels)
    return join(L[0, 0].numpy(), ab[0].numpy())


@torch.no_grad()
def predict(graph: Graph, pixels: UInt8) -> tuple[Tensor, Tensor]:
    """Lightness ``[1,1,H,W]`` of a picture, cut to the network's stride, and the ab ``[1,2,h,w]`` that it answers.

    A network of one size sees the picture in a square, and its answer is brought back to the picture's own size.
    """
    rgb = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]
    if graph.fixed_size is not None:
        L, _ = to_lab(rgb, 1)
        return L, out_of_square(_run(graph, into_square(L, graph.fixed_size)), *pixels.shape[:2])
    height, width = (max(graph.stride, side // graph.stride * graph.stride) for side in pixels.shape[:2])
    L, _ = to_lab(rgb)
    L = F.pad(L, (0, max(0, width - L.shape[3]), 0, max(0, height - L.shape[2])), mode="replicate")
    L = L[:, :, :height, :width]
    return L, _run(graph, L)


def _run(graph: Graph, L: Tensor) -> Tensor:
    """L ``[N,1,H,W]`` -> ab ``[N,2,h,w]``, the likeliest colours where the graph takes draws."""
    L = L.to(next(graph.module.parameters()).device)
    ab: Tensor = graph.module(L, **graph.zeros(L))[0].float().cpu()
    return ab


def sample_sheet(graph: Graph, pictures: list[UInt8], columns: int = 4) -> Image.Image:
    """Three tiles a picture (grey, ours, real), ``columns`` pictures a row."""
    graph.module.eval()
    tiles = []
    for pixels in pictures:
        colored = colorize(graph, pixels)
        real = pixels[: colored.shape[0], : colored.shape[1]]
        L, _ = to_lab(torch.from_numpy(real.copy()).permute(2, 0, 1)[None])
        gray = join(L[0, 0].numpy(), np.zeros((2, *real.shape[:2])))
        tiles.append([gray, colored, real])
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
