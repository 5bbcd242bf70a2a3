// The page itself: for everyone, on every screen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
/** The simulated device, so much faster than a real one that a test takes seconds. */
const fast = { simulated_speed: '50' };

async function worldWithRelease(t, kib) {
  const world = await World.of(t, { chip: false });
  await world.release(image(kib), { notes: 'Quieter fan.\nShows the temperature in degrees Celsius.' });
  return world;
}

test('a browser without any port is told which browsers work, and the simulated device still updates', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 64);
  await world.open(fast, { init: () => ['serial', 'usb'].forEach((name) => delete Navigator.prototype[name]) });
  assert.match(await world.text('unsupported'), /Chrome.*Edge/s);
  assert.equal(await world.the('connect').count(), 0);
  assert.equal(await world.the('connect-usb').count(), 0);
  await world.click('connect-simulated');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
});

test('what the browser or the product does not have is not offered', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 4);
  const offered = async () => {
    await world.the('connect-simulated').waitFor();
    return Promise.all(['connect', 'connect-usb'].map((id) => world.the(id).count()));
  };
  await world.open(fast);
  assert.deepEqual(await offered(), [1, 1]);
  world.station.describe({ usb: false });
  await world.visit(fast);
  assert.deepEqual(await offered(), [1, 0]);
  world.station.describe({ serial: false });
  await world.visit(fast);
  assert.deepEqual(await offered(), [0, 1]);
  await world.click('connect-simulated');
  assert.equal(await world.text('device-baud'), 'USB', 'the simulated device is on USB, too');
  // Chrome on Android before it had serial ports.
  world.station.describe({});
  await world.open(fast, { init: () => delete Navigator.prototype.serial });
  assert.deepEqual(await offered(), [0, 1]);
});

test('the progress counts up to the end through its phases', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 64);
  await world.open({ simulated_speed: '10' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await world.page.evaluate(() => {
    globalThis.seen = [];
    const look = () => {
      const bar = document.querySelector('[data-testid=progress]');
      const phase = document.querySelector('[data-testid=phase]')?.textContent;
      if (bar) globalThis.seen.push([phase, Number(bar.getAttribute('aria-valuenow'))]);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  const seen = await world.page.evaluate(() => globalThis.seen);
  const phases = [...new Set(seen.map(([phase]) => phase))];
  for (const phase of ['Erasing', 'Writing', 'Checking what was written']) assert.ok(phases.includes(phase), `${phases}`);
  const values = seen.filter(([phase]) => phase !== 'Downloading').map(([, value]) => value);
  assert.ok(values.every((value, at) => at === 0 || value >= values[at - 1]), `it went back: ${values}`);
  assert.ok(Math.max(...values) >= 95, `it ended at ${Math.max(...values)}`);
});

test('a device can be picked before the second part of the page is there', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(16));
  await world.open();
  // It is in the second part, which is asked for once more by the page that is opened next.
  await world.the('technician').waitFor();
  let arrive;
  const asked = new Promise((resolve) => world.page.route('**/work-*_bg.wasm', (route) => resolve((arrive = () => route.continue()))));
  await world.page.reload();
  await asked;
  await world.click('connect-known');
  assert.equal(await world.the('log').count(), 0);
  await arrive();
  await world.the('update').waitFor();
});

test('what is loaded for the first view is less than 250 KB, and the second part only once that is shown', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const loaded = new Map();
  world.page = await world.window({ init: () => (globalThis.requestIdleCallback = (then) => (globalThis.rest = then)) });
  const session = await world.page.context().newCDPSession(world.page);
  session.on('Network.responseReceived', ({ requestId, response }) => loaded.set(requestId, [response.url, 0]));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => (loaded.get(requestId)[1] = encodedDataLength));
  await session.send('Network.enable');
  await world.visit({});
  await world.the('connect-simulated').waitFor();
  await world.page.waitForFunction(() => globalThis.rest);
  const first = [...loaded.values()];
  const all = first.reduce((sum, [, bytes]) => sum + bytes, 0);
  assert.ok(all > 100_000 && all < 250_000, `${all} bytes: ${first.join(' ')}`);
  assert.ok(!first.some(([url]) => url.includes('/work-')), 'the second part was not waited for');
  await world.page.evaluate(() => globalThis.rest());
  await world.the('technician').waitFor();
});
