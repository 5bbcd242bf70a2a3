// A faster line, where DTR and RTS can reset the chip.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
const wired = { wired: { reset: { line: 'dtr' }, boot0: { line: 'rts' } } };

/** What was done to the chip so far, without the moments. */
const events = async ({ chip }) =>
  (await chip.log()).trim().split('\n').map((line) => line.slice(line.indexOf(' ') + 1));

test('where wires reset the chip a faster line is proven before any erase, used, and remembered', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { nrst: 'dtr-inverted', boot0: 'rts-inverted' } });
  const first = image(200);
  await world.release(first);
  world.station.describe({ boot_mode: wired });
  await world.open();
  const { outcome, says } = await world.update();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, first.length).equals(first));

  const done = await events(world);
  const erased = done.findIndex((event) => event.startsWith('erased'));
  const rates = (events) => events.map((event) => event.match(/^synced at (\d+) baud/)?.[1]).filter(Boolean).map(Number);
  const before = rates(done.slice(0, erased));
  assert.equal(before[0], 115200);
  assert.ok(before.at(-1) > 115200, `it was erased at ${before.at(-1)} baud`);
  assert.deepEqual(rates(done.slice(erased)), [], 'it was synced again after the erase');
  assert.match(await world.the('log').textContent(), new RegExp(`going on at ${before.at(-1)} baud`));

  // The same chip at the same adapter again.
  const second = Buffer.from(first).map((byte, at) => (at < 512 ? byte : byte ^ 0x5a));
  await world.release(second, { 'software-version': '3.0.0' });
  await world.visit();
  assert.equal((await world.update()).outcome, 'updated');
  const again = rates((await events(world)).slice(done.length));
  assert.deepEqual(again, [115200, before.at(-1)], 'what was known to work is tried first');
});

test('a rate in the address of the page is kept to', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { nrst: 'dtr-inverted', boot0: 'rts-inverted' } });
  await world.release(image(200));
  world.station.describe({ boot_mode: wired });
  await world.open({ baud: '57600' });
  const { outcome, says } = await world.update();
  assert.equal(outcome, 'updated', says);
  assert.equal(await world.text('device-baud'), '57600 baud');
  assert.ok(!(await events(world)).some((event) => /^synced at (?!57600)/.test(event)));
});
