// Releases that were taken along for work without a network: what the feed answered, and the payload that it led to.
//
// They are in a cache of the browser's under the addresses that they were fetched from, so that the page asks for them as
// it asks the feed, and checks them as it checks the feed's: hash, signature and versions are looked at each time.

/** The cache. */
const CACHE = 'fieldflash-taken-along';
/** Where a feed says which release is the latest, or a station gives one that was chosen. */
const QUESTION = /\/releases\/(latest|chosen)$/;
/** What of a question is not of the device that asks. */
const KIND = ['software_type', 'hardware_version', 'release', 'cohort'];
/** The headers that are added to an answer: when it was taken along, and where its payload was. */
const TAKEN = 'fieldflash-taken';
const PAYLOAD = 'fieldflash-payload';

const isQuestion = (address) => QUESTION.test(new URL(address).pathname);

/** Questions are the same whichever device asks, if it is of the same kind. */
function keyOf(address) {
  if (!isQuestion(address)) return address;
  const url = new URL(address);
  const kind = KIND.map((name) => [name, url.searchParams.get(name)]);
  url.search = new URLSearchParams(kind.filter(([, value]) => value !== null));
  return url.href;
}

/** What was taken along from this address, as a `Response`, or `undefined`. */
export async function taken(address) {
  const answer = await globalThis.caches?.match(keyOf(address), { cacheName: CACHE });
  const installed = isQuestion(address) && new URL(address).searchParams.get('current_version');
  if (!answer || !installed || installed !== (await answer.clone().json()).version) return answer;
  // As a feed would say it, with a reason of its own.
  return new Response(null, { status: 204, headers: { 'memfault-reason': 'taken-along' } });
}

/** Keeps the `answer` that came to a `question`, with the payload from `address`. */
export async function keep({ question, answer, address, payload }) {
  const cache = await caches.open(CACHE);
  const payloadAt = new URL(address, document.baseURI).href;
  const moment = new Date().toISOString();
  const headers = { 'content-type': 'application/json', [TAKEN]: moment, [PAYLOAD]: payloadAt };
  // Why a release was chosen, in the feed's own words: it was taken along.
  const text = JSON.stringify({ ...(await answer.json()), reason: `taken-along ${moment.slice(0, 10)}` });
  // An answer without its payload would promise too much, so the payload is kept first.
  await cache.put(payloadAt, new Response(payload, { headers: { 'content-length': `${payload.length}` } }));
  await cache.put(keyOf(question), new Response(text, { headers }));
  await clear(cache);
}

/** All that was taken along, by kind of device. */
export async function list() {
  const cache = await caches.open(CACHE);
  const questions = (await cache.keys()).filter(({ url }) => isQuestion(url));
  const releases = questions.map(async ({ url }) => {
    const answer = await cache.match(url);
    const payload = await cache.match(answer.headers.get(PAYLOAD));
    const { version, display_name: name } = await answer.json();
    return {
      question: url,
      hardwareVersion: new URL(url).searchParams.get('hardware_version'),
      version: name || version,
      taken: new Date(answer.headers.get(TAKEN)),
      size: payload && Number(payload.headers.get('content-length')),
    };
  });
  const byName = (a, b) => a.hardwareVersion.localeCompare(b.hardwareVersion);
  return (await Promise.all(releases)).sort(byName);
}

/** Removes what is kept for a question. */
export async function remove(question) {
  const cache = await caches.open(CACHE);
  await cache.delete(question);
  await clear(cache);
}

/** Removes the payloads that no answer leads to any more. */
async function clear(cache) {
  const addresses = (await cache.keys()).map(({ url }) => url);
  const answers = await Promise.all(addresses.filter(isQuestion).map((address) => cache.match(address)));
  const wanted = new Set(answers.map(({ headers }) => headers.get(PAYLOAD)));
  for (const address of addresses) if (!isQuestion(address) && !wanted.has(address)) await cache.delete(address);
}
