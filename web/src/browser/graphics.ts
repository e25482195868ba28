/** Whether a graphics card may run the network. */

/** `never`; `always`, be it drawn by the processor, and however slow; or where it is the faster. */
export type GraphicsPreference = 'never' | 'always' | 'faster';

const MOST_APART = 0.05; // ab units, on average: .001 comes of rounding
const MOST_APART_ANYWHERE = 1;
const IN_SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** Besides WebGPU it takes a WebAssembly that can wait for an answer (JSPI): without, the runtime is half as large again. */
export async function mayUseGraphics(preference: GraphicsPreference): Promise<boolean> {
  if (preference === 'never' || !('Suspending' in WebAssembly)) return false;
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter && (preference === 'always' || !isSoftware(adapter.info)));
}

export function isSoftware(info: GPUAdapterInfo): boolean {
  const { isFallbackAdapter, vendor, architecture, description } = info;
  return isFallbackAdapter || IN_SOFTWARE.test(`${vendor} ${architecture} ${description}`);
}

/** Whether two fields of colours are one but for rounding; numbers that are none are not. */
export function alike(one: Float32Array, other: Float32Array): boolean {
  const apart = one.map((value, at) => Math.abs(value - (other[at] as number)));
  const mean = apart.reduce((sum, value) => sum + value, 0) / apart.length;
  return mean < MOST_APART && apart.every((value) => value < MOST_APART_ANYWHERE);
}
