// The page in a deployment's own clothes.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

import { LANGUAGES, languageOf } from '../../src/technician/texts.js';
import { OWN, contrast, palette, problemOf, problemOfTexts, style } from '../../src/theme.js';
import { image } from './world/image.mjs';
import { watchPolicy } from './world/looks.mjs';
import { root, screenshots } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const fast = { simulated_speed: '50' };
const english = JSON.parse(readFileSync(join(root, 'languages/en.json'), 'utf8'));

const logo = (colour) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40"><circle cx="20" cy="20" r="18" fill="${colour}"/>
  <text x="46" y="28" font-family="sans-serif" font-weight="700" font-size="22" fill="${colour}">Polar</text></svg>`;
const theme = {
  logo: { light: 'logo.svg', dark: 'logo-dark.svg' },
  colours: {
    light: { accent: '#0b6e4f', background: '#eef5f1', border: '#c5d8ce' },
    dark: { accent: '#5fd3a8', background: '#0c1613', card: '#14211c', border: '#2f4239' },
  },
  texts: { en: { 'connect.title': 'Plug your fridge in' }, de: { 'connect.title': 'Schließen Sie Ihren Kühlschrank an' } },
  links: { support: 'https://www.example.com/support', privacy: '/privacy', imprint: 'mailto:hello@example.com' },
};

async function dressedWorld(t, clothes = theme) {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  world.station.put('logo.svg', logo('#0b6e4f'));
  world.station.put('logo-dark.svg', logo('#5fd3a8'));
  world.station.describe({ software_type: 'stm32-fw', hardware_version: 'mp' }, { name: 'Polar Fridge update', theme: clothes });
  return world;
}

const colour = (world, selector, property) =>
  world.page.locator(selector).first().evaluate((it, property) => getComputedStyle(it)[property], property);

/** The logo that is seen, and whether it could be loaded. */
const logosOf = (page) =>
  page.locator('[data-testid=logo]:visible').evaluateAll((all) => all.map((it) => [it.getAttribute('src'), it.naturalWidth > 0]));
const linksOf = (page) =>
  page.locator('.links a').evaluateAll((all) => all.map((it) => [it.textContent, it.getAttribute('href'), it.target]));

async function assertNothingIsWrong(page) {
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, help }) => `${id}: ${help}`), []);
}

test('name, logo, colours, words and links are the deployment’s, light and dark, on a phone and on a screen', { timeout }, async (t) => {
  const world = await dressedWorld(t);
  mkdirSync(screenshots, { recursive: true });
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      await world.open(fast, { viewport: { width, height: 900 }, colorScheme, init: watchPolicy });
      await world.click('connect-simulated');
      await world.the('update').waitFor();
      await world.page.screenshot({ path: join(screenshots, `theme-${width}-${colorScheme}.png`), fullPage: true });
      assert.deepEqual(await logosOf(world.page), [[colorScheme === 'dark' ? 'logo-dark.svg' : 'logo.svg', true]]);
      const light = ['rgb(238, 245, 241)', 'rgb(11, 110, 79)'];
      const [background, accent] = colorScheme === 'dark' ? ['rgb(12, 22, 19)', 'rgb(95, 211, 168)'] : light;
      assert.equal(await colour(world, 'body', 'backgroundColor'), background);
      assert.equal(await colour(world, 'button.primary', 'backgroundColor'), accent);
      await assertNothingIsWrong(world.page);
    }
  }
  assert.equal(await world.page.title(), 'Polar Fridge update');
  assert.deepEqual(await linksOf(world.page), [
    ['Support', 'https://www.example.com/support', '_blank'],
    ['Privacy', '/privacy', '_blank'],
    ['Legal notice', 'mailto:hello@example.com', '_blank'],
  ]);
});

test('the deployment’s words are in each language, also once another is chosen, and its links in that one', { timeout }, async (t) => {
  const world = await dressedWorld(t);
  await world.open(fast);
  await world.page.getByText('Plug your fridge in').waitFor();
  await world.the('language').selectOption('de');
  await world.page.getByText('Schließen Sie Ihren Kühlschrank an').waitFor();
  await world.page.locator('.links').getByText('Datenschutz').waitFor();
  assert.equal(await world.page.locator('[data-testid=logo]').count(), 2, 'as many as there are schemes');
  // One that the deployment has no words for speaks as ever.
  await world.the('language').selectOption('fr');
  await world.page.locator('.links').getByText('Confidentialité').waitFor();
  await world.the('language').selectOption('en');
  await world.page.getByText('Plug your fridge in').waitFor();
});

test('support’s page is in the same clothes, light and dark', { timeout }, async (t) => {
  const world = await dressedWorld(t, { ...theme, texts: { en: { 'desk.title': 'Fridge support' } } });
  mkdirSync(screenshots, { recursive: true });
  for (const [colorScheme, file, background, accent] of [
    ['light', 'logo.svg', 'rgb(238, 245, 241)', 'rgb(11, 110, 79)'],
    ['dark', 'logo-dark.svg', 'rgb(12, 22, 19)', 'rgb(95, 211, 168)'],
  ]) {
    world.page = await world.desk('link', { colorScheme, init: watchPolicy });
    await world.the('link-baud').waitFor();
    await world.page.locator('.links').waitFor();
    await world.page.screenshot({ path: join(screenshots, `theme-support-${colorScheme}.png`), fullPage: true });
    assert.equal(await world.text('name'), 'Polar Fridge update');
    assert.equal(await world.page.locator('h1').innerText(), 'Fridge support');
    assert.equal(await world.page.title(), 'Fridge support – Polar Fridge update');
    assert.deepEqual(await logosOf(world.page), [[file, true]]);
    assert.equal(await colour(world, 'body', 'backgroundColor'), background);
    assert.equal(await colour(world, 'button.primary', 'backgroundColor'), accent);
    assert.deepEqual((await linksOf(world.page)).map(([says]) => says), ['Support', 'Privacy', 'Legal notice']);
    await assertNothingIsWrong(world.page);
  }
});

test('support’s page does not use a theme that was changed on its way', { timeout }, async (t) => {
  const world = await dressedWorld(t);
  world.page = await world.window();
  const requests = [];
  await world.page.route('**/theme-*.js*', async (route) => {
    requests.push(route.request().url());
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n` });
  });
  await world.page.goto(`${world.station.url}/support.html`);
  await world.the('pasted').waitFor();
  assert.equal(requests.length, 2, `${requests}`);
  assert.equal(await colour(world, 'body', 'backgroundColor'), 'rgb(244, 245, 247)');
  assert.equal(await world.the('logo').count(), 0);
});

/** Keeps each background that was ever painted, and each heading. */
function keepWhatIsPainted() {
  globalThis.painted = [];
  const look = () => {
    const heading = document.querySelector('h1')?.textContent;
    if (document.body && heading) painted.push(`${getComputedStyle(document.body).backgroundColor} ${heading}`);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

test('the page itself is never seen in other clothes, and at the second visit nothing is', { timeout }, async (t) => {
  const world = await dressedWorld(t);
  await world.open(fast, { init: keepWhatIsPainted });
  await world.the('connect-simulated').waitFor();
  const dressed = 'rgb(238, 245, 241) Polar Fridge update';
  const app = await world.page.evaluate(() => painted.at(-1));
  assert.equal(app, dressed);
  await world.visit(fast);
  await world.the('connect-simulated').waitFor();
  assert.deepEqual([...new Set(await world.page.evaluate(() => painted))], [dressed]);
  // Once the deployment has none any more, nothing of it is left.
  world.station.describe({});
  await world.visit(fast);
  await world.the('connect-simulated').waitFor();
  await world.visit(fast);
  await world.the('connect-simulated').waitFor();
  assert.deepEqual([...new Set(await world.page.evaluate(() => painted))], ['rgb(244, 245, 247) Device update']);
});

test('a colour in which nobody can read is refused, with one that would do', { timeout }, async (t) => {
  const world = await dressedWorld(t, { colours: { light: { accent: '#ffd43b' } } });
  await world.open(fast);
  const { says } = await world.outcome();
  assert.match(says, /fieldflash\.json: theme: colours\.light\.accent: accent #ffd43b on background #f4f5f7 cannot be read/);
  const better = says.match(/as with (#[0-9a-f]{6}) for accent/)[1];
  assert.equal(problemOf({ colours: { light: { accent: better } } }), undefined, better);
  // Support reads the same words, and can work on.
  world.page = await world.desk('report');
  assert.equal((await world.outcome()).says, says);
  await world.the('pasted').fill('{}');
  await world.the('report-problem').filter({ hasText: 'not a report' }).waitFor();
});

test('the page is installed under its own name', { timeout }, async (t) => {
  const world = await dressedWorld(t);
  await world.open(fast);
  const manifest = await world.page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json());
  assert.deepEqual([manifest.name, manifest.theme_color, manifest.start_url], ['Polar Fridge update', '#eef5f1', './']);
});

test('each example of a theme and of who may embed the page in the document is one', () => {
  const document = readFileSync(join(root, 'docs/fieldflash-json.md'), 'utf8');
  const examples = [...document.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => JSON.parse(text)).filter((it) => it.theme);
  assert.ok(examples.length >= 2);
  for (const { theme } of examples) {
    assert.equal(problemOf(theme), undefined);
    if (theme.texts) assert.equal(problemOfTexts(theme.texts, english), undefined);
  }
  for (const name of [...Object.keys(OWN.light), 'logo', 'colours', 'texts', 'links', 'support', 'privacy', 'imprint']) {
    assert.ok(document.includes(`\`${name}\``), `the document lacks ${name}`);
  }
});

test('the colours that a deployment leaves as they are are those of the page’s style, and can be read', () => {
  const css = readFileSync(join(root, 'style/page.css'), 'utf8');
  const colours = (block) => Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w+)/g)].map(([, name, value]) => [name, value]));
  const [light, dark] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) => colours(block));
  const tokens = { background: 'ground', text: 'ink', muted: 'soft', border: 'edge', on_accent: 'on-accent' };
  for (const [scheme, sheet] of [['light', light], ['dark', dark]]) {
    for (const [name, value] of Object.entries(OWN[scheme])) assert.equal(value, sheet[tokens[name] ?? name], `${scheme} ${name}`);
  }
  assert.equal(problemOf({ colours: { light: {}, dark: {} } }), undefined);
});

test('contrast is as WCAG has it', () => {
  assert.equal(contrast('#000', '#ffffff'), 21);
  assert.equal(contrast('#fff', '#fff'), 1);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

test('what stands in the accent is what can be read there, unless it is said', () => {
  assert.equal(palette('light', { accent: '#0b6e4f' }).on_accent, '#ffffff');
  assert.equal(palette('dark', { accent: '#5fd3a8' }).on_accent, '#0f1b2b');
  assert.equal(palette('dark', { accent: '#5fd3a8', on_accent: '#000000' }).on_accent, '#000000');
  assert.match(problemOf({ colours: { light: { accent: '#0b6e4f', on_accent: '#0b6e50' } } }), /on_accent/);
  assert.match(style({ colours: { light: { accent: '#0b6e4f' } } }), /--accent: #0b6e4f;/);
});

test('what is nothing that there is is told with its place', () => {
  const told = (theme) => problemOf(theme) ?? '';
  assert.match(told([]), /must be an object/);
  assert.match(told({ font: 'Papyrus' }), /unknown field font/);
  assert.match(told({ colours: { light: { acent: '#000' } } }), /colours\.light: unknown field acent/);
  assert.match(told({ colours: { dim: {} } }), /"light", "dark"/);
  for (const colour of ['red', '#12345', 'var(--x)', '#fff;}*{}', 7]) {
    assert.match(told({ colours: { light: { accent: colour } } }), /is not like "#1a5fb4"/, `${colour}`);
  }
  for (const logo of ['https://cdn.example.com/logo.svg', '../logo.svg', 'logo.html', '', {}, { light: 'a.svg' }, 7]) {
    assert.match(told({ logo }), /^logo: .* must be a picture/, JSON.stringify(logo));
  }
  for (const address of ['javascript:alert(1)', 'data:text/html,x', 7]) {
    assert.match(told({ links: { support: address } }), /links\.support: .* is no address/);
  }
  assert.match(told({ links: { shop: 'https://a.example' } }), /links: must have some of/);
  const texts = (texts) => problemOfTexts(texts, english) ?? '';
  assert.match(texts({ tlh: {} }), /unknown language tlh/);
  assert.match(texts({ en: { 'connect.titel': 'x' } }), /texts\.en\.connect\.titel: there is no text with this name/);
  assert.match(texts({ en: { 'ready.update': 'Go' } }), /must have \{version\} in braces/);
  assert.match(texts({ en: { cancel: 'Stop {now}' } }), /not \{now\}/);
  assert.match(texts({ en: { cancel: ' ' } }), /must be a text/);
  assert.equal(texts({ de: { 'ready.update': 'Auf {version} bringen' } }), '');
});

test('the languages that modules know are those that there are, and the first that someone reads is theirs', () => {
  assert.deepEqual(readdirSync(join(root, 'languages')).sort(), LANGUAGES.map((tag) => `${tag}.json`).sort());
  assert.equal(languageOf(null, 'xx', 'de-AT', 'fr'), 'de');
  assert.equal(languageOf('zh-CN'), 'zh-Hans');
  assert.equal(languageOf('xx'), 'en');
});
