/** ONNX Runtime's WebAssembly, gzipped, in the site's folder: named by vite.config.ts. */
declare const RUNTIME: { file: string; bytes: number };
