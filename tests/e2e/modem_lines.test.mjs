// DTR and RTS, which boards wire to NRST and BOOT0: from the page through the browser to the chip.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
/** DTR resets and RTS selects the bootloader, both low while they are asserted, as most adapters have them. */
const usual = { nrst: 'dtr-inverted', boot0: 'rts-inverted' };
const wired = { wired: { reset: { line: 'dtr' }, boot0: { line: 'rts' } } };

/** A device on a board wired like `chip`, that runs its application, and a page that is told of `boot_mode`. */
async function worldOfBoard(t, chip, boot_mode) {
  const world = await World.of(t, { chip });
  await world.release(image(16));
  world.station.describe({ boot_mode });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(8))}`);
  await world.chip.tell('reset app');
  assert.equal(await world.chip.tell('state'), 'application');
  await world.open();
  return world;
}

/** What was done to the chip since it began to run its application, without the moments. */
async function events({ chip }) {
  const all = (await chip.log()).trim().split('\n').map((line) => line.slice(line.indexOf(' ') + 1));
  return all.slice(all.indexOf('reset into the application') + 1);
}

async function assertUpdated(world) {
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, 16 << 10).equals(image(16)));
  assert.equal(await world.chip.tell('state'), 'application');
  const done = await events(world);
  assert.equal(done.filter((event) => event.startsWith('reset')).at(-1), 'reset into the application');
  assert.ok(!done.some((event) => event.startsWith('went to')), 'it was started by a command, not by a reset');
}

test('a device that runs its application is reset into its bootloader by DTR and RTS, updated, and started by them', { timeout }, async (t) => {
  const world = await worldOfBoard(t, usual, wired);
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.match(await world.the('log').textContent(), /reset into the bootloader by DTR and RTS/);
  assert.equal(await world.chip.tell('state'), 'bootloader');
  assert.deepEqual((await events(world)).slice(0, 4), [
    'modem lines dtr=1 rts=0',
    'modem lines dtr=0 rts=0',
    'reset into the bootloader',
    'synced at 115200 baud',
  ]);
  await world.click('update');
  await assertUpdated(world);
});

test('how DTR and RTS are wired is found out, and the device updated', { timeout }, async (t) => {
  const world = await worldOfBoard(t, { nrst: 'rts-inverted', boot0: 'dtr' }, 'find');
  await world.click('connect-known');
  await world.click('update');
  await assertUpdated(world);
  assert.match(await world.the('log').textContent(), /reset into the bootloader by DTR and RTS/);
});

test('a board that is wired otherwise than the page was told is left running, and the page says what to do', { timeout }, async (t) => {
  const world = await worldOfBoard(t, { nrst: 'rts-inverted', boot0: 'dtr-inverted' }, wired);
  await world.click('connect-known');
  const { outcome, error, remedy, says } = await world.outcome();
  assert.equal(outcome, 'failed', says);
  assert.match(error, /could not be put in update mode/);
  assert.match(remedy, /by hand/);
  assert.match(remedy, /boot_mode/);
  assert.equal(await world.chip.tell('state'), 'application');

  // By hand, as the page says.
  await world.chip.tell('reset');
  await world.click('connect-known');
  await world.the('update').waitFor();
});

test('where nothing is said of them the lines are left alone', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  await world.open();
  assert.equal((await world.update()).outcome, 'updated');
  // Raised here on purpose, so that it is known that a change would have been seen.
  await world.page.evaluate(async () => {
    const [port] = await navigator.serial.getPorts();
    await port.open({ baudRate: 115200 });
    await port.setSignals({ requestToSend: true });
    await port.close();
  });
  const changes = (await world.chip.log()).match(/modem lines .*/g);
  assert.deepEqual(changes, ['modem lines dtr=0 rts=1']);
});
