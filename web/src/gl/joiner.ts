/** Lightness and chroma, joined on the graphics card, so that sliders never wait for the server. */
import fragmentSource from './join.frag?raw';
import vertexSource from './join.vert?raw';
import { chromaLimits, F_TO_LINEAR, L_STEPS, TURN_STEPS } from './gamut';
import type { Chroma, Look } from '../lib/types';

const WARMTH = 12; // options.py: b at the warmest

/** Where the picture lies on the canvas, and how it shall look. Lengths are device pixels. */
export interface Scene {
  width: number;
  height: number;
  offset: [number, number];
  drawn: [number, number];
  look: Look;
  split: number; // what lies left of it is as it was
  density: number;
}

const UNIFORMS = [
  'canvas',
  'offset',
  'drawn',
  'saturation',
  'warmth',
  'strength',
  'split',
  'toned',
  'density',
] as const;
const TEXTURES = ['lightness', 'original', 'chroma', 'limits'] as const;

export class NoWebGL extends Error {
  constructor() {
    super(
      'This browser shows no WebGL 2, which the preview needs. Downloads and the command line work without.',
    );
  }
}

export class Joiner {
  readonly largestSide: number;
  readonly #gl: WebGL2RenderingContext;
  readonly #places: Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
  readonly #textures: Record<(typeof TEXTURES)[number], WebGLTexture>;
  #lightness: ImageBitmap | null = null;
  #original: ImageBitmap | null = null;
  #chroma: Chroma | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext('webgl2', { antialias: false, depth: false, powerPreference: 'low-power' });
    if (!gl) throw new NoWebGL();
    this.#gl = gl;
    this.largestSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    const program = link(gl);
    gl.useProgram(program);
    this.#places = byName(UNIFORMS, (name) => gl.getUniformLocation(program, name));
    this.#textures = byName(TEXTURES, (name) => {
      const unit = TEXTURES.indexOf(name);
      gl.uniform1i(gl.getUniformLocation(program, name), unit);
      return emptyTexture(gl, unit);
    });
    gl.uniformMatrix3fv(gl.getUniformLocation(program, 'fToLinear'), true, F_TO_LINEAR.flat());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.#bind('limits');
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, TURN_STEPS, L_STEPS, 0, gl.RED, gl.FLOAT, chromaLimits());
  }

  /** False after the graphics card was reset: make another Joiner. */
  get alive(): boolean {
    return !this.#gl.isContextLost();
  }

  /** Does nothing if it is there already. Null: it is not known yet, and nothing is clear. */
  setLightness(bitmap: ImageBitmap | null, hasAlpha: boolean): void {
    if (bitmap === this.#lightness) return;
    this.#lightness = bitmap;
    if (bitmap) this.#fill('lightness', bitmap, hasAlpha);
    else this.#empty('lightness');
  }

  /** What a toned photograph was before; null: its lightness says it. */
  setOriginal(bitmap: ImageBitmap | null): void {
    if (bitmap === this.#original) return;
    this.#original = bitmap;
    if (bitmap) this.#fill('original', bitmap, true);
  }

  /** Does nothing if it is there already. */
  setChroma(chroma: Chroma): void {
    if (chroma === this.#chroma) return;
    this.#chroma = chroma;
    const gl = this.#gl;
    const { width, height, data } = taps(chroma);
    this.#bind('chroma');
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, width, height, 0, gl.RGBA, gl.FLOAT, data);
  }

  /** Show nothing. */
  clear(): void {
    this.#gl.clear(this.#gl.COLOR_BUFFER_BIT);
  }

  draw(scene: Scene): void {
    const gl = this.#gl;
    const { width, height } = scene;
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.uniform2f(this.#places.canvas, width, height);
    gl.uniform2f(this.#places.offset, ...scene.offset);
    gl.uniform2f(this.#places.drawn, ...scene.drawn);
    gl.uniform1f(this.#places.saturation, scene.look.saturation);
    gl.uniform1f(this.#places.warmth, WARMTH * scene.look.warmth);
    gl.uniform1f(this.#places.strength, scene.look.strength);
    gl.uniform1f(this.#places.split, scene.split);
    gl.uniform1f(this.#places.toned, this.#original ? 1 : 0);
    gl.uniform1f(this.#places.density, scene.density);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #fill(name: 'lightness' | 'original', bitmap: ImageBitmap, whole: boolean): void {
    const gl = this.#gl;
    this.#bind(name);
    if (whole) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    else gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, gl.RED, gl.UNSIGNED_BYTE, bitmap);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  }

  #empty(name: 'lightness'): void {
    this.#bind(name);
    blacken(this.#gl);
  }

  #bind(name: (typeof TEXTURES)[number]): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + TEXTURES.indexOf(name));
    gl.bindTexture(gl.TEXTURE_2D, this.#textures[name]);
  }
}

/**
 * What a bicubic enlargement fetches, made ready: texels 2x and 2x + 1 of row y + 2 hold a and b of the cells x - 2 to
 * x + 1 of row y (-2 to height + 1), the edge repeated. So the shader, of which it is the dearest part, fetches 8 times
 * rather than 16.
 */
function taps({ width, height, ab }: Chroma) {
  const [columns, rows] = [width + 1, height + 4];
  const data = new Float32Array(8 * columns * rows);
  const inside = (at: number, length: number) => Math.min(Math.max(at, 0), length - 1);
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let plane = 0; plane < 2; plane++) {
        const line = (plane * height + inside(row - 2, height)) * width;
        for (let tap = -2; tap < 2; tap++) data[to++] = ab[line + inside(column + tap, width)] ?? 0;
      }
    }
  }
  return { width: 2 * columns, height: rows, data };
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) continue; // only where the context is lost
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The preview's shader does not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

/** One black pixel, clamped and unfiltered, until there is something to show. */
function emptyTexture(gl: WebGL2RenderingContext, unit: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  blacken(gl);
  return texture;
}

function blacken(gl: WebGL2RenderingContext): void {
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, 1, 1, 0, gl.RED, gl.UNSIGNED_BYTE, new Uint8Array(1));
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
}

function byName<Name extends string, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
