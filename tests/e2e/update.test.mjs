// A person updates a device: real browser, real port, simulated chip, station.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image, intelHex } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 90_000;

/** Asserts that the flash begins with `contents` and is blank after it. */
async function assertHolds(chip, contents) {
  const flash = await chip.flash();
  assert.ok(flash.subarray(0, contents.length).equals(contents), 'the flash differs from the image');
  assert.ok(flash.subarray(contents.length).every((byte) => byte === 0xff), 'something was written after the image');
}

test('an image of 200 KiB is updated and the flash equals it', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(200);
  await world.release(contents, { notes: 'Quieter fan.' });
  await world.open();
  await world.the('connect-known').waitFor();
  const list = world.page.locator('header ol');
  assert.deepEqual(await list.locator('li').allInnerTexts(), ['Connect', 'Check', 'Update', 'Done']);
  await list.evaluate((list) => {
    globalThis.steps = [];
    const look = () => {
      const step = list.querySelector('[aria-current=step]')?.textContent;
      if (step && step !== globalThis.steps.at(-1)) globalThis.steps.push(step);
    };
    look();
    new MutationObserver(look).observe(list, { subtree: true, attributes: true });
  });
  await world.click('connect-known');

  assert.equal(await world.text('release-version'), '2.0.0');
  assert.equal(await world.text('release-notes'), 'Quieter fan.');
  assert.match(await world.text('device-chip'), /F405/);
  assert.equal(await world.text('device-serial'), 'TEST-1');
  // Before it starts: how long it takes, and what is not to be done meanwhile.
  assert.match(await world.text('expected-time'), /\d+ (s|min)/);
  assert.ok(await world.page.getByText(world.words['ready.keep']).isVisible());

  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.match(says, /2\.0\.0/);
  assert.deepEqual(await world.page.evaluate(() => globalThis.steps), ['Connect', 'Check', 'Update', 'Done']);
  await assertHolds(world.chip, contents);
  assert.equal(await world.chip.tell('state'), 'application');
});

test('what the ROM of the device makes necessary is told before the update', { timeout }, async (t) => {
  // An F469: its ROM starts a program with clocks off that a reset leaves on.
  const world = await World.of(t, { chip: { chip: '0x434', 'flash-kib': 1024 } });
  await world.release(image(4));
  await world.open();
  await world.click('connect-known');
  assert.match(await world.text('device-notice'), /does not start after the update, reset it/);
  await world.the('update').waitFor();
});

test('a port is picked in the list that the browser shows', { timeout }, async (t) => {
  const world = await World.of(t, { screen: true });
  await world.release(image(4));
  await world.open();
  // The list has the focus while it is shown.
  const shown = (is) => world.page.waitForFunction((is) => document.hasFocus() !== is, is);
  const session = await world.page.context().newCDPSession(world.page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const open = async () => {
    await world.click('connect');
    await shown(true);
  };

  await open();
  world.screen.press('Escape');
  await shown(false);
  assert.equal(await world.the('result').count(), 0, 'a list that was dismissed is no failure');
  assert.equal(await world.the('advice').count(), 0, 'who dismisses it once meant to');

  await open();
  world.screen.press('Escape');
  await shown(false);
  assert.match(await world.text('advice'), /not in the list/);

  // The browser fills the list while it is shown, and for a moment ignores keys that could be meant for the page.
  const offered = world.the('update');
  for (let tries = 0; tries < 5 && !(await offered.isVisible()); tries++) {
    await open();
    world.screen.press('Tab', 'Down', 'Return');
    await offered.waitFor({ timeout: 3_000 }).catch(() => world.screen.press('Escape'));
  }
  assert.match(await world.text('device-chip'), /F405/);
});

test('an Intel HEX file is updated and the flash equals what it says', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(200);
  await world.release(intelHex(contents));
  await world.open();
  const { outcome, says } = await world.update();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
  assert.equal(await world.chip.tell('state'), 'application');
});

test('a device without a serial number in the address goes by its unique id', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  await world.open({ device_serial: '' });
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.match(await world.text('device-serial'), /^[0-9A-F]{24}$/i);
});

test('a device that is up to date is told so, and can install the version again', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(16);
  await world.release(contents);
  await world.open({ current_version: '2.0.0' });
  await world.click('connect-known');
  const told = await world.outcome();
  assert.equal(told.outcome, 'up-to-date', told.says);
  assert.match(told.says, /up to date/);

  await world.click('install-again');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
});

test('two devices are updated one after the other on one page', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(16);
  await world.release(contents);
  await world.open();
  assert.equal((await world.update()).outcome, 'updated');
  await world.chip.tell('unplug');
  await world.unplugged();
  await world.the('connect-known').waitFor({ state: 'detached' });
  await world.plug();
  await world.click('connect-known');
  assert.equal((await world.outcome()).outcome, 'up-to-date', 'the version that was just installed is remembered');
});

test('the port is opened with even parity and the baud of the address', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  const init = () => {
    const { open } = SerialPort.prototype;
    globalThis.opened = [];
    SerialPort.prototype.open = function (options) {
      globalThis.opened.push({ ...options });
      return open.call(this, options);
    };
  };
  await world.open({ baud: '57600' }, { init });
  await world.click('connect-known');
  await world.the('update').waitFor();
  const opened = await world.page.evaluate(() => globalThis.opened);
  assert.ok(opened.length > 0);
  for (const { baudRate, parity, dataBits, stopBits } of opened) {
    assert.deepEqual({ baudRate, parity, dataBits, stopBits }, { baudRate: 57600, parity: 'even', dataBits: 8, stopBits: 1 });
  }
  assert.match(await world.chip.log(), /synced at 57600 baud/);
});

test('blocks go in bursts where the page is set up for it and the device takes them', { timeout }, async (t) => {
  // At its real pace: an answer that comes before its question can have arrived is a doubt.
  const world = await World.of(t, { chip: { speed: 1, latency: 16 } });
  const contents = image(16);
  await world.release(contents);
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, product: { ...config.product, burst: true } });
  await world.open();
  const { outcome, says } = await world.update();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
  const log = await world.the('log').textContent();
  assert.match(log, /each block is sent in one burst/);
  assert.doesNotMatch(log, /each answer is waited for/);
  assert.doesNotMatch(await world.chip.log(), /overrun/);
});
