import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { '#backend': '/src/server/backend.ts' } },
  base: './', // works under any path a proxy gives it
  build: {
    outDir: '../src/colorizing_things/web/dist', // shipped in the wheel: users need no Node
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the server's content security policy knows no data: fonts or scripts
    modulePreload: { polyfill: false },
    license: { fileName: 'licences.md' },
  },
  server: {
    // `npm run dev` beside a running `colorize serve`
    proxy: { '/v1': 'http://127.0.0.1:8000' },
  },
});
