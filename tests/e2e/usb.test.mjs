// A person updates a device over USB: real browser, its own WebUSB, simulated chip, station.

import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;

/** A world with a chip on USB. */
const onUsb = (t, { screen, ...chip } = {}) => World.of(t, { screen, chip: { usb: true, ...chip } });

/** Asserts that the flash begins with `contents`. */
async function assertHolds(chip, contents) {
  assert.ok((await chip.flash()).subarray(0, contents.length).equals(contents), 'the flash differs from the image');
}

/** Clicks on `id` with the browser's list, and picks the first device in it; waits for `expected`. */
async function pick(world, id, expected) {
  const shown = (is) => world.page.waitForFunction((is) => document.hasFocus() !== is, is);
  const session = await world.page.context().newCDPSession(world.page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  // The browser fills the list while it is shown, and for a moment ignores keys that could be meant for the page.
  for (let tries = 0; tries < 5 && !(await world.the(expected).isVisible()); tries++) {
    await world.click(id);
    await shown(true);
    world.screen.press('Tab', 'Down', 'Return');
    await world.the(expected).waitFor({ timeout: 4_000 }).catch(() => world.screen.press('Escape'));
  }
  await world.the(expected).waitFor();
}

test('over USB an image of 200 KiB is updated and the flash equals it', { timeout }, async (t) => {
  const world = await onUsb(t);
  const contents = image(200);
  await world.release(contents);
  await world.open({ device_serial: '' });
  await world.click('connect-usb-known');
  assert.match(await world.text('device-chip'), /F405/);
  assert.match(await world.text('device-serial'), /^[0-9A-F]{12}$/);

  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
  assert.equal(await world.chip.tell('state'), 'application');
});

test('a USB device is picked in the list that the browser shows', { timeout }, async (t) => {
  const world = await onUsb(t, { screen: true, 'usb-id': '0483:df12' });
  await world.release(image(4));
  await world.open();
  assert.equal(await world.the('connect-usb-known').count(), 0, 'it is not allowed yet');
  await pick(world, 'connect-usb', 'update');
  assert.match(await world.text('device-chip'), /F405/);
});

test('over USB cancelled during the write, and updated afterwards', { timeout }, async (t) => {
  const world = await onUsb(t, { speed: 8 });
  const contents = image(100);
  await world.release(contents);
  await world.open();
  await world.click('connect-usb-known');
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  await world.click('cancel');
  const cancelled = await world.outcome();
  assert.equal(cancelled.outcome, 'cancelled', cancelled.says);
  assert.match(cancelled.says, /incomplete/i);

  await world.click('connect-usb-known');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
});

test('pulled out of USB during the write, then plugged in again, the update goes on by itself to the end', { timeout }, async (t) => {
  const world = await onUsb(t);
  const contents = image(200);
  await world.release(contents);
  await world.open();
  await world.click('connect-usb-known');
  await world.the('update').waitFor();
  await world.chip.tell(`unplug-after ${100 << 10}`);
  await world.click('update');
  const failed = await world.outcome();
  assert.equal(failed.outcome, 'failed', failed.says);
  assert.match(failed.error, /connection/i);
  assert.match(failed.says, /incomplete/i);
  await world.the('connect-usb-known').waitFor({ state: 'detached' });

  await world.chip.tell('plug app');
  assert.equal(await world.chip.tell('state'), 'fault', 'a half-written image must not start');
  await world.stale();
  await world.chip.tell('plug');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.match(await world.page.getByTestId('log').textContent(), /goes on where it stopped/);
  await assertHolds(world.chip, contents);
});

test('over USB the protection is removed behind a confirmation, the chip comes back and is updated', { timeout }, async (t) => {
  // An F0: it erases in seconds, and resets itself afterwards.
  const world = await onUsb(t, { chip: '0x448', quirk: 'read-protected' });
  const contents = image(16);
  await world.release(contents);
  await world.open();
  await world.click('connect-usb-known');
  const refused = await world.outcome();
  assert.match(refused.error, /protected/);
  await world.the('unlock-ask').click();
  await world.the('unlock-understood').check();
  await world.click('unlock');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
});

test('over USB an image that is too large is refused before any erase', { timeout }, async (t) => {
  const world = await onUsb(t, { chip: '0x448' });
  await world.release(image(200));
  await world.open();
  await world.click('connect-usb-known');
  await world.click('update');
  const { outcome, error } = await world.outcome();
  assert.equal(outcome, 'failed');
  assert.match(error, /not made for this device/);
  assert.doesNotMatch(await world.chip.log(), /erased|programmed/);
});

test('an application with a DFU interface restarts in update mode by itself, without another click', { timeout }, async (t) => {
  const world = await onUsb(t, { application: 'dfu' });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  const contents = image(24);
  await world.release(contents);
  await world.chip.tell('reset app');
  await world.open();
  await world.click('connect-usb-known');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  await assertHolds(world.chip, contents);
  assert.equal(await world.chip.tell('state'), 'application');
});

test('a device that was not allowed in update mode takes one more click, which is asked for', { timeout }, async (t) => {
  const world = await onUsb(t, { screen: true, application: 'dfu', 'usb-id': '0483:df12' });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  await world.release(image(24));
  await world.chip.tell('reset app');
  await world.open();
  await world.click('connect-usb-known');
  await world.the('allow').waitFor();
  await pick(world, 'allow', 'update');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
});

test('a device that comes back late is gone on with, though another click was asked for meanwhile', { timeout }, async (t) => {
  const world = await onUsb(t, { application: 'dfu' });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  await world.release(image(24));
  await world.chip.tell('reset app');
  // It is not seen in update mode yet.
  const late = () => {
    globalThis.isLate = true;
    const { getDevices } = USB.prototype;
    USB.prototype.getDevices = async function () {
      return (await getDevices.call(this)).filter((device) => !globalThis.isLate || device.productId !== 0xdf11);
    };
  };
  await world.open({}, { init: late });
  await world.click('connect-usb-known');
  await world.the('allow').waitFor();
  await world.page.evaluate(() => (globalThis.isLate = false));
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
});

for (const [how, boot_mode] of [
  ['that is opened at 1200 baud', 'touch'],
  ['that is sent a text', { send: 'dfu\r\n' }],
]) {
  test(`an application with a serial port ${how} restarts in update mode on USB`, { timeout }, async (t) => {
    const world = await onUsb(t, { application: 'serial' });
    await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
    const contents = image(24);
    await world.release(contents);
    world.station.describe({ boot_mode });
    await world.chip.tell('reset app');
    await world.bed.plug(await world.chip.tell('port'));
    await world.open();
    await world.click('connect-known');
    await world.chip.tell('wait waiting');
    await world.bed.unplug();
    await world.click('update');
    const { outcome, says } = await world.outcome();
    assert.equal(outcome, 'updated', says);
    await assertHolds(world.chip, contents);
  });
}

test('a device that is on USB and at a serial port is one device', { timeout }, async (t) => {
  const world = await onUsb(t, { application: ['dfu', 'serial'] });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  await world.chip.tell('reset app');
  await world.bed.plug(await world.chip.tell('port'), '1209', '0001');
  await world.open();
  await world.the('connect-usb-known').waitFor();
  assert.equal(await world.the('connect-known').count(), 0);
});

test('a device that the system keeps from the browser is told with what to do about it', { timeout }, async (t) => {
  const world = await onUsb(t);
  await world.open();
  await world.the('connect-usb-known').waitFor();
  await chmod(world.chip.usb, 0o600);
  await world.click('connect-usb-known');
  const { outcome, error, remedy, says } = await world.outcome();
  assert.equal(outcome, 'failed');
  assert.match(error, /does not let the browser/);
  assert.match(says, /Details: 0483:df11: SecurityError/);
  // As this is Chromium on Linux.
  for (const part of [/udev.*0483.*df11/s, /snap connect chromium:raw-usb/]) assert.match(remedy, part);
  assert.doesNotMatch(remedy, /WinUSB/);
});

test('a browser without WebUSB says so when a device has restarted on USB', { timeout }, async (t) => {
  const world = await onUsb(t, { application: 'serial' });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  world.station.describe({ boot_mode: 'touch' });
  await world.chip.tell('reset app');
  await world.bed.plug(await world.chip.tell('port'));
  await world.open({}, { init: () => delete Navigator.prototype.usb });
  await world.click('connect-known');
  const { error, remedy } = await world.outcome();
  assert.match(error, /cannot reach devices on USB/);
  assert.match(remedy, /Chrome/);
});
