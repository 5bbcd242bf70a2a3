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

/** The failures take minutes: `./dev audit` looks at them. */
for (const { name, options, walk } of walks.filter(({ name }) => name !== 'failures')) {
  test(`every state of ${name} fits every screen, is used by keyboard, and axe finds nothing wrong`, { timeout }, async (t) => {
    const world = await World.of(t, options);
    const wrong = [];
    await walk(world, async (state, page = world.page) => {
      wrong.push(...(await wrongs(state, page, true)));
    });
    assert.deepEqual(wrong, []);
  });
}

/** What is not English differs in the room that its texts take. */
for (const language of readdirSync(languages).map((file) => parse(file).name).filter((language) => language !== 'en')) {
  test(`what a customer reads fits every screen in ${language}`, { timeout }, async (t) => {
    const wrong = [];
    for (const { options, walk } of walks.filter(({ name }) => ['start', 'update'].includes(name))) {
      const world = await World.of(t, { ...options, language });
      await walk(world, async (state, page = world.page) => {
        wrong.push(...(await misfits(state, page)));
      });
    }
    assert.deepEqual(wrong, []);
  });
}

test('every failure that there is is among the states', () => {
  const source = readFileSync(join(root, 'src/session/failure.rs'), 'utf8');
  const all = [...source.matchAll(/^ {4}[A-Z]\w+ = "([a-z-]+)",$/gm)].map(([, code]) => code);
  assert.ok(all.length > 30, `${all}`);
  assert.deepEqual([...codes, ...ELSEWHERE].sort(), all.sort());
});
