#version 300 es
// Joins full-size lightness with a small field of ab, as color/join.py does: bicubic enlargement, the look, chroma
// pulled into the sRGB gamut at constant L and hue, sRGB. Units are CIELAB's.
precision highp float;
precision highp sampler2D;

uniform sampler2D lightness;   // neutral sRGB codes; alpha, where there is some
uniform sampler2D original;    // the file's own colours, where they are not grey
uniform sampler2D chroma;      // four neighbours of a, then of b, for each place: see `taps` in joiner.ts
uniform sampler2D limits;      // largest chroma by (diamond angle, lightness)

uniform vec2 canvas;     // size in device pixels
uniform vec2 offset;     // of the picture's corner, in device pixels
uniform vec2 drawn;      // the picture's size on the canvas, in device pixels
uniform float saturation;
uniform float warmth;    // already in units of b
uniform float strength;
uniform float split;     // device pixels from the left: what lies left of it stays as it was
uniform float toned;     // 1: as it was is the original; 0: the lightness
uniform float density;   // device pixels per CSS pixel
uniform mat3 fToLinear;

out vec4 color;

float fOfLightness(float code) {
  float linear = code <= 0.04045 ? code / 12.92 : pow((code + 0.055) / 1.055, 2.4);
  return linear > 0.008856 ? pow(linear, 1.0 / 3.0) : 7.787 * linear + 16.0 / 116.0;
}

float fInverse(float f) {
  return f > 0.2068966 ? f * f * f : (f - 16.0 / 116.0) / 7.787;
}

vec3 toLinear(float fy, vec2 ab) {
  float dx = ab.x / 500.0;
  float dz = ab.y / -200.0;
  return fToLinear * vec3(fInverse(fy + dx), fInverse(fy), fInverse(fy + dz));
}

vec3 toSrgb(vec3 linear) {
  vec3 held = clamp(linear, 0.0, 1.0);
  return mix(1.055 * pow(held, vec3(1.0 / 2.4)) - 0.055, held * 12.92, lessThanEqual(held, vec3(0.0031308)));
}

vec4 catmullRom(float t) {
  float u = 1.0 - t;
  return vec4(
    -0.5 * t * u * u,
    1.5 * t * t * t - 2.5 * t * t + 1.0,
    1.5 * u * u * u - 2.5 * u * u + 1.0,
    -0.5 * u * t * t
  );
}

vec2 enlarged(vec2 where) {
  vec2 size = vec2(textureSize(chroma, 0) - ivec2(2, 4)) / vec2(2.0, 1.0);
  vec2 center = where * size - 0.5;
  vec2 base = floor(center);
  vec4 across = catmullRom(center.x - base.x);
  vec4 down = catmullRom(center.y - base.y);
  ivec2 at = ivec2(2, 1) * (ivec2(base) + 1);
  vec2 sum = vec2(0.0);
  for (int row = 0; row < 4; row++) {
    vec4 a = texelFetch(chroma, at + ivec2(0, row), 0);
    vec4 b = texelFetch(chroma, at + ivec2(1, row), 0);
    sum += down[row] * vec2(dot(across, a), dot(across, b));
  }
  return sum;
}

float pullIn(float fy, vec2 ab) {
  float turn = ab.y / max(abs(ab.x) + abs(ab.y), 1e-6);
  if (ab.x < 0.0) turn = 2.0 - turn;
  ivec2 steps = textureSize(limits, 0);
  int column = int((turn + 1.0) * float(steps.x) / 4.0) % steps.x;
  int row = clamp(int((116.0 * fy - 16.0) * float(steps.y) / 100.0), 0, steps.y - 1);
  return min(1.0, texelFetch(limits, ivec2(column, row), 0).r / sqrt(max(dot(ab, ab), 1e-6)));
}

/** Over squares of two greys, as editors show what is clear. */
vec4 overSquares(vec3 rgb, float alpha, vec2 pixel) {
  vec2 square = floor(pixel / (8.0 * density));
  float under = mod(square.x + square.y, 2.0) < 0.5 ? 0.8 : 0.6;
  return vec4(mix(vec3(under), rgb, alpha), 1.0);
}

void main() {
  vec2 pixel = vec2(gl_FragCoord.x, canvas.y - gl_FragCoord.y);
  vec2 where = (pixel - offset) / drawn;
  vec4 seen = texture(lightness, where); // before any branch: mipmaps need neighbours
  vec3 before = mix(seen.rrr, texture(original, where).rgb, toned);
  if (any(lessThan(where, vec2(0.0))) || any(greaterThanEqual(where, vec2(1.0)))) {
    color = vec4(0.0);
    return;
  }
  if (pixel.x < split) {
    color = overSquares(before, seen.a, pixel);
    return;
  }
  float fy = fOfLightness(seen.r);
  vec2 ab = (enlarged(where) * saturation + vec2(0.0, warmth)) * strength;
  vec3 linear = toLinear(fy, ab);
  if (any(lessThan(linear, vec3(-1e-4))) || any(greaterThan(linear, vec3(1.0001)))) {
    linear = toLinear(fy, ab * pullIn(fy, ab));
  }
  color = overSquares(toSrgb(linear), seen.a, pixel);
}
