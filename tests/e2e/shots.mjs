// Pictures of every state of every page, for people to look at: shots.mjs [WORDS…], only walks with these words. Writes them
// to target/shots/ with an index.html that shows them side by side, and the README's picture.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { walks } from './states/index.mjs';
import { root, shots } from './world/places.mjs';
import { World } from './world/world.mjs';

/** Each is looked at this wide in this scheme, by language. The page of a 4K screen is much the same in all states. */
const LOOKS = {
  en: [[320, 'light'], [320, 'dark'], [390, 'light'], [390, 'dark'], [1280, 'light'], [1280, 'dark']],
  ar: [[390, 'light'], [1280, 'dark']],
};
const ON_4K = ['start', 'offered', 'writing', 'failed-no-answer', 'workshop-compared', 'desk-report-of-update', 'row-done'];
/** The state that the README shows. */
const README = 'offered';

const wanted = process.argv.slice(2).join(' ');
mkdirSync(shots, { recursive: true });

for (const language of Object.keys(LOOKS)) {
  for (const { name, options, walk } of walks.filter(({ name }) => name.includes(wanted))) {
    const ends = [];
    const world = await World.of({ after: (end) => ends.push(end) }, { ...options, language });
    let count = 0;
    const look = async (state, page = world.page) => {
      const looks = [...LOOKS[language], ...(language === 'en' && ON_4K.includes(state) ? [[3840, 'light']] : [])];
      for (const [width, colorScheme] of looks) {
        await page.setViewportSize({ width, height: width === 3840 ? 2160 : 844 });
        await page.emulateMedia({ colorScheme });
        const path = join(shots, `${state}.${language}.${width}.${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true, animations: 'disabled' });
      }
      if (language === 'en' && state === README) await picture(page);
      await page.setViewportSize({ width: 1280, height: 844 });
      count++;
    };
    try {
      await walk(world, look);
      console.log(`${language} ${name}: ${count} states`);
    } catch (error) {
      console.log(`${language} ${name}: ended after ${count} states: ${error.message}`);
      process.exitCode = 1;
    }
    for (const end of ends) await end();
  }
}

/** The README's picture. */
async function picture(page) {
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: join(root, 'docs/page.png'), fullPage: true, animations: 'disabled' });
}

/** All that are there, also those of an earlier time. */
const states = new Map();
for (const name of readdirSync(shots).filter((name) => name.endsWith('.png'))) {
  const state = name.split('.')[0];
  states.set(state, [...(states.get(state) ?? []), name]);
}
const byWidth = (a, b) => a.localeCompare(b, 'en', { numeric: true });
const figure = (name) => `<figure><a href="${name}"><img loading="lazy" src="${name}" alt=""></a><figcaption>${name.split('.').slice(1, 4).join(' ')}</figcaption></figure>`;
writeFileSync(join(shots, 'index.html'), `<!doctype html>
<meta charset="utf-8"><title>Every state of every page</title>
<style>
  body { font: 1rem/1.4 system-ui, sans-serif; margin: 1rem; }
  section { border-block-start: 1px solid #bbb; }
  div { display: flex; gap: 0.75rem; overflow-x: auto; align-items: start; }
  figure { margin: 0; flex: none; }
  img { height: 26rem; border: 1px solid #ddd; }
  figcaption { font-size: 0.8rem; color: #555; }
</style>
<h1>Every state of every page</h1>
${[...states].map(([state, names]) => `<section id="${state}"><h2>${state}</h2><div>${names.sort(byWidth).map(figure).join('')}</div></section>`).join('\n')}
`);
console.log(`${states.size} states: ${join(shots, 'index.html')}`);
