// The page on a phone with Android: a touch screen of 390 pixels, and a USB-C socket.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { screenshots } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
/** The least that a finger hits, in pixels (WCAG 2.2, 2.5.5). */
const FINGER = 44;

/** What a browser on a phone is. */
const phone = (version) => ({
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
  userAgent: `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Mobile Safari/537.36`,
});

/** The ways to connect that are offered, in order, each with whether it is the one to press. */
async function offered(world) {
  await world.the('connect-simulated').waitFor();
  const buttons = world.page.locator('[data-testid^=connect]');
  return buttons.evaluateAll((all) => all.map((it) => `${it.dataset.testid}${it.className === 'primary' ? ' primary' : ''}`));
}

test('on Android a device is connected over USB, and over a serial port only where that reaches one', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  // Nothing is known yet, whatever the computer of the test has.
  const init = () => (Serial.prototype.getPorts = async () => []);
  await world.open({}, { ...phone(147), init });
  assert.deepEqual(await offered(world), ['connect-usb primary', 'connect-simulated']);
  await world.open({}, { ...phone(148), init });
  assert.deepEqual(await offered(world), ['connect-usb primary', 'connect', 'connect-simulated']);
  assert.match(await world.page.locator('main').innerText(), /plug it in with a USB-C cable/);
  // A computer with the same browser.
  await world.open({}, { init });
  assert.deepEqual(await offered(world), ['connect primary', 'connect-usb', 'connect-simulated']);
  assert.doesNotMatch(await world.page.locator('main').innerText(), /USB-C/);
});

test('on Android where nothing reaches the device the page says so', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  world.station.describe({ usb: false });
  await world.open({}, phone(147));
  assert.deepEqual(await offered(world), ['connect-simulated']);
  assert.match(await world.text('unsupported'), /cannot reach devices/);
});

for (const colorScheme of ['light', 'dark']) {
  test(`on Android a device is updated over USB by touch, with room for a finger, ${colorScheme}`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: { usb: true, application: 'dfu' } });
    await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(4))}`);
    await world.chip.tell('reset app');
    const contents = image(24);
    await world.release(contents, { notes: 'Quieter fan.' });
    await world.open({ device_serial: '' }, { ...phone(148), colorScheme });
    mkdirSync(screenshots, { recursive: true });
    const look = async (name) => {
      await world.page.screenshot({ path: join(screenshots, `android-${name}-${colorScheme}.png`), fullPage: true });
      const narrow = await world.page.locator('button, summary, .choice, input:not([type=checkbox]), select, a').evaluateAll((all, finger) =>
        all.map((it) => [it.outerHTML.slice(0, 80), it.getBoundingClientRect()])
          .filter(([, { width, height }]) => height > 0 && Math.min(width, height) < finger)
          .map(([html, { width, height }]) => `${html}: ${width} x ${height}`), FINGER);
      assert.deepEqual(narrow, [], `${name}: less than ${FINGER} pixels`);
      const wide = await world.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${name} is ${wide} pixels wide`);
    };
    await world.the('connect-usb-known').waitFor();
    await look('start');
    await world.the('connect-usb-known').tap();
    await world.the('update').waitFor();
    await look('ready');
    await world.the('update').tap();
    const { outcome, says } = await world.outcome();
    assert.equal(outcome, 'updated', says);
    await look('updated');
    assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents), 'the flash differs from the image');
  });
}
