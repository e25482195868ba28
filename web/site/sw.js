// The service worker: keeps the page, so that it opens without a network, and isolates it, so that it has threads.
// `colorize site` fills in the two lists. What is in KEPT is put there by the page itself, as it shows how far that is.
const SHELL = ['__SHELL__'];
const KEPT = ['__KEPT__'];
const CACHE = 'colorizing-things';
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const addresses = (names) => names.map((name) => new URL(name, self.registration.scope).href);

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(self.registration.scope))
    event.respondWith(answer(request));
});

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(addresses(SHELL).map((address) => new Request(address, { cache: 'no-cache' })));
  await self.skipWaiting();
}

/** Forget what an older version had. */
async function activate() {
  const cache = await caches.open(CACHE);
  const ours = new Set(addresses([...SHELL, ...KEPT]));
  for (const { url } of await cache.keys()) if (!ours.has(url)) await cache.delete(url);
  await self.clients.claim();
}

async function answer(request) {
  const { scope } = self.registration;
  const page =
    request.mode === 'navigate' && [scope, `${scope}index.html`].includes(request.url.split(/[?#]/)[0]);
  const cache = await caches.open(CACHE);
  const known = await cache.match(page ? `${scope}index.html` : request);
  return isolated(known ?? (await fetch(request)));
}

/** The same with the two headers that many a static host cannot be made to send. */
function isolated(response) {
  if (response.type === 'opaque' || response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
