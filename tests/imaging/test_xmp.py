from xml.etree import ElementTree

import pytest

from colorizing_things.imaging.xmp import SOURCE_TYPE, marked_xmp

OTHER = "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm"
HEAD = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)
TAIL = '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
NAMESPACES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'


@pytest.mark.parametrize(
    "packet",
    [
        None,
        "",
        "not xml at all",
        f'{HEAD}<rdf:Description rdf:about="" {NAMESPACES} dc:format="image/jpeg"/>{TAIL}',
        f'{HEAD}<rdf:Description rdf:about="" {NAMESPACES} ext:DigitalSourceType="{OTHER}" dc:format="x"/>{TAIL}',
        f"{HEAD}<rdf:Description {NAMESPACES}><ext:DigitalSourceType>{OTHER}</ext:DigitalSourceType>"
        f"<dc:format>x</dc:format></rdf:Description>{TAIL}",
    ],
)
def test_the_mark_is_set_once_and_the_rest_kept(packet):
    marked = marked_xmp(packet)
    tree = ElementTree.fromstring(marked.replace("\ufeff", "").split("?>", 1)[1].rsplit("<?", 1)[0])
    name = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
    found = [e.attrib[name] for e in tree.iter() if name in e.attrib] + [e.text for e in tree.iter(name)]
    assert found == [SOURCE_TYPE]
    assert OTHER not in marked
    if packet and "dc:format" in packet:
        assert marked.count("dc:format") == packet.count("dc:format")
    assert marked_xmp(marked) == marked
