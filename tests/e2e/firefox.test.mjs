// The same in Firefox, as a person has it: its own question, its own list of ports.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;

/** How long the page may take to show something, and how long Firefox may take to heed a key, in ms. */
const PATIENCE = { timeout: 30_000 };
const KEY = { timeout: 2_000 };

test('in Firefox a port is picked in its list, and an update goes on by itself after the cable was pulled out', { timeout }, async (t) => {
  const world = await World.of(t, { firefox: true, screen: true, chip: { speed: 8 } });
  const contents = image(64);
  await world.release(contents);
  const page = await world.browser.newPage();
  await page.goto(world.address());
  const the = (id, how = PATIENCE) => page.waitForSelector(`[data-testid=${id}]`, { visible: true, ...how });
  /** Presses a key of Firefox's question, which ignores keys for a moment so that none meant for the page counts, until something is shown. */
  const press = async (key, id) => {
    for (let tries = 0; tries < 10; tries++) {
      world.screen.press(key);
      if (await the(id, KEY).catch(() => undefined)) return;
    }
    assert.fail(`${id} was not shown after ${key}`);
  };
  assert.equal(await page.evaluate(() => typeof navigator.usb), 'undefined', 'there is no USB in Firefox');

  await (await the('connect')).click();
  await press('alt+a', 'update');
  assert.match(await (await the('device-chip')).evaluate((it) => it.textContent), /F405/);
  await world.chip.tell(`unplug-after ${20 << 10}`);
  await (await the('update')).click();
  await world.unplugged();
  await page.waitForSelector('[data-testid=result][data-outcome=failed]', PATIENCE);
  await world.plug();
  await page.waitForSelector('[data-testid=result][data-outcome=updated]', PATIENCE);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents), 'the flash differs from the image');
});
