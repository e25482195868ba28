/** Where the picture lies on the stage. d3-zoom knows wheels, pinches and drags; this keeps its transform. */
import { select, type Selection } from 'd3-selection';
import { zoom, zoomIdentity, type ZoomBehavior, type ZoomTransform } from 'd3-zoom';

const MARGIN = 20; // px of calm around a fitted picture
const LARGEST_FIT = 4; // a tiny picture is not blown up further by itself
const CLOSEST = 16;

/** A part of the stage, CSS pixels. */
export interface Shown {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export class Viewport {
  transform = $state.raw<ZoomTransform>(zoomIdentity);
  locked = false; // one finger or the mouse draws instead of panning
  width = $state(0); // of the stage, CSS pixels
  height = $state(0);

  #selection: Selection<HTMLElement, unknown, null, undefined> | null = null;
  #zoom: ZoomBehavior<HTMLElement, unknown>;
  #picture: [number, number] = [1, 1];

  constructor() {
    this.#zoom = zoom<HTMLElement, unknown>()
      .clickDistance(5)
      .filter((event: MouseEvent) => isForPicture(event) && (!this.locked || isForZoom(event)))
      .on('zoom', (event: { transform: ZoomTransform }) => (this.transform = event.transform));
  }

  /** Listen to a stage; returns how to stop. */
  attach(stage: HTMLElement): () => void {
    this.#selection = select<HTMLElement, unknown>(stage);
    this.#selection.call(this.#zoom).on('dblclick.zoom', null); // two clicks are two hints
    const observer = new ResizeObserver(([entry]) => {
      if (entry) this.#resize(entry.contentRect.width, entry.contentRect.height);
    });
    observer.observe(stage);
    return () => {
      observer.disconnect();
      this.#selection?.on('.zoom', null);
      this.#selection = null;
    };
  }

  setPicture(width: number, height: number): void {
    this.#picture = [width, height];
    this.#constrain();
    this.fit();
  }

  get fitScale(): number {
    const [width, height] = this.#picture;
    const margin = Math.min(MARGIN, this.width / 40);
    const fit = Math.min((this.width - 2 * margin) / width, (this.height - 2 * margin) / height);
    return Math.max(Math.min(fit, LARGEST_FIT), 1e-4);
  }

  get fitted(): boolean {
    return Math.abs(this.transform.k / this.fitScale - 1) < 1e-3;
  }

  fit(): void {
    const [width, height] = this.#picture;
    const k = this.fitScale;
    const x = (this.width - k * width) / 2;
    const y = (this.height - k * height) / 2;
    this.#go(zoomIdentity.translate(x, y).scale(k));
  }

  /** One pixel of the picture on one of the screen. */
  actual(): void {
    this.#selection?.call(this.#zoom.scaleTo, 1 / devicePixelRatio);
  }

  /** Bring a place of the picture into the middle, near enough to judge it. */
  show(x: number, y: number): void {
    const k = Math.max(this.transform.k, Math.min(2 * this.fitScale, CLOSEST));
    this.#go(zoomIdentity.translate(this.width / 2 - k * x, this.height / 2 - k * y).scale(k));
    this.panBy(0, 0); // no further than the picture goes
  }

  zoomBy(factor: number): void {
    this.#selection?.call(this.#zoom.scaleBy, factor);
  }

  panBy(x: number, y: number): void {
    this.#selection?.call(this.#zoom.translateBy, x / this.transform.k, y / this.transform.k);
  }

  /** A point of the stage in the picture's pixels; null outside. */
  toPicture(x: number, y: number): [number, number] | null {
    const [px, py] = this.transform.invert([x, y]);
    const [width, height] = this.#picture;
    return px >= 0 && py >= 0 && px < width && py < height ? [px, py] : null;
  }

  /** The nearest point of the picture. */
  toPictureHeld(x: number, y: number): [number, number] {
    const [px, py] = this.transform.invert([x, y]);
    const [width, height] = this.#picture;
    return [Math.min(Math.max(px, 0), width - 0.01), Math.min(Math.max(py, 0), height - 0.01)];
  }

  /** The part of the stage that the picture covers. */
  get shown(): Shown {
    const [width, height] = this.#picture;
    const left = Math.max(0, this.transform.x);
    const top = Math.max(0, this.transform.y);
    const right = Math.max(left, Math.min(this.width, this.transform.applyX(width)));
    const bottom = Math.max(top, Math.min(this.height, this.transform.applyY(height)));
    return { left, right, top, bottom };
  }

  #resize(width: number, height: number): void {
    const wasFitted = !this.width || this.fitted;
    this.width = width;
    this.height = height;
    this.#constrain();
    if (wasFitted) this.fit();
    else this.panBy(0, 0);
  }

  #constrain(): void {
    const fit = this.fitScale;
    this.#zoom
      .extent([
        [0, 0],
        [this.width, this.height],
      ])
      .translateExtent([[0, 0], this.#picture])
      .scaleExtent([Math.min(fit, 1 / devicePixelRatio), Math.max(CLOSEST, fit)]);
  }

  #go(transform: ZoomTransform): void {
    this.#selection?.call(this.#zoom.transform, transform);
  }
}

/** The main button, a finger, or the wheel; not on a dot or the chooser, which have uses of their own for them. */
function isForPicture(event: MouseEvent): boolean {
  if (event.type === 'wheel') return !isWithin(event.target, '[role=dialog]');
  return !event.button && !event.ctrlKey && !isWithin(event.target, 'button, input, [role=dialog]');
}

function isForZoom(event: MouseEvent | TouchEvent): boolean {
  return event.type === 'wheel' || ('touches' in event && event.touches.length > 1);
}

function isWithin(target: EventTarget | null, selector: string): boolean {
  return target instanceof Element && target.closest(selector) !== null;
}
