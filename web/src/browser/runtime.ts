/** ONNX Runtime Web: the only module that knows it. */
import type * as Ort from 'onnxruntime-web';
import glue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import type { Field } from './field';

const MOST_THREADS = 4; // the network is small: more of them wait for each other

/** Throws where nobody waits for an answer any more. */
export type Check = () => void;

/** A graph, ready to run, one run at a time. */
export class Graph {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ort: typeof Ort,
    private readonly session: Ort.InferenceSession,
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
    const tensors: Record<string, Ort.Tensor> = {};
    for (const [name, { channels, height, width, data }] of Object.entries(feeds)) {
      tensors[name] = new this.ort.Tensor('float32', data, [1, channels, height, width]);
    }
    const run = this.#last.then(async () => {
      await heard();
      check();
      return this.session.run(tensors, [...wanted]);
    });
    this.#last = run.catch(() => {}); // the next one need not care
    const found = await run;
    return Object.fromEntries(
      Object.entries(found).map(([name, tensor]) => {
        const [, channels = 1, height = 1, width = 1] = tensor.dims;
        return [name, { channels, height, width, data: tensor.data as Float32Array }];
      }),
    );
  }
}

/** A run blocks its worker: before the next one, it is told what the page has said meanwhile. */
function heard(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), done());
    port2.postMessage(null);
  });
}

export interface Runtime {
  open(model: Uint8Array): Promise<Graph>;
}

/** `binary`: its WebAssembly. Threads need a page that is isolated from other origins (the service worker sees to it). */
export async function openRuntime(binary: Uint8Array<ArrayBuffer>): Promise<Runtime> {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.wasmPaths = { mjs: new URL(glue, self.location.href).href };
  ort.env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(navigator.hardwareConcurrency, MOST_THREADS)
    : 1;
  return {
    async open(model) {
      return new Graph(ort, await ort.InferenceSession.create(model, { executionProviders: ['wasm'] }));
    },
  };
}
