// What a person reads where the page's WebAssembly does not run, or not yet.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { INSECURE, iPad, insecure, unsupported } from './states/before.mjs';
import { reachesNothing } from './states/fakes.mjs';
import { languages } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 60_000;

/** Opens the page in a browser that reaches no devices, in which its WebAssembly never comes; `options` as for a window. */
async function openAs(world, options) {
  const page = await world.window({ ...options, init: undefined });
  for (const script of [reachesNothing, options.init].filter(Boolean)) await page.addInitScript(script);
  await page.route('**/*.wasm', () => {});
  await page.goto(world.station.url);
  return page.locator('#before-status');
}

for (const [name, browser, words] of [
  ['Safari on a Mac', { userAgent: unsupported.safari }, /^Safari cannot reach devices.*Chrome, Edge, Opera or Firefox on this Mac/],
  ['an iPad', iPad, /iPhones and iPads cannot.*on a computer/],
  ['an iPhone', { userAgent: unsupported.ios }, /iPhones and iPads cannot/],
  ['Firefox on Android', { userAgent: unsupported.phone }, /Chrome on Android/],
  ['an old Firefox', { userAgent: unsupported.firefox }, /from version 151 on/],
]) {
  test(`${name} is told what to use before anything else is loaded`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: false });
    assert.match(await (await openAs(world, browser)).innerText(), words);
  });
}

test('at an address without HTTPS, which is the reason that it reaches no devices, the page says that', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const page = await insecure(world);
  await page.route('**/*.wasm', () => {});
  await page.goto(INSECURE);
  assert.match(await page.locator('#before-status').innerText(), /only if its address begins with https:/);
  await page.unroute('**/*.wasm');
  await page.reload();
  assert.match(await page.getByTestId('unsupported').innerText(), /only if its address begins with https:/);
});

/** Opens the page where its WebAssembly never comes, in a browser with these languages. */
async function openIn(world, query, ...languages) {
  const page = await world.window({
    locale: languages[0],
    init: `Object.defineProperty(navigator, 'languages', { value: ${JSON.stringify(languages)} })`,
  });
  await page.route('**/*.wasm', () => {});
  await page.goto(`${world.station.url}/${query}`);
  return page;
}

const words = (tag) => JSON.parse(readFileSync(join(languages, `${tag}.json`), 'utf8'));

for (const [what, query, browsers, tag, dir] of [
  ['the first of the browser\'s languages that there is', '', ['xx', 'de-AT', 'en'], 'de', 'ltr'],
  ['Arabic, from the right', '', ['ar-EG'], 'ar', 'rtl'],
  ['simplified Chinese, however it is called', '', ['zh-CN'], 'zh-Hans', 'ltr'],
  ['what is named next to traditional Chinese', '', ['zh-TW', 'ja'], 'ja', 'ltr'],
  ['the one in the page\'s address', '?language=fr', ['es'], 'fr', 'ltr'],
]) {
  test(`before its WebAssembly is there the page speaks ${what}`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: false });
    const page = await openIn(world, query, ...browsers);
    const expected = words(tag);
    await page.locator('#before h2', { hasText: expected['before.title'] }).waitFor();
    const says = await page.locator('#before').innerText();
    for (const name of ['name', 'before.plug', 'before.look', 'before.press', 'before.moment', 'footer']) {
      assert.ok(says.includes(expected[name]), `${name}: ${says}`);
    }
    const root = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.title]);
    assert.deepEqual(root, [tag, dir, expected.name]);
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    assert.ok(!loaded.some((name) => name.includes('/languages/')), `${loaded}`);
  });
}

test('what went wrong before the page was there is told in the person\'s language', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const page = await openIn(world, '', 'de');
  await page.unroute('**/*.wasm');
  await page.route('**/*.wasm', (route) => route.abort());
  await page.reload();
  const expected = words('de');
  await page.getByTestId('not-started').filter({ hasText: expected['before.not-loaded'] }).waitFor();
  assert.ok((await page.getByTestId('not-started').innerText()).includes(expected['before.reload']));
});

test('without its words in another language the page speaks English', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const page = await world.window({ locale: 'de' });
  await page.route('**/*.wasm', () => {});
  const refused = page.waitForEvent('requestfailed');
  await page.route('**/before/de.json', (route) => route.abort());
  await page.goto(world.station.url);
  await refused;
  assert.match(await page.locator('#before').innerText(), /You press one button/);
  assert.equal(await page.getByTestId('not-started').count(), 0);
});

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
  const says = await page.locator('noscript').innerText();
  for (const tag of ['en', 'ar', 'de', 'ja']) assert.ok(says.includes(words(tag)['before.needs-javascript']), `${tag}: ${says}`);
  assert.match(await page.locator('#before').innerText(), /You press one button/);
});

test('a browser without WebAssembly is told so', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open({}, { init: () => delete globalThis.WebAssembly });
  assert.match(await world.text('not-started'), /does not run WebAssembly.*not touched/);
});

test('what was said before is gone once the page is there, and said in its place', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open({}, { init: reachesNothing, userAgent: unsupported.safari });
  assert.match(await world.text('unsupported'), /Safari cannot reach devices/);
  assert.equal(await world.page.locator('#before').count(), 0);
});
