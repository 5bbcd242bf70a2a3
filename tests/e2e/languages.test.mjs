// The page in other languages than English.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 180_000;
/** Fast enough for a test, slow enough to be looked at on the way. */
const brisk = { simulated_speed: '3' };

async function worldWithRelease(t, kib) {
  const world = await World.of(t, { chip: false });
  await world.release(image(kib), { notes: 'Quieter fan.\nShows the temperature in degrees Celsius.' });
  return world;
}

const texts = (tag) => JSON.parse(readFileSync(`languages/${tag}.json`, 'utf8'));
const root = (world) => world.page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir }));
const choose = (world, tag) => world.the('language').selectOption(tag);
const shows = (world, text) => world.page.getByText(text, { exact: true }).first().waitFor();

test('in Arabic the page is written from the right, values and the log from the left', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 4);
  await world.open(brisk, { locale: 'ar-EG' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  assert.deepEqual(await root(world), { lang: 'ar', dir: 'rtl' });
  await shows(world, texts('ar')['ready.title']);
  const from = (id) => world.the(id).evaluate((element) => getComputedStyle(element).direction);
  assert.equal(await from('release-version'), 'rtl', 'a value stands where the page has it');
  await world.page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
  assert.equal(await from('log'), 'ltr');
  // The label is right of its value.
  const [label, value] = await world.page.evaluate(() => {
    const value = document.querySelector('[data-testid=device-serial]');
    return [value.previousElementSibling, value].map((element) => element.getBoundingClientRect().x);
  });
  assert.ok(label > value, `the label is at ${label}, the value at ${value}`);
});

test('a language chosen in the middle of a session, and even of an update, does not disturb it', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 64);
  await world.open(brisk, { locale: 'ar' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  const log = await world.the('log').textContent();

  await choose(world, 'de');
  const german = texts('de');
  await shows(world, german['ready.title']);
  assert.deepEqual(await root(world), { lang: 'de', dir: 'ltr' });
  assert.equal(await world.text('device-serial'), 'TEST-1');
  assert.ok((await world.the('log').textContent()).startsWith(log), 'the log goes on');
  await world.page.waitForFunction(() => document.activeElement?.id === 'language');

  await world.click('update');
  await shows(world, german['phase.write']);
  await choose(world, 'fr');
  await shows(world, texts('fr')['phase.write']);
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.match(says, /Votre appareil a maintenant la version/);

  await world.visit(brisk);
  await shows(world, texts('fr')['connect.title']);
});

test('the address of the page says in which language it is shown, until the person says another one', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 4);
  await world.open({ ...brisk, language: 'ja' }, { locale: 'de' });
  await shows(world, texts('ja')['connect.title']);
  assert.equal((await root(world)).lang, 'ja');
  await choose(world, 'es');
  await shows(world, texts('es')['connect.title']);
  await world.page.reload();
  await shows(world, texts('es')['connect.title']);
});

test('a language that cannot be loaded leaves the page as it is', { timeout }, async (t) => {
  const world = await worldWithRelease(t, 4);
  await world.open(brisk, { locale: 'en-GB' });
  await world.the('language').waitFor();
  await world.page.route('**/languages/fr.json', (route) => route.abort());
  await choose(world, 'fr');
  await world.page.waitForFunction(() => document.querySelector('[data-testid=language]')?.value === 'en');
  await shows(world, texts('en')['connect.title']);
  assert.equal((await root(world)).lang, 'en');
});
