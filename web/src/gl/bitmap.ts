/** The backend's picture as it is: no colour management and no alpha may touch its codes. */
export async function asItIs(picture: Blob): Promise<ImageBitmap> {
  return createImageBitmap(picture, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
}

/** The picture as this browser shows it, upright; null where it cannot. */
export async function asShown(picture: Blob): Promise<ImageBitmap | null> {
  return createImageBitmap(picture, { premultiplyAlpha: 'none' }).catch(() => null);
}

/** The same, no larger than `side`. */
export async function smaller(bitmap: ImageBitmap, side: number): Promise<ImageBitmap> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  return createImageBitmap(bitmap, {
    resizeWidth: Math.max(1, Math.round(scale * bitmap.width)),
    resizeHeight: Math.max(1, Math.round(scale * bitmap.height)),
    resizeQuality: 'low', // it stands in for a moment
  });
}
