// The page itself: for everyone, on every screen.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { screenshots } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The simulated device, so much faster than a real one that a test takes seconds. */
const fast = { simulated_speed: '50' };
/** And so slow that the update is still under way when it is looked at. */
const slow = { simulated_speed: '1' };

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

test('an update is done by keyboard alone', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 16);
  await world.open(fast);
  const reach = async (id) => {
    await world.the(id).waitFor();
    const focused = () => document.activeElement?.getAttribute('data-testid');
    for (let presses = 0; (await world.page.evaluate(focused)) !== id; presses++) {
      assert.ok(presses < 40, `${id} cannot be reached with Tab`);
      await world.page.keyboard.press('Tab');
    }
    const ring = await world.the(id).evaluate((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    });
    assert.ok(ring, `nothing shows that ${id} has the focus`);
  };
  await reach('connect-simulated');
  await world.page.keyboard.press('Enter');
  await reach('update');
  await world.page.keyboard.press('Enter');
  assert.equal((await world.outcome()).outcome, 'updated');
  const focus = await world.page.evaluate(() => !!document.activeElement?.closest('[data-testid=result]'));
  assert.ok(focus, 'the focus is not at the result');
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

/** Looks at the page in each of its main states: `look(name)`. */
async function walk(world, look) {
  await world.the('connect-simulated').waitFor();
  await look('start');
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await look('ready');
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  await look('working');
  await world.click('cancel');
  assert.equal((await world.outcome()).outcome, 'cancelled');
  await look('cancelled');

  await world.visit(fast);
  await world.click('connect-simulated');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  await look('updated');

  await world.visit({ ...fast, current_version: '2.0.0' });
  await world.click('connect-simulated');
  assert.equal((await world.outcome()).outcome, 'up-to-date');
  await look('up-to-date');

  await world.visit({ ...fast, hardware_version: 'evt' });
  await world.click('connect-simulated');
  assert.equal((await world.outcome()).outcome, 'failed');
  await look('unknown-device');

  world.station.configure({ feed: { url: '', project_key: 'wrong' } });
  await world.visit(fast);
  await world.click('connect-simulated');
  assert.equal((await world.outcome()).outcome, 'failed');
  await look('wrong-key');
}

/** The same for what is different over USB. */
async function walkOnUsb(world, look) {
  await world.the('connect-usb-known').waitFor();
  await look('usb-start');
  await world.click('connect-usb-known');
  await world.the('allow').waitFor();
  await look('usb-allow');

  await chmod(world.chip.usb, 0o600);
  await world.chip.tell('reset app');
  await world.click('connect-usb-known');
  assert.equal((await world.outcome()).outcome, 'failed');
  await look('usb-no-access');

  await world.visit({ ...fast, simulated_cable: 'usb' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await look('usb-ready');
}

/** The same for what is only told at times. */
async function walkMeanwhile(world, look) {
  world.station.describe({ boot_drawing: 'jumper' });
  await world.visit(fast);
  await world.the('boot-mode').waitFor();
  await look('boot-jumper');
  await world.page.evaluate(() => {
    navigator.serial.requestPort = () => Promise.reject(new DOMException('nothing was picked', 'NotFoundError'));
  });
  await world.click('connect');
  await world.click('connect');
  await world.the('advice').waitFor();
  await look('advice');
  world.page = await world.page.context().newPage();
  await world.page.goto(world.station.url);
  await world.the('other-tab').waitFor();
  await look('other-tab');
}

/** A world with a device on USB that runs its application, and may not be used yet once it has restarted. */
async function worldOnUsb(t) {
  const world = await World.of(t, { chip: { usb: true, application: 'dfu', 'usb-id': '0483:df12' } });
  await world.release(image(4));
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(4))}`);
  await world.chip.tell('reset app');
  return world;
}

for (const colorScheme of ['light', 'dark']) {
  for (const [where, set, walkThrough] of [
    ['', (t) => worldWithRelease(t, 64), walk],
    [' on USB', worldOnUsb, walkOnUsb],
    [' with what is told at times', (t) => worldWithRelease(t, 4), walkMeanwhile],
  ]) {
    test(`axe finds nothing wrong with the page${where}, ${colorScheme}`, { timeout }, async (t) => {
      const world = await set(t);
      await world.open(slow, { colorScheme });
      await walkThrough(world, async (name) => {
        await world.page.evaluate(axe);
        const { violations } = await world.page.evaluate(() => globalThis.axe.run());
        const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
        assert.deepEqual(found, [], name);
      });
    });

    for (const width of [390, 1280]) {
      test(`the page${where} fits a screen of ${width} pixels, ${colorScheme}`, { timeout }, async (t) => {
        const world = await set(t);
        await world.open(slow, { colorScheme, viewport: { width, height: 844 } });
        mkdirSync(screenshots, { recursive: true });
        await walkThrough(world, async (name) => {
          await world.page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
          const wide = await world.page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${name} is ${wide} pixels wide`);
        });
      });
    }
  }
}

test('a device can be picked before the second part of the page is there', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(16));
  await world.open();
  let arrive;
  const asked = new Promise((resolve) => world.page.route('**/work-*_bg.wasm', (route) => resolve((arrive = () => route.continue()))));
  await world.page.reload();
  await asked;
  await world.click('connect-known');
  assert.equal(await world.the('log').count(), 0);
  await arrive();
  await world.the('update').waitFor();
});
