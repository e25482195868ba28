"""Pictures that libvips' wheel does not decode, through other libraries: whole in memory, then like any other.

Pillow reads BMP, PNM, TGA and JPEG 2000; PSD is read here; HEIC, JPEG XL, 12-bit JPEG and rare TIFFs need what the
extra ``[formats]`` brings. Raw files are refused: what they show at once is their thumbnail.
"""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyvips

from colorizing_things.errors import PictureError, TooLargeError
from colorizing_things.system import faults
from colorizing_things.system.defaults import MAX_PIXELS

from . import jxl, tiff
from .psd import read_psd
from .whole import CIELAB, ICC_LAB, Decoded, as_image, check_size, of_lab

ANIMATION = "an animation of {} frames: the first alone is coloured"
FORMATS_EXTRA = "pip install '.[formats]' in a checkout"
HEAD = 4096  # bytes that tell what a file is
RAW_SUFFIXES = frozenset((
    ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".pef", ".orf", ".raf", ".rw2",
    ".srw", ".3fr", ".fff", ".iiq", ".dcr", ".kdc", ".erf", ".mef", ".mos", ".mrw", ".rwl", ".x3f", ".gpr",
))  # fmt: skip
RAW = (
    "is a raw file, and what it shows at once is its small preview: develop it first, into a 16-bit TIFF (darktable,"
    " RawTherapee and Adobe's DNG Converter are free)"
)
COLOR_FILTER, LINEAR_RAW = 32803, 34892
KNOWN_TO_LIBVIPS = frozenset((1, 2, 3, 4, 5, 7, 8, 32773, 32946))  # compressions in its wheel's libtiff
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")
JXL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
JP2 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
BIT_DEPTH_12 = b"\x0c"
FRAMES = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2", b"\xff\xc3")


Reader = Callable[[IO[bytes], int], Decoded]  # of a file; more pixels than that are refused before they are decoded


def decode_if_needed(name: str, origin: Path | bytes, max_pixels: int = MAX_PIXELS) -> Decoded | None:
    """Decode what libvips cannot; None where it can, or nobody does.

    Raises:
        TooLargeError: it would have more than ``max_pixels``.
        PictureError: a raw file, a damaged one, or one that needs a library which is not installed.
    """
    with tiff.open_binary(origin) as file:
        head = file.read(HEAD)
        found = _reader(head, file, name)
        if found is None:
            return None
        kind, read = found
        file.seek(0)
        try:
            with warnings.catch_warnings(), faults.naming(f"{name}: cannot be read"):
                warnings.simplefilter("ignore")
                return read(file, max_pixels)
        except ModuleNotFoundError as error:
            raise PictureError(f"{name}: to read {kind}, install the extra formats: {FORMATS_EXTRA}") from error
        except TooLargeError as error:
            raise TooLargeError(error.width, error.height, error.max_pixels, name) from error
        except PictureError as error:
            if error.refused:
                raise
            raise PictureError(f"{name}: cannot be read as {kind}: {error}") from error
        except Exception as error:  # each of these libraries has errors of its own
            raise PictureError(f"{name}: cannot be read as {kind}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{said[0] if said else type(error).__name__}; the file is damaged, or of a rare kind"


def _reader(head: bytes, file: IO[bytes], name: str) -> tuple[str, Reader] | None:
    suffix = Path(name).suffix.lower()
    if suffix in RAW_SUFFIXES or (head[:4] in (b"II\x2a\0", b"II\x55\0", b"IIRO") and head[8:10] == b"CR"):
        raise PictureError(f"{name}: {RAW}")
    if head.startswith(b"BM") and head[14:18] in _BMP_HEADERS:
        return "BMP", _with_pillow("bmp")
    if head[:1] == b"P" and head[1:2] in b"1234567" and head[2:3] in b" \t\r\n#":
        return "PNM", _with_pillow("pnm")
    if head.startswith(JP2):
        return "JPEG 2000", _with_pillow("jp2")
    if head.startswith(JXL):
        return "JPEG XL", _jpeg_xl
    if is_heic(head):
        return "HEIC", _heic
    if head[4:12] == b"ftypavis":
        return "AVIF", _avif_sequence
    if head.startswith(b"8BPS"):
        return "PSD", read_psd
    if head.startswith(b"\xff\xd8") and _frame(file)[0] == 12:
        return "12-bit JPEG", _jpeg_12
    if suffix == ".tga":
        return "TGA", _with_pillow("tga")
    if head[:2] in (b"II", b"MM"):
        return _tiff_reader(file, name)
    return None


_BMP_HEADERS = tuple(struct.pack("<I", size) for size in (12, 16, 40, 52, 56, 64, 108, 124))


def is_heic(data: bytes) -> bool:
    """Whether a file that begins so is a HEIF coded in HEVC: by its brand, or by its item where that is general."""
    general = data[8:12] in (b"mif1", b"msf1") and b"hvc1" in data[:HEAD]
    return data[4:8] == b"ftyp" and (data[8:12] in HEIC_BRANDS or general)


def _frame(file: IO[bytes]) -> tuple[int, int, int]:
    """Bits a sample, width and height of a JPEG, from its frame's header; zeros where there is none."""
    at = 2
    while True:
        file.seek(at)
        marker = file.read(9)
        if len(marker) < 9 or marker[0] != 0xFF:
            return 0, 0, 0
        if marker[:2] in FRAMES:
            height, width = struct.unpack(">HH", marker[5:9])
            return marker[4], width, height
        if marker[1] == 0xFF:
            at += 1
            continue
        at += 2 + struct.unpack(">H", marker[2:4])[0]


def _tiff_reader(file: IO[bytes], name: str) -> tuple[str, Reader] | None:
    directories = tiff.read_directories(file)
    if not directories:
        return None
    first = directories[0]

    def of(tag: int, otherwise: int) -> int:
        entry = first.get(tag)
        return entry.numbers[0] if entry and entry.numbers else otherwise

    photometric, bits = of(tiff.PHOTOMETRIC, 1), of(tiff.BITS, 1)
    is_preview = of(tiff.SUBFILE_TYPE, 0) & 1 and tiff.SUB_DIRECTORIES in first
    if tiff.DNG_VERSION in first or photometric in (COLOR_FILTER, LINEAR_RAW) or is_preview:
        raise PictureError(f"{name}: {RAW}")
    compression = of(tiff.COMPRESSION, 1)
    if compression not in KNOWN_TO_LIBVIPS:
        return f"a TIFF compressed by method {compression}", _rare_tiff
    if photometric in (CIELAB, ICC_LAB) and bits == 8:
        return "a TIFF in Lab", _rare_tiff
    if bits not in (1, 2, 4, 8, 16, 32, 64):
        return f"a TIFF of {bits} bits", _rare_tiff
    return None


def _with_pillow(kind: str) -> Reader:
    formats = {"bmp": ("BMP", "DIB"), "pnm": ("PPM",), "tga": ("TGA",), "jp2": ("JPEG2000",)}[kind]

    def read(file: IO[bytes], max_pixels: int) -> Decoded:
        return Decoded(kind, _pillow_image(file, formats, max_pixels))

    return read


def _pillow_image(file: IO[bytes], formats: tuple[str, ...], max_pixels: int) -> pyvips.Image:
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # ours is checked by who asks
    try:
        with Image.open(file, formats=formats) as picture:
            check_size(*picture.size, max_pixels)
            picture.load()
            return _of_pillow(picture)
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _of_pillow(picture: Any) -> pyvips.Image:
    info = picture.info
    if picture.mode.startswith("I"):
        top = 65535 if np.asarray(picture).max(initial=0) > 255 or picture.mode != "I" else 255
        pixels = (np.asarray(picture).astype(np.float64) * (65535 / top)).clip(0, 65535).astype(np.uint16)
    elif picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        pixels = np.asarray(picture)
    else:
        pixels = np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))
    xmp = info.get("xmp")
    dpi = info.get("dpi", (0, 0))[0]
    return as_image(
        pixels, interpretation="cmyk" if picture.mode == "CMYK" else None, icc=info.get("icc_profile"),
        exif=info.get("exif"), xmp=xmp.encode() if isinstance(xmp, str) else xmp, dpi=float(dpi),
    )  # fmt: skip


def _avif_sequence(file: IO[bytes], max_pixels: int) -> Decoded:
    """The first frame, or the only one."""
    from PIL import Image

    with Image.open(file, formats=("AVIF",)) as picture:
        frames = getattr(picture, "n_frames", 1)
    file.seek(0)
    image = _pillow_image(file, ("AVIF",), max_pixels)
    return Decoded("heif", image, note=ANIMATION.format(frames) if frames > 1 else "")


def _jpeg_xl(file: IO[bytes], max_pixels: int) -> Decoded:
    import imagecodecs
    import pillow_jxl  # noqa: F401 - Pillow reads its metadata then
    from PIL import Image

    data = file.read()
    header = jxl.read_header(data)
    check_size(header.width, header.height, max_pixels)
    pixels = imagecodecs.jpegxl_decode(data, index=0)
    if pixels.dtype.kind == "f":
        pixels = (pixels.clip(0, 1) * 65535).round().astype(np.uint16)
    file.seek(0)
    with Image.open(file, formats=("JXL",)) as picture:
        info = picture.info
    note = "an animation: its first frame alone is coloured" if header.animated else ""
    icc, exif, xmp = info.get("icc_profile"), info.get("exif"), jxl.xmp(data)
    return Decoded("jxl", as_image(pixels, icc=icc, exif=exif, xmp=xmp), note=note)


def _heic(file: IO[bytes], max_pixels: int) -> Decoded:
    import pillow_heif

    picture = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
    width, height = picture.size
    check_size(width, height, max_pixels)
    pixels, info = np.asarray(picture), picture.info
    xmp, icc = info.get("xmp"), info.get("icc_profile")
    return Decoded("heif", as_image(pixels, icc=icc, exif=info.get("exif"), xmp=xmp))


def _jpeg_12(file: IO[bytes], max_pixels: int) -> Decoded:
    import imagecodecs

    _, width, height = _frame(file)
    check_size(width, height, max_pixels)
    file.seek(0)
    pixels = imagecodecs.jpeg_decode(file.read())
    codes = (pixels.astype(np.float64) * (65535 / 4095)).round().astype(np.uint16)
    return Decoded("jpeg", as_image(codes), note="12 bits a channel: --format tiff or png keeps them, JPEG has 8")


def _rare_tiff(file: IO[bytes], max_pixels: int) -> Decoded:
    import imagecodecs  # noqa: F401 - tifffile asks for it
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it complains of becomes an error of ours
    directories = tiff.read_directories(file)
    file.seek(0)
    with tifffile.TiffFile(file) as opened:
        page: Any = opened.pages[0]
        check_size(page.imagewidth, page.imagelength, max_pixels)
        pixels = page.asarray()
        photometric, bits, planar = int(page.photometric), int(page.bitspersample), int(page.planarconfig)
        orientation = int(page.tags[274].value) if 274 in page.tags else 1
        icc = page.tags[34675].value if 34675 in page.tags else None
        pages = len(opened.pages)
    if planar == 2 and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    interpretation = None
    if photometric in (CIELAB, ICC_LAB):
        image = of_lab(pixels, photometric, bits)
    else:
        if pixels.dtype.kind not in "ub" or pixels.dtype.itemsize > 2:
            raise PictureError("numbers of a kind that has no agreed range")
        if bits not in (1, 8, 16):
            scale = (65535 if bits > 8 else 255) / (2**bits - 1)
            pixels = (pixels * scale).round().astype(np.uint16 if bits > 8 else np.uint8)
        if photometric == 0:
            pixels = ~pixels
        interpretation = "cmyk" if photometric == 5 else None
        image = as_image(pixels, interpretation=interpretation, icc=icc)
    if orientation != 1:
        image = image.copy()
        image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    note = f"{pages} pages of a rare kind: the first alone is coloured" if pages > 1 else ""
    return Decoded("tiff", image, directories[:1], note)
