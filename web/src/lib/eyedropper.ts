/** The browser's own eyedropper, where it has one (Chromium today). TypeScript's DOM library does not know it. */
interface EyeDropper {
  open(): Promise<{ sRGBHex: string }>;
}

const maker = (window as unknown as { EyeDropper?: new () => EyeDropper }).EyeDropper;

export const canPickFromScreen = maker !== undefined;

/** A colour as `#rrggbb`; null if the user thought better of it. */
export async function pickFromScreen(): Promise<string | null> {
  if (!maker) return null;
  try {
    return (await new maker().open()).sRGBHex;
  } catch {
    return null;
  }
}
