// What a person reads where the page's WebAssembly does not run, or not yet.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { World } from './world/world.mjs';

const timeout = 60_000;

/** Opens the page in a browser that says this of itself and reaches no devices, in which its WebAssembly never comes. */
async function openAs(world, userAgent, { touch = false } = {}) {
  const context = await world.browser.newContext({ userAgent });
  const page = await context.newPage();
  await page.addInitScript((touch) => {
    for (const name of ['serial', 'usb']) delete Navigator.prototype[name];
    Object.defineProperty(Navigator.prototype, 'maxTouchPoints', { get: () => (touch ? 5 : 0) });
  }, touch);
  await page.route('**/*.wasm', () => {});
  await page.goto(world.station.url);
  return page.locator('#before-status');
}

const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const SAFARI = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15';

for (const [name, userAgent, words, options] of [
  ['Safari on a Mac', `${MAC} ${SAFARI}`, /^Safari cannot reach devices.*Chrome, Edge, Opera or Firefox on this Mac/],
  ['an iPad', `${MAC} ${SAFARI}`, /iPhones and iPads cannot.*on a computer/, { touch: true }],
  ['an iPhone', `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${SAFARI}`, /iPhones and iPads cannot/],
  ['Firefox on Android', 'Mozilla/5.0 (Android 15; Mobile; rv:151.0) Gecko/151.0 Firefox/151.0', /Chrome on Android/],
  ['an old Firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', /from version 151 on/],
]) {
  test(`${name} is told what to use before anything else is loaded`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: false });
    assert.match(await (await openAs(world, userAgent, options)).innerText(), words);
  });
}

test('the page says what will happen before its WebAssembly is there', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const page = await (await world.browser.newContext()).newPage();
  await page.route('**/*.wasm', () => {});
  await page.goto(world.station.url);
  const says = await page.locator('#before').innerText();
  assert.match(says, /You plug your device into this computer/);
  assert.match(says, /Nothing is installed/);
  assert.doesNotMatch(says, /[{}]|JavaScript/);
});

test('without JavaScript the page says that it is needed', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const page = await (await world.browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(world.station.url);
  assert.match(await page.locator('noscript').innerText(), /needs JavaScript/);
  assert.match(await page.locator('#before').innerText(), /You press one button/);
});

test('a browser without WebAssembly is told so', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open({}, { init: () => delete globalThis.WebAssembly });
  assert.match(await world.text('not-started'), /does not run WebAssembly.*not touched/);
});

test('what was said before is gone once the page is there, and said in its place', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const userAgent = `${MAC} ${SAFARI}`;
  const init = () => ['serial', 'usb'].forEach((name) => delete Navigator.prototype[name]);
  await world.open({}, { init, userAgent });
  assert.match(await world.text('unsupported'), /Safari cannot reach devices/);
  assert.equal(await world.page.locator('#before').count(), 0);
});
