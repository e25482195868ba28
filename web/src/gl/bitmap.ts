/** The server's grey PNG as it is: no colour management and no alpha may touch its codes. */
export async function decodeLightness(png: Blob): Promise<ImageBitmap> {
  return createImageBitmap(png, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
}
