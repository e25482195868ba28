"""The mark that says the colours are machine-made: IPTC's digital source type, in XMP, never in the pixels."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyvips

# IPTC NewsCodes, digital source type: captured media modified by a trained model.
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
PROPERTY = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

_DESCRIPTION = (
    f'<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    f' xmlns:Iptc4xmpExt="{PROPERTY}" Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>'
)
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'{_DESCRIPTION}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_AS_ATTRIBUTE = re.compile(r"""(\w+:DigitalSourceType\s*=\s*["'])[^"']*""")
_AS_ELEMENT = re.compile(r"(<\w+:DigitalSourceType\b[^>]*>)[^<]*")
_END = re.compile(r"</\w+:RDF\s*>")


def marked_xmp(packet: str | None) -> str:
    """An XMP packet with the digital source type set; everything else in it stays as it was."""
    if not packet:
        return _PACKET
    for pattern in (_AS_ATTRIBUTE, _AS_ELEMENT):
        if pattern.search(packet):
            return pattern.sub(lambda found: found.group(1) + SOURCE_TYPE, packet)
    ends = list(_END.finditer(packet))
    if not ends:  # an empty or foreign packet: there is nothing to keep
        return _PACKET
    at = ends[-1].start()
    return packet[:at] + _DESCRIPTION + packet[at:]


_ORIENTATION = re.compile(r"""(<(\w+):Orientation\s*>|\btiff:Orientation\s*=\s*["'])\s*[2-8]\s*""")
_AREA = re.compile(r"<([\w-]+:Area)\b[^>]*?(?:/>|>.*?</\1\s*>)", re.DOTALL)
_DIMENSIONS = re.compile(r"<([\w-]+:AppliedToDimensions)\b[^>]*?(?:/>|>.*?</\1\s*>)", re.DOTALL)
_NUMBER = re.compile(r"""(:)([xywh])(\s*=\s*["']|\s*>)\s*([\d.eE+-]+)""")
_RECTANGLE = re.compile(r"""(:Rectangle(?:\s*=\s*["']|\s*>))([^"'<]*)""")
_TURNS: dict[int, Callable[[float, float], tuple[float, float]]] = {
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}


def upright_xmp(packet: str, orientation: int) -> str:
    """An XMP packet of a picture that has been set upright: its orientation is 1, and regions lie where the faces are.

    Regions are Metadata Working Group's (centre and size, shares of the sides) and Microsoft's (corner and size).

    Args:
        packet: of the picture as it was stored.
        orientation: EXIF's, 1 to 8, by which it has been turned.
    """
    packet = _ORIENTATION.sub(lambda found: found[1] + "1", packet)
    turn = _TURNS.get(orientation)
    if turn is None:
        return packet

    def area(found: re.Match[str]) -> str:
        said = {name: float(value) for _, name, _, value in _NUMBER.findall(found[0])}
        if not set("xy") <= set(said):
            return found[0]
        said["x"], said["y"] = turn(said["x"], said["y"])
        if orientation > 4 and {"w", "h"} <= set(said):
            said["w"], said["h"] = said["h"], said["w"]
        return _NUMBER.sub(lambda n: f"{n[1]}{n[2]}{n[3]}{_short(said[n[2]])}", found[0])

    def dimensions(found: re.Match[str]) -> str:
        values = {name: value for _, name, _, value in _NUMBER.findall(found[0])}
        if orientation < 5 or not {"w", "h"} <= set(values):
            return found[0]
        swapped = {"w": values["h"], "h": values["w"]}
        return _NUMBER.sub(lambda n: f"{n[1]}{n[2]}{n[3]}{swapped.get(n[2], n[4])}", found[0])

    def rectangle(found: re.Match[str]) -> str:
        try:
            x, y, w, h = (float(part) for part in found[2].split(","))
        except ValueError:
            return found[0]
        x, y = turn(x + w / 2, y + h / 2)
        w, h = (h, w) if orientation > 4 else (w, h)
        return found[1] + ", ".join(_short(value) for value in (x - w / 2, y - h / 2, w, h))

    return _RECTANGLE.sub(rectangle, _DIMENSIONS.sub(dimensions, _AREA.sub(area, packet)))


def _short(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def mark_as_machine_colored(image: pyvips.Image) -> None:
    """Set the mark in the image's own XMP metadata."""
    set_packet(image, marked_xmp(packet_of(image)))


def packet_of(image: pyvips.Image) -> str | None:
    """The image's XMP, or None. What is no UTF-8 in it comes back as it was."""
    if "xmp-data" not in image.get_fields():
        return None
    return bytes(image.get("xmp-data")).decode("utf-8", errors="surrogateescape").rstrip("\0")


def set_packet(image: pyvips.Image, packet: str) -> None:
    """Give the image that XMP."""
    image.set_type(pyvips.GValue.blob_type, "xmp-data", packet.encode("utf-8", errors="surrogateescape"))
