/** Bytes put together and compared. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function joined(...parts: (Uint8Array | number[])[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function uint32(value: number, littleEndian = false): Bytes {
  const bytes = new Uint8Array(4);
  view(bytes).setUint32(0, value, littleEndian);
  return bytes;
}
