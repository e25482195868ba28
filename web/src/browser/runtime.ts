/** ONNX Runtime Web: the only module that knows it. */
import type * as Ort from 'onnxruntime-web';
import graphicsGlue from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import processorGlue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import type { Field } from './field';

const MOST_THREADS = 4; // the network is small: more of them wait for each other
// In its usual layout convolutions of 42 channels give nonsense (ONNX Runtime Web 1.30), in this one they do not.
const ON_GRAPHICS = { name: 'webgpu', preferredLayout: 'NCHW' } as const;

/** Throws where nobody waits for an answer any more. */
export type Check = () => void;

type Tensors = Record<string, Ort.Tensor>;
type Run = (feeds: Tensors, wanted: string[]) => Promise<Tensors>;

/** A graph, ready to run. */
export class Graph {
  #instead: Graph | null = null;

  constructor(
    private readonly ort: typeof Ort,
    private readonly session: Ort.InferenceSession,
    private readonly turns: Turns,
    private readonly lost?: Lost,
  ) {}

  get inputs(): readonly string[] {
    return this.session.inputNames;
  }

  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /** The `wanted` outputs for one picture, unless `check` throws when its turn comes. */
  async run(
    wanted: readonly string[],
    feeds: Record<string, Field>,
    check: Check = () => {},
  ): Promise<Record<string, Field>> {
    const tensors: Tensors = {};
    for (const [name, { channels, height, width, data }] of Object.entries(feeds)) {
      tensors[name] = new this.ort.Tensor('float32', data, [1, channels, height, width]);
    }
    const found = await this.turns.next(async () => {
      await heard();
      check();
      return this.#answer(tensors, [...wanted]);
    });
    return Object.fromEntries(
      Object.entries(found).map(([name, tensor]) => {
        const [, channels = 1, height = 1, width = 1] = tensor.dims;
        return [name, { channels, height, width, data: tensor.data as Float32Array }];
      }),
    );
  }

  /** Let another answer, from now on and as long as it can. */
  leaveTo(other: Graph): void {
    this.#instead = other;
  }

  async close(): Promise<void> {
    await this.turns.next(() => this.session.release());
  }

  #answer: Run = async (feeds, wanted) => {
    if (this.#instead) {
      try {
        return await this.#instead.#answer(feeds, wanted);
      } catch (error) {
        console.warn('the graphics card gave up:', error);
        this.#instead = null;
      }
    }
    const run = () => this.session.run(feeds, wanted) as Promise<Tensors>;
    return this.lost ? this.lost.during(run) : run();
  };
}

/** A run blocks its worker: before the next one, it is told what the page has said meanwhile. */
function heard(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), done());
    port2.postMessage(null);
  });
}

/** The runtime does one thing at a time, even where it waits for a graphics card. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();

  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}); // the next one need not care
    return done;
  }
}

/** A graphics card that is lost leaves its work undone and says nothing. */
class Lost {
  #isLost = false;
  #tell = () => {};

  constructor(device: GPUDevice) {
    void device.lost.then(() => {
      this.#isLost = true;
      this.#tell();
    });
  }

  during<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tell = () => reject(new Error('the graphics card was lost'));
      if (this.#isLost) this.#tell();
      else work().then(resolve, reject);
    });
  }
}

export interface Runtime {
  open(model: Uint8Array): Promise<Graph>;
  openOnGraphics: ((model: Uint8Array) => Promise<Graph>) | null; // it knows no graphics card
}

export type Kind = keyof typeof RUNTIMES;

/**
 * `binary`: its WebAssembly; `graphics` knows graphics cards, besides. Threads need a page that is isolated from other
 * origins (the service worker sees to it).
 */
export async function openRuntime(kind: Kind, binary: Uint8Array<ArrayBuffer>): Promise<Runtime> {
  const ort =
    kind === 'graphics' ? await import('onnxruntime-web/jspi') : await import('onnxruntime-web/wasm');
  const glue = kind === 'graphics' ? graphicsGlue : processorGlue;
  ort.env.logLevel = 'error'; // that shapes are counted by the processor is no news
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.wasmPaths = { mjs: new URL(glue, self.location.href).href };
  ort.env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(navigator.hardwareConcurrency, MOST_THREADS)
    : 1;
  const turns = new Turns();
  const session = (model: Uint8Array, provider: Ort.InferenceSession.ExecutionProviderConfig) =>
    turns.next(() => ort.InferenceSession.create(model, { executionProviders: [provider] }));
  const open = async (model: Uint8Array) => new Graph(ort, await session(model, 'wasm'), turns);
  const openOnGraphics = async (model: Uint8Array) => {
    const made = await session(model, ON_GRAPHICS);
    return new Graph(ort, made, turns, new Lost(await ort.env.webgpu.device));
  };
  return { open, openOnGraphics: kind === 'graphics' ? openOnGraphics : null };
}
