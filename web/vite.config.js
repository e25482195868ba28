import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { defaultClientConditions, defineConfig } from 'vite';

// Two builds of one page. `vite build`: for `colorize serve`, which colours. `vite build --mode site`: the shell of a
// page that colours by itself; `colorize site` puts the model beside it. Both are shipped in the wheel: users need no
// Node.
export default defineConfig(({ mode }) => (mode === 'site' ? site() : server()));

function common(backend, folder) {
  return {
    plugins: [svelte()],
    resolve: { alias: { '#backend': `/src/${backend}/backend.ts` } },
    base: './', // works under any path
    build: {
      outDir: `../src/colorizing_things/web/${folder}`,
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
  };
}

function server() {
  const page = common('server', 'dist');
  return { ...page, plugins: [...page.plugins, apiPage()] };
}

/** Swagger UI as it comes from npm, for the API's own page (server/page.py). */
function apiPage() {
  const require = createRequire(import.meta.url);
  const FILES = [
    'swagger-ui.css',
    'swagger-ui-bundle.js',
    'swagger-ui-bundle.js.LICENSE.txt',
    'LICENSE',
    'NOTICE',
  ];
  return {
    name: 'api-page',
    generateBundle() {
      for (const name of FILES) {
        const text = readFileSync(require.resolve(`swagger-ui-dist/${name}`), 'utf-8');
        const source = text.replace(/\n?(\/\/|\/\*)# sourceMappingURL=.*$/m, '');
        this.emitFile({ type: 'asset', fileName: `docs/${name}`, source });
      }
    },
  };
}

function site() {
  const page = common('browser', 'site');
  // ONNX Runtime's WebAssembly comes gzipped, as not every host compresses; the page unpacks it.
  const require = createRequire(import.meta.url);
  const packed = (build, name) => {
    const wasm = require.resolve(`onnxruntime-web/ort-wasm-${build}.wasm`);
    const { version } = JSON.parse(readFileSync(new URL('../package.json', `file://${wasm}`), 'utf-8'));
    return {
      file: `runtime/${name}-${version}.wasm.gz`,
      data: gzipSync(readFileSync(wasm), { level: 9 }),
    };
  };
  const runtimes = {
    processor: packed('simd-threaded', 'onnxruntime'),
    graphics: packed('simd-threaded.jspi', 'onnxruntime-graphics'), // fetched only where there is a graphics card
  };
  const told = Object.entries(runtimes).map(([kind, { file, data }]) => [kind, { file, bytes: data.length }]);
  return {
    ...page,
    plugins: [...page.plugins, inTheSite(Object.values(runtimes))],
    resolve: { ...page.resolve, conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
    define: { RUNTIMES: JSON.stringify(Object.fromEntries(told)) },
    worker: {
      format: 'es',
      plugins: () => [licences()],
      // The runtime's own script is a module, whatever a host makes of the suffix .mjs.
      rolldownOptions: {
        output: {
          assetFileNames: (asset) =>
            asset.names[0].endsWith('.mjs') ? 'assets/[name]-[hash].js' : 'assets/[name]-[hash][extname]',
        },
      },
    },
  };
}

/** What the site has beside the page: the runtimes, and the files in `site/`. */
function inTheSite(runtimes) {
  const HEAD = `
    <meta
      http-equiv="Content-Security-Policy"
      content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'"
    />
    <link rel="manifest" href="./manifest.webmanifest" />
    <link rel="apple-touch-icon" href="./icon-192.png" />`;
  // Seen only where the script does not come, which empties it.
  const NOT_STARTED = `
      <style>
        .not-started {
          max-width: 34rem;
          margin: 15vh auto;
          padding: 0 1.25rem;
          font: 1rem/1.5 system-ui, sans-serif;
          animation: late 3s step-end;
        }
        @keyframes late {
          from {
            visibility: hidden;
          }
        }
      </style>
      <div class="not-started">
        <h1>This page has not started</h1>
        <p>
          If the address above begins with <b>file:</b>, it cannot: browsers let a page that is opened as a file start no script of
          ours. Put this folder on a web server, or start one in it:
        </p>
        <pre>python -m http.server --directory this-folder</pre>
        <p>and open <b>http://127.0.0.1:8000</b>. Your photographs stay on your device then, too.</p>
        <p>If it begins with <b>http</b>, reload the page: something of it did not arrive.</p>
      </div>
    `;
  return {
    name: 'site',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        html
          .replace('/src/main.ts', '/src/site.ts')
          .replace('<meta charset="utf-8" />', `$&${HEAD}`)
          .replace('<div id="app">', `$&${NOT_STARTED}`),
    },
    generateBundle() {
      for (const { file, data } of runtimes) this.emitFile({ type: 'asset', fileName: file, source: data });
      const folder = new URL('site/', import.meta.url);
      for (const name of readdirSync(folder)) {
        this.emitFile({ type: 'asset', fileName: name, source: readFileSync(new URL(name, folder)) });
      }
    },
  };
}

/** The licences of what the worker is made of: `build.license` tells the page's own. */
function licences() {
  return {
    name: 'licences',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
      const folders = new Set(
        modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []),
      );
      const texts = [...folders].sort().map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf-8'));
        const files = readdirSync(folder, { recursive: true }).filter((path) =>
          /(^|\/)licen[cs]e[^/]*$/i.test(path),
        );
        const found = files.filter((path) => !path.includes('node_modules'));
        const text = found.map((path) => readFileSync(`${folder}/${path}`, 'utf-8')).join('\n');
        return `## ${name} - ${version} (${license})\n\n${text || 'Its text is in runtime/LICENSE.'}\n`;
      });
      const source = `# Licences of the worker\n\n${texts.join('\n')}`;
      this.emitFile({ type: 'asset', fileName: 'worker-licences.md', source });
    },
  };
}
