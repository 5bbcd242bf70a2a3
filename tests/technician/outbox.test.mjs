// Outcomes that wait for the network.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
/** One after the other, as the browser has it. */
let last = Promise.resolve();
Object.defineProperty(globalThis, 'navigator', {
  value: { locks: { request: (_, work) => (last = last.catch(() => {}).then(work)) } },
});
globalThis.addEventListener = () => {};
const { count, keep, send } = await import('../../src/technician/outbox.js');

/** What the server was sent, and the status that it answers with; `undefined` where there is no network. */
let sent;
let status;
globalThis.fetch = async (address, { headers, body }) => {
  if (status === undefined) throw new TypeError('Failed to fetch');
  sent.push([address, headers['Memfault-Project-Key'], body]);
  return { status };
};
const outcome = (number, key = 'key') => ['https://feed/outcomes', key, `duration_ms=${number}`];

beforeEach(() => {
  kept.clear();
  sent = [];
  status = 204;
});

test('each is sent once, the first one first, and none is left', async () => {
  for (const number of [1, 2, 3]) await keep(outcome(number));
  await Promise.all([send(), send()]);
  assert.deepEqual(sent.map(([, , body]) => body), ['duration_ms=1', 'duration_ms=2', 'duration_ms=3']);
  assert.equal(sent[0][1], 'key');
  assert.equal(count(), 0);
});

test('what waited says how long ago it was, whatever the clock says', async () => {
  const { now } = Date;
  try {
    Date.now = () => 5_000_000;
    await keep(outcome(1));
    await keep(outcome(2));
    kept.set('fieldflash.outcomes', JSON.stringify([...JSON.parse(kept.get('fieldflash.outcomes')), outcome(3)]));
    Date.now = () => 5_000_000 + 90_500;
    status = undefined;
    await send();
    status = 204;
    await send();
    Date.now = () => 5_000_000;
    await keep(outcome(4));
    Date.now = () => 1_000_000;
    await send();
  } finally {
    Date.now = now;
  }
  const bodies = sent.map(([, , body]) => body);
  // The third was kept by a page of before, and the clock was set back before the fourth was told.
  assert.deepEqual(bodies, ['duration_ms=1&age_seconds=90', 'duration_ms=2&age_seconds=90', 'duration_ms=3', 'duration_ms=4']);
});

test('without a network, and while the server is out of order or has enough, they stay', async () => {
  await keep(outcome(1));
  for (status of [undefined, 429, 503]) {
    await send();
    assert.equal(count(), 1, `${status}`);
  }
});

test('what the server refuses for good does not keep the others back', async () => {
  for (const number of [1, 2]) await keep(outcome(number));
  status = 400;
  await send();
  assert.equal(count(), 0);
});

test('where a gateway adds the project key none is sent', async () => {
  await keep(outcome(1, ''));
  await send();
  assert.equal(sent[0][1], undefined);
});

test('a thousand are kept, the oldest go first', async () => {
  for (let number = 0; number < 1002; number++) await keep(outcome(number));
  assert.equal(count(), 1000);
  await send();
  assert.equal(sent[0][2], 'duration_ms=2');
});

test('a browser that keeps nothing has none', () => {
  kept.set('fieldflash.outcomes', 'not JSON');
  assert.equal(count(), 0);
});
