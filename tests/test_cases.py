"""Small inputs that failed once, where they lie beside the checkout: each comes out right, or is refused truly."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import pyvips
from measures import SHARED, lightness

from colorizing_things import Colorizer, OutputOptions
from colorizing_things.batch import BatchOptions, plan, run

CASES = SHARED / "cases" / "files"
REFUSED = {
    **dict.fromkeys(("flip_g4.tif", "flip_lzw.tif", "marker.jpg", "trunc_jpeg.tif", "trunc_lzw.tif", "trunc_none.tif",
                     "zero_deflate.tif", "zero_lzw.tif"), "damaged"),
    "i16.tif": "no agreed range",
    "raw.dng": "raw file",
}  # fmt: skip
LOSSY = {
    "plain.jpg": 3.5,
    "x6b.jpg": 3.5,
    "jpeg12.jpg": 3.5,
    "hevc.heic": 3.5,
    "gama1.png": 2,
}  # L* that 99% of the pixels keep


@pytest.mark.skipif(not CASES.exists(), reason="no shared cases here")
def test_the_cases(tmp_path, colorizer: Colorizer):
    pytest.importorskip("imagecodecs")
    pytest.importorskip("pillow_heif")
    truth = lightness(np.round(np.load(CASES / "truth.npy") * 65535).astype(np.uint16))
    scans = tmp_path / "scans"
    shutil.copytree(CASES, scans, ignore=shutil.ignore_patterns("*.txt", "*.py", "*.npy"))
    results = []
    run(colorizer, plan([scans], tmp_path / "out", True, OutputOptions()), BatchOptions(), report=results.append)
    assert len(results) == len(list(scans.iterdir()))
    for result in results:
        name = result.task.source.name
        if name in REFUSED:
            assert result.status in ("failed", "left out") and REFUSED[name] in result.error
            continue
        assert result.status == "done", result
        pixels = pyvips.Image.new_from_file(str(result.outputs[0])).numpy()
        assert np.percentile(np.abs(lightness(pixels) - truth), 99) <= LOSSY.get(name, 0.5), name
