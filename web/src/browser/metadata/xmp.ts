/** XMP packets: IPTC's mark that the colours are machine-made, and regions turned with the picture (imaging/xmp.py). */
import { joined, type Bytes } from './bytes';

// IPTC NewsCodes, digital source type: captured media modified by a trained model.
const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';
const DESCRIPTION =
  '<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"' +
  ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"' +
  ` Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}"/>`;
const PACKET =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' +
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  `${DESCRIPTION}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
const AS_ATTRIBUTE = /(\w+:DigitalSourceType\s*=\s*["'])[^"']*/;
const AS_ELEMENT = /(<\w+:DigitalSourceType\b[^>]*>)[^<]*/;
const END = /<\/\w+:RDF\s*>(?![\s\S]*<\/\w+:RDF\s*>)/; // the last one

/** A packet with the digital source type set; everything else in it stays as it was. */
export function marked(packet: Uint8Array | null): Bytes {
  return packet ? changed(packet, markedText) : joined(new TextEncoder().encode(PACKET));
}

function markedText(packet: string): string {
  for (const pattern of [AS_ATTRIBUTE, AS_ELEMENT]) {
    if (pattern.test(packet)) return packet.replace(new RegExp(pattern, 'g'), `$1${SOURCE_TYPE}`);
  }
  if (!END.test(packet)) return packetAsLatin; // an empty or foreign packet: there is nothing to keep
  return packet.replace(END, (end) => DESCRIPTION + end);
}

const packetAsLatin = latin(new TextEncoder().encode(PACKET));

const ORIENTATION = /(<(?:\w+):Orientation\s*>|\btiff:Orientation\s*=\s*["'])\s*[2-8]\s*/g;
const AREA = /<([\w-]+:Area)\b[^>]*?(?:\/>|>[\s\S]*?<\/\1\s*>)/g;
const DIMENSIONS = /<([\w-]+:AppliedToDimensions)\b[^>]*?(?:\/>|>[\s\S]*?<\/\1\s*>)/g;
const NUMBER = /:([xywh])(\s*=\s*["']|\s*>)\s*([\d.eE+-]+)/g;
const RECTANGLE = /(:Rectangle(?:\s*=\s*["']|\s*>))([^"'<]*)/g;

type Point = [number, number];
const TURNS: Record<number, (x: number, y: number) => Point> = {
  2: (x, y) => [1 - x, y],
  3: (x, y) => [1 - x, 1 - y],
  4: (x, y) => [x, 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [1 - y, x],
  7: (x, y) => [1 - y, 1 - x],
  8: (x, y) => [y, 1 - x],
};

/** The packet of a picture that was set upright: its orientation is 1, and regions lie where the faces are. */
export function uprightXmp(packet: Uint8Array, orientation: number): Bytes {
  return changed(packet, (text) => uprightText(text, orientation));
}

function uprightText(packet: string, orientation: number): string {
  const straight = packet.replace(ORIENTATION, '$11');
  const turn = TURNS[orientation];
  if (!turn) return straight;
  const turned = orientation > 4;

  const area = (found: string): string => {
    const said = numbersIn(found);
    if (!('x' in said && 'y' in said)) return found;
    [said['x'], said['y']] = turn(Number(said['x']), Number(said['y'])).map(short) as [string, string];
    if (turned && 'w' in said && 'h' in said) [said['w'], said['h']] = [said['h'], said['w']];
    return withNumbers(found, said);
  };
  const dimensions = (found: string): string => {
    const { w, h } = numbersIn(found);
    return turned && w && h ? withNumbers(found, { w: h, h: w }) : found;
  };
  const rectangle = (found: string, start: string, text: string): string => {
    const sides = text.split(',').map(Number);
    if (sides.length !== 4 || sides.some(Number.isNaN)) return found;
    const [x, y, w, h] = sides as [number, number, number, number];
    const [cx, cy] = turn(x + w / 2, y + h / 2);
    const [wide, high] = turned ? [h, w] : [w, h];
    return start + [cx - wide / 2, cy - high / 2, wide, high].map(short).join(', ');
  };
  return straight.replace(AREA, area).replace(DIMENSIONS, dimensions).replace(RECTANGLE, rectangle);
}

function numbersIn(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(NUMBER)].map(([, name = '', , value = '']) => [name, value]));
}

function withNumbers(text: string, said: Record<string, string>): string {
  return text.replace(
    NUMBER,
    (_, name: string, middle: string, value: string) => `:${name}${middle}${said[name] ?? value}`,
  );
}

function short(value: number): string {
  return value.toFixed(6).replace(/\.?0+$/, '');
}

/** Byte by byte, so that what is no UTF-8 in a packet comes back as it was. */
function changed(packet: Uint8Array, change: (text: string) => string): Bytes {
  return Uint8Array.from(change(latin(packet).replace(/\0+$/, '')), (char) => char.charCodeAt(0));
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder('x-user-defined')
    .decode(bytes)
    .replace(/[\uf780-\uf7ff]/g, (char) => String.fromCharCode(char.charCodeAt(0) & 0xff));
}
