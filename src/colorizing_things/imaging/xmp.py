"""The mark that says the colours are machine-made: IPTC's digital source type, in XMP, never in the pixels."""

from __future__ import annotations

import re

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


def mark_as_machine_colored(image: pyvips.Image) -> None:
    """Set the mark in the image's own XMP metadata."""
    packet = None
    if "xmp-data" in image.get_fields():
        packet = bytes(image.get("xmp-data")).decode("utf-8", errors="replace").rstrip("\0")
    image.set_type(pyvips.GValue.blob_type, "xmp-data", marked_xmp(packet).encode())
