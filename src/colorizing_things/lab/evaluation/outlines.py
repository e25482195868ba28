"""Objects with outlines, of COCO-like sets: read, and brought to the protocol's size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.lab.metrics.base import at_shorter_side
from colorizing_things.lab.metrics.protocol import PROTOCOL
from colorizing_things.lab.metrics.wilful_hints import Mask

from .pictures import UInt8, file_sha256, read_rgb, to_tensor


@dataclass(frozen=True)
class OutlinedPicture:
    """One photograph with the outlines of things in it, as the set has them."""

    path: Path
    sha256: str
    width: int
    height: int
    outlines: tuple[Any, ...]  # COCO's ``segmentation``: polygons, or run lengths

    def pixels(self) -> UInt8:
        """The photograph at a shorter side of 256, sRGB ``[H,W,3]``."""
        small = at_shorter_side(to_tensor(read_rgb(self.path)), PROTOCOL.common_side)
        return small.permute(1, 2, 0).numpy()

    def objects(self, height: int, width: int) -> Iterator[tuple[Mask, Mask]]:
        """The objects of a fitting size: (inside, counted), both ``[height,width]``.

        Fitting: 4 to 30% of the picture, with something left when the margin of 4 px on both sides of the outline,
        which is not counted, is taken off.
        """
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * PROTOCOL.outline_margin + 1,) * 2)
        least, most = PROTOCOL.outline_shares
        for outline in self.outlines:
            mask = mask_of(outline, self.height, self.width)
            if not least <= mask.mean() <= most:
                continue
            small = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) >= 0.5
            grown, shrunk = (change(small.astype(np.uint8), kernel) > 0 for change in (cv2.dilate, cv2.erode))
            if shrunk.any() and not grown.all():
                yield small, shrunk | ~grown


def mask_of(outline: Any, height: int, width: int) -> Mask:
    """COCO's ``segmentation`` as a mask ``[height,width]``: a list of polygons, or run lengths as a list of counts.

    Raises:
        SettingError: run lengths packed into text, which need COCO's own tools.
    """
    if isinstance(outline, dict):
        if not isinstance(outline["counts"], list):
            raise SettingError("outlines: packed run lengths are not read; write lists of counts, or polygons")
        runs = np.asarray(outline["counts"], np.int64)
        flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
        return flat.reshape(width, height).T  # COCO counts down the columns
    mask = np.zeros((height, width), np.uint8)
    corners = [np.asarray(polygon, np.float64).reshape(-1, 2).round().astype(np.int32) for polygon in outline]
    cv2.fillPoly(mask, corners, 1)
    return mask > 0


def read_outlines(instances: Path, images: Path) -> list[OutlinedPicture]:
    """Pictures with outlines, those there are in the folder, sorted by name; crowds are left out.

    Args:
        instances: COCO's ``instances_*.json``.
        images: folder with its pictures.

    Raises:
        PictureError: neither file nor folder there, or no picture of the one in the other.
        SettingError: a file that is no COCO-like set of outlines.
    """
    try:
        content = json.loads(instances.read_text(encoding="utf-8"))
        found = {image["id"]: image for image in content["images"]}
        outlines: dict[Any, list[Any]] = {key: [] for key in found}
        for annotation in content["annotations"]:
            if not annotation.get("iscrowd") and annotation["image_id"] in outlines:
                outlines[annotation["image_id"]].append(annotation["segmentation"])
    except OSError as error:
        raise PictureError(f"{instances}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingError(f"{instances}: not a COCO-like set of outlines ({error!r})") from error
    pictures = []
    for key, image in sorted(found.items(), key=lambda item: str(item[1]["file_name"])):
        path = images / Path(image["file_name"]).name
        if path.exists() and outlines[key]:
            size = int(image["width"]), int(image["height"])
            pictures.append(OutlinedPicture(path, file_sha256(path), *size, tuple(outlines[key])))
    if not pictures:
        raise PictureError(f"{images}: holds none of the pictures with outlines that {instances.name} speaks of")
    return pictures
