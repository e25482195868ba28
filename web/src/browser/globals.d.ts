/** ONNX Runtime's WebAssembly, gzipped, in the site's folder: named by vite.config.js. */
declare const RUNTIMES: Record<'processor' | 'graphics', { file: string; bytes: number }>;
