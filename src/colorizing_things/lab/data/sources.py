"""Where photographs are found: folders of pictures and of parquet shards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from colorizing_things.errors import PictureError
from colorizing_things.system import faults

from .reading import EncodedPicture

AUGMENTED_MARKER = "augmented.json"  # lies beside pictures that a network drew: trained on, never measured on
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp"}


def list_files(data: Path) -> list[Path]:
    """Shards, then pictures, sorted.

    Raises:
        PictureError: nothing there.
    """
    if not data.exists():
        raise PictureError(f"{data}: no such file or folder; --data takes a folder of photographs or shards")
    files = [data] if data.is_file() else all_files(data)
    shards = [p for p in files if p.suffix == ".parquet"]
    found = [*shards, *(p for p in files if p.suffix.lower() in PICTURE_SUFFIXES)]
    if not found:
        raise PictureError(f"{data}: holds no pictures and no parquet shards")
    return found


def all_files(folder: Path) -> list[Path]:
    """Of it and its sub-folders, sorted.

    Raises:
        PictureError: one of them may not be listed; nothing of a set is left out unsaid.
    """

    def refuse(error: OSError) -> None:
        with faults.naming(f"{error.filename}: cannot be listed"):
            raise error

    found = (Path(inside) / name for inside, _, names in os.walk(folder, onerror=refuse) for name in names)
    return sorted(path for path in found if path.is_file())


def read_encoded(files: list[Path], root: Path) -> Iterator[EncodedPicture]:
    """The pictures of all files, in order.

    Raises:
        PictureError: a shard that is none, or has no column of pictures.
    """
    made = {path.parent for path in root.rglob(AUGMENTED_MARKER)}
    made |= {folder for folder in (root, *root.resolve().parents) if (folder / AUGMENTED_MARKER).exists()}
    for file in files:
        real = made.isdisjoint((*file.parents, *file.resolve().parents))
        if file.suffix == ".parquet":
            for number, (data, source) in enumerate(_rows(file)):
                yield EncodedPicture(data, source or file.stem, f"{file.name}, row {number}", real)
        else:
            folder = file.parent.relative_to(root) if root.is_dir() else Path()
            source = folder.parts[0] if folder.parts else root.name
            yield EncodedPicture(_bytes_of(file), source, str(file.relative_to(root.parent)), real)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # counted with what cannot be read


def _rows(file: Path) -> Iterator[tuple[bytes, str | None]]:
    """Bytes and source of a shard's rows; ``image`` is a table with ``bytes``, as on the hub, or the bytes alone."""
    import pyarrow
    import pyarrow.parquet

    try:
        shard = pyarrow.parquet.ParquetFile(file)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise PictureError(f"{file}: cannot be read as parquet: {str(error).splitlines()[0]}") from error
    names = shard.schema_arrow.names
    if "image" not in names:
        raise PictureError(f"{file}: has no column image (it has {', '.join(names)}); rename the one with the pictures")
    kind = shard.schema_arrow.field("image").type
    if not (_is_bytes(kind) or (pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0)):
        raise PictureError(f"{file}: column image holds {kind}, not the bytes of pictures")
    columns = [name for name in ("image", "source") if name in names]
    for batch in shard.iter_batches(batch_size=256, columns=columns):
        for row in batch.to_pylist():
            image = row["image"]
            data = image.get("bytes") if isinstance(image, dict) else image
            yield data or b"", row.get("source")


def _is_bytes(kind: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))
