/** A name for something of ours. `crypto.randomUUID` is only there under https or on localhost; this is everywhere. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-');
}
