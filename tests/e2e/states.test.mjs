// Every state of every page is for everyone: on every screen, in every scheme, from the left and from the right.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { test } from 'node:test';

import { ELSEWHERE, codes } from './states/failures.mjs';
import { walks } from './states/index.mjs';
import { SCHEMES, findings, overflow, unheard, unreached } from './world/looks.mjs';
import { languages, root } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 600_000;
/** A small phone; which is also a desk's screen of 1280 pixels at 400 %. Then a phone, that screen at 200 %, itself, and 4K. */
const WIDTHS = [320, 390, 640, 1280, 3840];

/** What is looked at in a language: where words are longer or turned round, not each of the failures once more. */
const isLookedAt = (language, name) =>
  language === 'en' || (language === 'ar' ? name !== 'failures' : ['start', 'update'].includes(name));

for (const language of readdirSync(languages).map((file) => parse(file).name)) {
  for (const { name, options, walk } of walks.filter(({ name }) => isLookedAt(language, name))) {
    test(`every state of ${name} fits every screen, is used by keyboard, and axe finds nothing wrong, in ${language}`, { timeout }, async (t) => {
      const world = await World.of(t, { ...options, language });
      const wrong = [];
      await walk(world, async (state, page = world.page) => {
        for (const width of WIDTHS) {
          wrong.push(...(await overflow(page, width)).map((what) => `${state} at ${width}: ${what}`));
        }
        await page.setViewportSize({ width: 1280, height: 844 });
        if (state.startsWith('failed-')) wrong.push(...(await unheard(page)).map((what) => `${state}: ${what}`));
        if (language === 'en') wrong.push(...(await unreached(page)).map((what) => `${state}: ${what}`));
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          wrong.push(...(await findings(page)).map((what) => `${state}, ${colorScheme}: ${what}`));
        }
      });
      assert.deepEqual(wrong, []);
    });
  }
}

test('every failure that there is is among the states', () => {
  const source = readFileSync(join(root, 'src/session/failure.rs'), 'utf8');
  const all = [...source.matchAll(/^ {4}[A-Z]\w+ = "([a-z-]+)",$/gm)].map(([, code]) => code);
  assert.ok(all.length > 30, `${all}`);
  assert.deepEqual([...codes, ...ELSEWHERE].sort(), all.sort());
});
