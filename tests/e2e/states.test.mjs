// Every state of every page is for everyone: on every screen, in every scheme, from the left and from the right.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { test } from 'node:test';

import { ELSEWHERE, codes } from './states/failures.mjs';
import { walks } from './states/index.mjs';
import { misfits, wrongs } from './world/looks.mjs';
import { languages, root } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 600_000;

/** What a customer reads of an update that goes well. */
const FOR_CUSTOMERS = ['start', 'update'];
const others = readdirSync(languages).map((file) => parse(file).name).filter((language) => language !== 'en');

async function speak(page, language) {
  await page.getByTestId('language').selectOption(language);
  await page.locator(`html[lang=${language}]`).waitFor();
}

/** What does not fit on some screen in other languages, which differ in the room that they take. */
async function misfitsElsewhere(state, page) {
  const wrong = [];
  for (const language of others) {
    await speak(page, language);
    wrong.push(...(await misfits(`${state} in ${language}`, page)));
  }
  await speak(page, 'en');
  return wrong;
}

/** The failures take minutes: `./dev audit` looks at them. */
for (const { name, options, walk } of walks.filter(({ name }) => name !== 'failures')) {
  const isForCustomers = FOR_CUSTOMERS.includes(name);
  const where = isForCustomers ? 'every screen in every language' : 'every screen';
  test(`every state of ${name} fits ${where}, is used by keyboard, and axe finds nothing wrong`, { timeout }, async (t) => {
    const world = await World.of(t, options);
    const wrong = [];
    await walk(world, async (state, page = world.page) => {
      wrong.push(...(await wrongs(state, page, true)));
      if (isForCustomers) wrong.push(...(await misfitsElsewhere(state, page)));
    });
    assert.deepEqual(wrong, []);
  });
}

test('every failure that there is is among the states', () => {
  const source = readFileSync(join(root, 'src/session/failure.rs'), 'utf8');
  const all = [...source.matchAll(/^ {4}[A-Z]\w+ = "([a-z-]+)",$/gm)].map(([, code]) => code);
  assert.ok(all.length > 30, `${all}`);
  assert.deepEqual([...codes, ...ELSEWHERE].sort(), all.sort());
});
