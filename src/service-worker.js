// The page without a network: keeps the files of one build, all of them or none, and gives them to the page.
//
// A new build is another service worker. It gathers its files while the page goes on with the old ones, and waits until
// no window of the page is open any more, or until the person wants it: what belongs to two builds never comes together.
// What a feed answers is never kept here; what a technician takes along is kept, and asked for, by the page.

/** Put here by the build: the hash of each file, by its address beside the page, and one that tells the build from others. */
const BUILD = { name: '', files: {} };

/** The page itself. Some servers have no other address for it. */
const PAGE = './';
/** What the deployment has set. */
const SETTINGS = 'fieldflash.json';
/** What the names of the caches with a build's files begin with. */
const PREFIX = 'fieldflash-page-';
/** Where the settings are kept as they were last seen. They belong to no build. */
const SEEN = 'fieldflash-settings';
/** How long a server may be silent about what is there already, in ms. */
const PATIENCE = 4000;

const own = PREFIX + BUILD.name;

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(activate()));
addEventListener('message', (event) => event.waitUntil(takeOver(event)));
addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  // What is asked for in a page's address is not for the server.
  const place = url.split(/[?#]/)[0];
  if (method !== 'GET' || !place.startsWith(registration.scope)) return;
  const name = place.slice(registration.scope.length);
  if (name === SETTINGS) event.respondWith(settings(event.request));
  else if (mode === 'navigate' && ['', 'index.html'].includes(name)) event.respondWith(page(event.request));
  else if (Object.hasOwn(BUILD.files, name)) event.respondWith(file(name, event.request));
});

async function install() {
  try {
    const cache = await caches.open(own);
    const fetched = Object.entries(BUILD.files).map(async ([name, integrity]) => {
      // A server may be between two builds: what is not of this one is refused by its hash.
      const response = await fetch(name, { integrity, cache: 'no-cache' });
      if (!response.ok) throw new Error(`HTTP ${response.status} for ${name}`);
      return [name, response];
    });
    for (const [name, response] of await Promise.all(fetched)) await cache.put(name, response);
  } catch (error) {
    await caches.delete(own);
    throw error;
  }
  // The page has read them before there was anyone to keep them.
  await settings(new Request(SETTINGS)).catch(() => {});
}

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== own) await caches.delete(name);
  await clients.claim();
}

/** The person wants the new build now: it is taken only where no other window still works with the old one. */
async function takeOver({ ports: [port] }) {
  const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const alone = windows.filter(({ url }) => url.startsWith(registration.scope)).length <= 1;
  port.postMessage(alone);
  if (alone) await skipWaiting();
}

/** The page of this build. Its headers are the deployment's, and may change without a new build. */
async function page(request) {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    // Asked whether anything has changed, a server speaks of the file alone.
    const response = await fetch(PAGE, { integrity: BUILD.files[PAGE], cache: 'reload', signal });
    const cache = await caches.open(own);
    await cache.put(PAGE, response.clone()).catch(() => {});
    return response;
  } catch {
    // There is no network, or another build.
    return file(PAGE, request);
  }
}

/** A file of this build. One that the browser has lost is asked for again. */
async function file(name, request) {
  const kept = await caches.match(name, { cacheName: own });
  return kept ?? fetch(request);
}

/** The settings as they are now; without a network, as they were last seen. */
async function settings(request) {
  const cache = await caches.open(SEEN);
  const seen = await cache.match(SETTINGS);
  try {
    const response = await fetch(request, seen && { signal: AbortSignal.timeout(PATIENCE) });
    if (response.status >= 500 && seen) return seen;
    // Where there is no room for them, they are still good for now.
    if (response.ok) await cache.put(SETTINGS, response.clone()).catch(() => {});
    return response;
  } catch (error) {
    if (seen) return seen;
    throw error;
  }
}
