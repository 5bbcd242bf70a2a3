// A technician at work: without a network, and with many units.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { built } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 180_000;
/** The page with its service worker. */
const kept = { serviceWorkers: 'allow' };

/** Opens what technicians need, once the browser has all of the page. */
async function openCard(world) {
  await world.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await world.the('technician').locator('summary').first().click();
  await world.the('take-along').waitFor();
}

async function takeAlong(world, hardwareVersion) {
  await world.the('take-along-hardware').fill(hardwareVersion);
  await world.click('take-along');
}

/** A world whose releases are signed, and whose page believes only those. */
async function signedWorld(t, options) {
  const world = await World.of(t, options);
  const key = join(world.folder, 'key');
  const publicKey = execFileSync(built('station'), ['keys', 'new', key], { encoding: 'utf8' }).match(/[0-9a-f]{64}/)[0];
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, public_keys: [publicKey] });
  return { world, key };
}

test('a release that was taken along is installed without any network, signature and all', { timeout }, async (t) => {
  const { world, key } = await signedWorld(t);
  const contents = image(100);
  await world.release(contents);
  world.station.sign('2.0.0', key);
  await world.open({}, kept);
  await openCard(world);
  await takeAlong(world, 'mp');
  await world.the('taken').filter({ hasText: '2.0.0 for mp, 100 KiB' }).waitFor();

  await world.station.stop();
  await world.visit({});
  await world.click('connect-known');
  assert.equal(await world.text('release-version'), '2.0.0');
  assert.match(await world.text('taken-along'), new RegExp(`taken along on ${new Date().toISOString().slice(0, 10)}`));
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));

  // The same device once more: it has what was taken along.
  await world.chip.tell('reset');
  await world.click('connect-known');
  const again = await world.outcome();
  assert.equal(again.outcome, 'up-to-date');
  assert.match(again.says, /taken along/);

  // There is a network again: the outcome is told, once.
  assert.deepEqual(world.station.outcomes(), []);
  await world.station.resume();
  await world.visit({});
  await world.page.waitForFunction(() => localStorage.getItem('fieldflash.outcomes') === null);
  await world.page.reload();
  await world.the('connect').waitFor();
  const told = world.station.outcomes();
  assert.deepEqual(told.map(({ result, to_version: version }) => [result, version]), [['updated', '2.0.0']]);
});

test('what was taken along passes the same checks as what the feed gives', { timeout }, async (t) => {
  const { world, key } = await signedWorld(t);
  await world.release(image(16));
  world.station.sign('2.0.0', key);
  await world.open({}, kept);
  await openCard(world);
  await takeAlong(world, 'mp');
  await world.the('taken').filter({ hasText: '2.0.0' }).waitFor();
  const change = (kind) =>
    world.page.evaluate(async (kind) => {
      const cache = await caches.open('fieldflash-taken-along');
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        const isAnswer = new URL(request.url).pathname.endsWith('/latest');
        if (isAnswer !== (kind === 'answer')) continue;
        const headers = response.headers;
        const body = isAnswer
          ? (await response.text()).replace('"version":"2.0.0"', '"version":"3.0.0"')
          : new Uint8Array(await response.arrayBuffer()).map((byte, at) => (at === 1000 ? byte ^ 1 : byte));
        await cache.put(request, new Response(body, { headers }));
      }
    }, kind);

  await world.station.stop();
  // The browser may have the payload from when it was fetched, too.
  await (await world.page.context().newCDPSession(world.page)).send('Network.clearBrowserCache');
  await change('payload');
  await world.visit({});
  await world.click('connect-known');
  await world.click('update');
  const changed = await world.outcome();
  assert.deepEqual([changed.outcome, /wrong-payload/.test(changed.says)], ['failed', true], changed.says);

  await change('answer');
  await world.visit({});
  await world.click('connect-known');
  const forged = await world.outcome();
  assert.deepEqual([forged.outcome, /unsigned/.test(forged.says)], ['failed', true], forged.says);
  assert.doesNotMatch(await world.chip.log(), /erased|programmed/);
});

test('what is not signed is not taken along, and what is taken along can be removed', { timeout }, async (t) => {
  const { world, key } = await signedWorld(t, { chip: false });
  await world.release(image(4));
  await world.release(image(8), { 'hardware-version': 'evt', 'software-version': '2.1.0' });
  world.station.sign('2.1.0', key);
  await world.open({}, kept);
  await openCard(world);
  await takeAlong(world, 'mp');
  await world.the('take-along-problem').filter({ hasText: 'not signed' }).waitFor();
  await takeAlong(world, 'dvt');
  await world.the('take-along-problem').filter({ hasText: 'does not know' }).waitFor();
  await takeAlong(world, 'evt');
  const list = world.the('taken').locator('li');
  await list.filter({ hasText: '2.1.0 for evt, 8 KiB' }).waitFor();
  assert.equal(await list.count(), 1);
  await world.click('take-along-remove');
  await list.waitFor({ state: 'detached' });
  const left = await world.page.evaluate(async () => (await (await caches.open('fieldflash-taken-along')).keys()).length);
  assert.equal(left, 0, 'the payload is gone, too');
});

test('a browser that has no room, or keeps nothing, says so', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(4));
  const init = () => {
    const put = Cache.prototype.put;
    Cache.prototype.put = function (...entry) {
      if (globalThis.refuses) return Promise.reject(new DOMException('It is.', globalThis.refuses));
      return put.apply(this, entry);
    };
  };
  await world.open({}, { ...kept, init });
  await openCard(world);
  for (const [name, says] of [['QuotaExceededError', 'no room left'], ['SecurityError', 'refuses to keep it']]) {
    await world.page.evaluate((name) => (globalThis.refuses = name), name);
    await takeAlong(world, 'mp');
    await world.the('take-along-problem').filter({ hasText: says }).waitFor();
  }
});

/** What tells chips apart. */
const units = ['A', 'B', 'C', 'D'].map((letter) => ({ 'unique-id': Buffer.from(`${letter}-UNIT-12345`).toString('hex').slice(0, 24) }));

test('three units in a row: the next ones start by themselves, the one that fails is counted', { timeout }, async (t) => {
  const world = await World.of(t, { chip: units[0] });
  const contents = image(64);
  await world.release(contents);
  await world.open({ device_serial: '' }, { acceptDownloads: true });
  await world.the('technician').locator('summary').first().click();
  await world.click('row-on');
  const title = (text) => world.the('row-title').filter({ hasText: text }).waitFor();
  await title('Update the first device');
  await world.click('connect-known');
  await world.click('update');
  await title('Done');

  // The second one loses its cable.
  await world.bed.unplug();
  await title('Plug in the next');
  await world.swap({ ...units[1], speed: 8 }, false, `unplug-after ${20 << 10}`);
  await world.chip.tell('wait unplugged');
  await world.bed.unplug();
  await title('Failed');

  await world.swap(units[2], false);
  // It is not waited for that it works: that may be over before it is looked for.
  await title('Done');
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
  assert.equal(await world.text('row-counts'), '2 updated, 1 failed, 0 left as they were');
  await world.the('row-tally').waitFor();
  await world.page.getByText('unplugged: 1').waitFor();

  const download = world.page.waitForEvent('download');
  await world.click('row-export');
  const file = await download;
  assert.match(file.suggestedFilename(), /^units-\d{4}-\d\d-\d\d\.csv$/);
  const rows = (await readFile(await file.path(), 'utf8')).split('\r\n');
  assert.equal(rows.length, 5, 'a row for each, below their names');
  assert.match(rows[0], /^"unit","started","seconds","outcome","code","chip","uniqueId"/);
  assert.match(rows[2], /^"2","20[^"]*","[\d.]+","failed","unplugged","STM32F4/);
  const ids = [1, 2, 3].map((at) => rows[at].split(',')[6]);
  assert.equal(new Set(ids).size, 3, `${ids}`);
});

test('what technicians need is there also for who opens it before it was loaded', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open();
  let pass;
  const asked = new Promise((resolve) => {
    world.page.route('**/technician/page.js', (route) => {
      pass = () => route.continue();
      resolve();
    });
  });
  await world.visit({});
  await asked;
  await world.the('technician').locator('summary').first().click();
  await world.the('technician').and(world.page.locator('[open]')).waitFor();
  await pass();
  await world.the('row-on').waitFor();
});

test('over USB, too, the next unit starts by itself', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { usb: true, ...units[0] } });
  const contents = image(16);
  await world.release(contents);
  await world.open({ device_serial: '' });
  await world.the('technician').locator('summary').first().click();
  await world.click('row-on');
  await world.click('connect-usb-known');
  await world.click('update');
  const updated = (count) => world.the('row-counts').filter({ hasText: `${count} updated` }).waitFor();
  await updated(1);
  await world.swap(units[1]);
  await updated(2);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

test('a unit that is offered another release stops the row and asks', { timeout }, async (t) => {
  const world = await World.of(t, { chip: units[0] });
  await world.release(image(16));
  await world.open({ device_serial: '' });
  await world.click('connect-known');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  await world.the('technician').locator('summary').first().click();
  // The unit that has just been updated is the first one.
  await world.click('row-on');
  const title = (text) => world.the('row-title').filter({ hasText: text }).waitFor();
  await title('Plug in the next');
  await world.release(image(20), { 'software-version': '2.1.0' });
  await world.swap(units[1]);
  await title('Please look');
  assert.match(await world.text('row-detail'), /2\.1\.0 is offered now/);
  assert.doesNotMatch(await world.chip.log(), /erased|programmed/);
  await world.click('update');
  await title('Done');
  await world.swap(units[2]);
  await title('Done');
  await world.the('row-counts').filter({ hasText: '2 updated' }).waitFor();
});
