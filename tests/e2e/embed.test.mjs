// The page in a page of somebody else's.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { happened, problemOf } from '../../src/embedded.js';
import { image } from './world/image.mjs';
import { screenshots } from './world/places.mjs';
import { Shop } from './world/shop.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;

/** Keeps what the elements of a page tell, and what the browser did not let it do. */
function listen() {
  globalThis.told = [];
  globalThis.violations = [];
  for (const name of ['ready', 'connected', 'offered', 'started', 'progress', 'ended', 'refused']) {
    const hear = ({ detail, target }) => target.matches?.('fieldflash-update') && told.push({ name, id: target.id, ...detail });
    addEventListener(name, hear, true);
  }
  addEventListener('securitypolicyviolation', (event) => violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
}

/** A page with this in its body. */
const page = (body, head = '') => `<!doctype html><meta charset="utf-8"><title>Shop</title>${head}
  <script src="https://update.example.com/fieldflash-update.js"></script><body>${body}`;

/** A shop whose only page has this in its body. */
const only = (body) => ({ pages: { '/index.html': page(body) } });
/** The element with the simulated device, so much faster than a real one that a test takes seconds. */
const simulated = '<fieldflash-update simulated-speed="50"></fieldflash-update>';

/**
 * A world with a release, and a shop whose pages may show the update page: `allowed: false`: may not. `settings` are more of
 * fieldflash.json.
 */
async function worldWithShop(t, { chip = false, allowed = true, settings, ...shop } = {}) {
  const world = await World.of(t, { chip });
  world.contents = image(64);
  await world.release(world.contents);
  world.shop = await Shop.open(t, world.station, shop);
  const product = { software_type: 'stm32-fw', hardware_version: 'mp' };
  const embed = allowed ? { origins: [world.shop.origin] } : {};
  world.station.describe(product, { embed, ...settings });
  /** Opens a page of the shop. */
  world.enter = async (path = '/', context = {}) => {
    world.page = await (await world.browser.newContext({ serviceWorkers: 'block', ...context })).newPage();
    world.page.setDefaultTimeout(30_000);
    await world.page.addInitScript(listen);
    await world.page.goto(world.shop.origin + path);
    world.outer = world.page;
    world.frame = world.page.frameLocator('fieldflash-update iframe').first();
    world.in = (id) => world.frame.getByTestId(id);
  };
  world.told = () => world.outer.evaluate(() => told);
  world.untilTold = async (name, id = '') => {
    await world.outer.waitForFunction(([name, id]) => told.some((it) => it.name === name && it.id === id), [name, id]);
    return (await world.told()).filter((it) => it.name === name && it.id === id).at(-1);
  };
  return world;
}

/** A picture of a page for people to look at. */
const picture = (world, name) => {
  mkdirSync(screenshots, { recursive: true });
  return world.page.screenshot({ path: join(screenshots, `embedded-${name}.png`), fullPage: true });
};

const names = (told) => told.map(({ name }) => name).filter((name) => name !== 'progress');

test('the example page updates a device, hears what happens, and neither disturbs the other', { timeout }, async (t) => {
  const world = await worldWithShop(t, { chip: {} });
  await world.enter();
  await world.in('connect-known').click();
  await world.in('update').click();
  const ended = await world.untilTold('ended');
  assert.equal(ended.outcome, 'updated', JSON.stringify(ended));
  assert.equal(ended.version, '2.0.0');
  const told = await world.told();
  assert.deepEqual(names(told), ['ready', 'connected', 'offered', 'started', 'ended']);
  const percents = told.filter(({ name }) => name === 'progress').map(({ percent }) => percent);
  assert.ok(percents.length > 3 && percents.every((percent, at) => percent >= (percents[at - 1] ?? 0)), `${percents}`);
  assert.ok((await world.chip.flash()).subarray(0, world.contents.length).equals(world.contents));
  // What names the device is nobody's but the page's.
  const serial = (await world.in('device-serial').innerText()).trim();
  assert.ok(serial.length > 4 && !JSON.stringify(told).includes(serial), serial);
  assert.equal(await world.page.locator('#thanks').innerText(), 'Your fridge now has version 2.0.0. Enjoy!');
  // The shop's style turns its own sections; those in the frame stand straight.
  assert.equal(await world.in('result').evaluate((it) => getComputedStyle(it).transform), 'none');
  assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
});

test('the frame is as high as what is in it, with no second head and foot', { timeout }, async (t) => {
  const world = await worldWithShop(t, only(simulated));
  await world.enter();
  // The last thing that comes to the page.
  await world.in('technician').waitFor();
  const inside = world.page.frames()[1];
  const heights = async () => [
    await world.page.evaluate(() => document.querySelector('fieldflash-update').shadowRoot.querySelector('iframe').clientHeight),
    await inside.evaluate(() => Math.ceil(document.documentElement.getBoundingClientRect().height)),
  ];
  const same = async () => {
    for (let tries = 0; ; tries++) {
      const [outer, inner] = await heights();
      if (outer === inner) return outer;
      assert.ok(tries < 50, `the frame is ${outer} high, what is in it ${inner}`);
      await inside.evaluate(() => new Promise(requestAnimationFrame));
    }
  };
  const all = async (open) => {
    await inside.evaluate((open) => document.querySelectorAll('details').forEach((details) => (details.open = open)), open);
    return same();
  };
  const [closed, open, again] = [await all(false), await all(true), await all(false)];
  assert.ok(closed > 200 && open > closed && again === closed, `${closed} ${open} ${again}`);
  for (const gone of ['h1', 'footer']) assert.equal(await world.frame.locator(gone).isVisible(), false, gone);
  assert.equal(await world.frame.locator('.steps').isVisible(), true);
});

test('the example looks well on a phone and on a screen, light and dark', { timeout }, async (t) => {
  const world = await worldWithShop(t);
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      await world.enter('/', { viewport: { width, height: 900 }, colorScheme });
      await world.in('connect-simulated').waitFor();
      await picture(world, `${width}-${colorScheme}`);
      const scrolls = await world.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!scrolls, `at ${width} px it is too wide`);
    }
  }
});

test('attributes are what a link says, and one that is changed shows the page anew', { timeout }, async (t) => {
  const attributes = 'language="de" theme="dark" hardware-version="evt" device-serial="A 1&b" simulated-speed="50"';
  const world = await worldWithShop(t, { ...only(`<fieldflash-update ${attributes}></fieldflash-update>`), host: '127.0.0.1' });
  await world.enter('/', { colorScheme: 'light' });
  // The last thing that comes to the page.
  await world.in('technician').waitFor();
  const inside = () => world.page.frames()[1];
  assert.equal(await inside().evaluate(() => document.documentElement.lang), 'de');
  assert.match(await world.in('link-sets').innerText(), /device_serial A 1&b/);
  assert.match(await world.in('link-sets').innerText(), /hardware_version evt/);
  assert.equal(await inside().evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(20, 24, 31)');
  await world.page.evaluate(() => {
    const update = document.querySelector('fieldflash-update');
    update.setAttribute('language', 'fr');
    update.setAttribute('theme', 'light');
  });
  await world.frame.locator('html[lang=fr]').waitFor();
  await world.in('connect-simulated').waitFor();
  assert.equal(await inside().evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(244, 245, 247)');
  assert.deepEqual(await world.page.evaluate(() => violations), []);
});

test('on another site, where the browser keeps nothing for the page and knows no locks, an update goes as anywhere', { timeout }, async (t) => {
  const world = await worldWithShop(t, { ...only(simulated), host: '127.0.0.1' });
  await world.enter('/', { serviceWorkers: 'allow' });
  const inside = world.page.frames()[1];
  await world.in('connect-simulated').click();
  // As in a window that is private, or with cookies of other sites blocked.
  assert.equal(await inside.evaluate(() => navigator.locks.request('x', () => 'has').catch(({ name }) => name)), 'SecurityError');
  await world.in('update').click();
  assert.equal((await world.untilTold('ended')).outcome, 'updated');
});

test('below what is in sight, on another site, the frame is as high as it has to be', { timeout }, async (t) => {
  const world = await worldWithShop(t, { ...only(`<p style="height: 5000px">Far</p>${simulated}`), host: '127.0.0.1' });
  await world.enter();
  await world.untilTold('ready');
  const height = () => document.querySelector('fieldflash-update').shadowRoot.querySelector('iframe').clientHeight > 300;
  await world.page.waitForFunction(height);
  assert.equal(await world.page.evaluate(() => scrollY), 0);
});

test('an element that is moved keeps its frame, if it is moved as browsers can do that', { timeout }, async (t) => {
  const world = await worldWithShop(t);
  await world.enter();
  await world.untilTold('ready');
  const can = await world.page.evaluate(() => {
    if (!Element.prototype.moveBefore) return false;
    const update = document.querySelector('fieldflash-update');
    const frame = update.shadowRoot.querySelector('iframe');
    document.querySelector('footer').moveBefore(update, null);
    return frame === update.shadowRoot.querySelector('iframe');
  });
  assert.ok(can, 'this browser moves nothing, or the frame is another one');
  await world.in('connect-simulated').click();
  await world.untilTold('connected');
  assert.deepEqual(names(await world.told()).filter((name) => name === 'ready'), ['ready']);
});

test('where the script is not let in, what stands between the tags is shown', { timeout }, async (t) => {
  const world = await worldWithShop(t, { headers: { 'Cross-Origin-Embedder-Policy': 'require-corp' } });
  await world.enter();
  const link = world.page.getByRole('link', { name: 'Open the update page' });
  await link.waitFor();
  assert.equal(await link.getAttribute('href'), `${world.station.url}/`);
});

test('where links have to be signed, attributes decide nothing, and a signed link does', { timeout }, async (t) => {
  const world = await worldWithShop(t, {
    settings: { links: { public_key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a' } },
    ...only('<fieldflash-update release="1.0.0" link="?cohort=beta&sig=00"></fieldflash-update>'),
  });
  await world.enter();
  const told = await world.in('link-problem').innerText();
  assert.match(told, /cohort/);
  assert.doesNotMatch(told, /release/, 'what stands behind a signature does not count');
  assert.equal(await world.in('link-sets').count(), 0);
});

test('a page that the deployment does not name gets a sentence and not the page', { timeout }, async (t) => {
  const world = await worldWithShop(t, { allowed: false });
  // By the station's header.
  await world.enter();
  const says = world.page.locator('fieldflash-update').getByRole('status');
  await says.filter({ hasText: 'does not show here' }).waitFor();
  assert.equal((await world.untilTold('refused')).reason, 'unreachable');
  await picture(world, 'unreachable');
  const link = world.page.locator('fieldflash-update').getByRole('link', { name: 'Open the update page' }).first();
  assert.equal(await link.getAttribute('href'), `${world.station.url}/?software_type=stm32-fw&hardware_version=mp`);
  // By the page itself, where a web server sends no such header.
  await world.page.route(`${world.station.url}/**`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    delete headers['content-security-policy'];
    await route.fulfill({ response, headers });
  });
  await world.page.reload();
  const refusal = world.in('embedded');
  await refusal.waitFor();
  assert.ok((await refusal.innerText()).includes(`may not be shown within ${world.shop.origin}`), await refusal.innerText());
  assert.equal((await world.untilTold('refused')).reason, 'origin');
  await picture(world, 'not-allowed');
  assert.equal(await world.in('connect-known').count(), 0);
  assert.equal(await world.in('connect-simulated').count(), 0, 'the page started');
});

test('a page that cannot be reached is told in a sentence, in the language of the element', { timeout }, async (t) => {
  const body = '<fieldflash-update language="de" src="http://localhost:9/"></fieldflash-update>';
  const world = await worldWithShop(t, only(body));
  await world.enter();
  await world.page.locator('fieldflash-update').getByRole('status').filter({ hasText: 'wird hier nicht angezeigt' }).waitFor();
  const link = world.page.locator('fieldflash-update').getByRole('link', { name: 'Update-Seite öffnen' });
  assert.equal(await link.getAttribute('href'), 'http://localhost:9/?language=de');
});

test('within a page that keeps devices from it, the page says so', { timeout }, async (t) => {
  const world = await worldWithShop(t, { headers: { 'Permissions-Policy': 'serial=(), usb=()' } });
  await world.enter();
  await world.in('embedded').waitFor();
  assert.match(await world.in('embedded').innerText(), /does not let it reach devices/);
  await picture(world, 'denied');
  const link = world.in('embedded').getByRole('link');
  assert.equal(await link.getAttribute('target'), '_blank');
});

test('a page whose own policy is strict may show it', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const { url } = world.station;
  const frames = `frame-src ${url}; require-trusted-types-for 'script'`;
  const csp = `default-src 'none'; script-src 'self' ${url}; style-src 'self'; ${frames}`;
  const shop = await Shop.open(t, world.station, { headers: { 'Content-Security-Policy': csp } });
  world.station.describe({}, { embed: { origins: [shop.origin] } });
  world.page = await (await world.browser.newContext({ serviceWorkers: 'block' })).newPage();
  await world.page.addInitScript(listen);
  await world.page.goto(shop.origin);
  await world.page.frameLocator('fieldflash-update iframe').getByTestId('connect-simulated').waitFor();
  assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
});

test('an element that is removed amid an update says how that ended, and put back it goes on to the end', { timeout }, async (t) => {
  const world = await worldWithShop(t, { chip: { speed: 8 } });
  await world.enter();
  await world.in('connect-known').click();
  await world.in('update').click();
  await world.page.waitForFunction(() => told.some(({ name, percent }) => name === 'progress' && percent > 20));
  assert.equal(await world.page.evaluate(() => document.querySelector('fieldflash-update').busy), true);
  await world.page.evaluate(() => {
    globalThis.update = document.querySelector('fieldflash-update');
    // It has left the page when it says so.
    update.addEventListener('ended', ({ detail }) => told.push({ name: 'ended', id: 'removed', ...detail }));
    update.remove();
  });
  const ended = await world.untilTold('ended', 'removed');
  assert.deepEqual([ended.outcome, ended.version], ['interrupted', '2.0.0']);
  assert.equal(await world.page.evaluate(() => update.busy), false);
  await world.page.evaluate(() => document.querySelector('main').append(update));
  await world.in('connect-known').click();
  const [offer, error] = ['update', 'error'].map((id) => world.in(id));
  await offer.or(error).first().waitFor();
  if (await error.count()) {
    // It was removed amid a block, whose rest the device waits for until it is reset, as the page says.
    assert.match(await error.innerText(), /does not answer/);
    assert.match(await world.in('device-state').innerText(), /incomplete/);
    await world.chip.tell('reset');
    await world.in('connect-known').click();
  }
  await offer.click();
  const end = await world.outer.waitForFunction(() => told.find(({ name, outcome }) => name === 'ended' && outcome === 'updated'));
  assert.equal((await end.jsonValue()).version, '2.0.0');
  assert.ok((await world.chip.flash()).subarray(0, world.contents.length).equals(world.contents));
});

test('who leaves the page around it amid an update is asked first', { timeout }, async (t) => {
  const world = await worldWithShop(t, only('<fieldflash-update simulated-speed="1"></fieldflash-update>'));
  await world.enter();
  const dialogs = [];
  world.page.on('dialog', async (dialog) => {
    dialogs.push(dialog.type());
    await dialog.dismiss();
  });
  await world.in('connect-simulated').click();
  await world.in('update').click();
  await world.untilTold('progress');
  await world.page.goto(`${world.shop.origin}/support.css`).catch(() => {});
  assert.deepEqual(dialogs, ['beforeunload']);
  assert.equal(world.page.url(), `${world.shop.origin}/`);
});

test('of two elements on a page one has the devices, the other takes over, and each tells its own', { timeout }, async (t) => {
  const two = ['one', 'two'].map((id) => simulated.replace(' ', ` id="${id}" `));
  const world = await worldWithShop(t, only(two.join('')));
  await world.enter();
  await Promise.all(['one', 'two'].map((id) => world.untilTold('ready', id)));
  const frames = ['one', 'two'].map((id) => world.page.frameLocator(`#${id} iframe`));
  const other = await Promise.any(
    frames.map(async (frame) => {
      await frame.getByTestId('take-over').waitFor();
      return frame;
    }),
  );
  assert.match(await other.getByTestId('other-tab').innerText(), /in another tab, or elsewhere on this page/);
  await other.getByTestId('take-over').click();
  await frames.find((frame) => frame !== other).getByTestId('take-over').waitFor();
  await other.getByTestId('connect-simulated').click();
  await other.getByTestId('update').click();
  const id = frames.indexOf(other) ? 'two' : 'one';
  assert.equal((await world.untilTold('ended', id)).outcome, 'updated');
  const told = await world.told();
  assert.deepEqual(names(told.filter((it) => it.id !== id)), ['ready']);
});

test('an unknown product is told by the page and by the element', { timeout }, async (t) => {
  const world = await worldWithShop(t, only('<fieldflash-update product="toaster" simulated-speed="50"></fieldflash-update>'));
  await world.enter();
  await world.in('connect-simulated').click();
  const { outcome, code } = await world.untilTold('ended');
  assert.ok(outcome !== 'updated', `${outcome} ${code}`);
  assert.ok(await world.in('result').isVisible());
});

test('nobody else is heard: not another window, not another origin', { timeout }, async (t) => {
  const world = await worldWithShop(t, only(simulated));
  await world.enter();
  await world.untilTold('ready');
  await world.page.evaluate(async () => {
    postMessage({ fieldflash: 'ended', detail: { outcome: 'updated' } }, '*');
    const frame = document.body.appendChild(document.createElement('iframe'));
    const lie = 'parent.postMessage({ fieldflash: "ended", detail: { outcome: "updated" } }, "*")';
    frame.srcdoc = `<script>${lie}; parent.postMessage("sent", "*")</script>`;
    await new Promise((sent) => addEventListener('message', ({ data }) => data === 'sent' && sent()));
  });
  assert.deepEqual(names(await world.told()), ['ready']);
});

const EMPTY = ['outcome', 'code', 'chip', 'uniqueId', 'serial', 'hardwareVersion', 'installed', 'version', 'older'];
const sight = (more) => ({ stage: 'start', ...Object.fromEntries(EMPTY.map((name) => [name, ''])), percent: '0', ...more });

test('what happened is told once, and nothing of it names the device', () => {
  const secret = { uniqueId: 'SECRET', serial: 'SECRET' };
  const sights = [
    sight({}),
    sight({ stage: 'connecting' }),
    sight({ ...secret, stage: 'asking', chip: 'F4', hardwareVersion: 'mp' }),
    sight({ ...secret, stage: 'ready', chip: 'F4', installed: '1.0.0', version: '2.0.0' }),
    sight({ ...secret, stage: 'downloading', chip: 'F4', installed: '1.0.0', version: '2.0.0' }),
    sight({ ...secret, stage: 'updating', chip: 'F4', installed: '1.0.0', version: '2.0.0' }),
    sight({ ...secret, stage: 'updating', chip: 'F4', installed: '1.0.0', version: '2.0.0', percent: '50' }),
    sight({ ...secret, stage: 'updating', chip: 'F4', installed: '1.0.0', version: '2.0.0', percent: '50' }),
    sight({ ...secret, stage: 'ended', chip: 'F4', installed: '2.0.0', version: '2.0.0', outcome: 'failed', code: 'link-lost' }),
  ];
  let before = {};
  const all = sights.flatMap((now) => {
    const events = happened(before, now);
    before = { ...before, ...now, from: events.find(({ name }) => name === 'started')?.detail.from ?? before.from };
    return events;
  });
  assert.deepEqual(all, [
    { name: 'ready', detail: {} },
    { name: 'connected', detail: { chip: 'F4', hardwareVersion: 'mp' } },
    { name: 'offered', detail: { version: '2.0.0', installed: '1.0.0', older: false } },
    { name: 'started', detail: { from: '1.0.0', version: '2.0.0' } },
    { name: 'progress', detail: { percent: 0 } },
    { name: 'progress', detail: { percent: 50 } },
    { name: 'ended', detail: { outcome: 'failed', code: 'link-lost', from: '1.0.0', version: '2.0.0' } },
  ]);
});

test('who may show the page is said by origin, and never all', () => {
  assert.equal(problemOf(undefined), undefined);
  assert.equal(problemOf({ origins: ['https://www.example.com', 'http://localhost:8080'] }), undefined);
  for (const wrong of ['*', 'https://*.example.com', 'https://www.example.com/shop', 'www.example.com', 7]) {
    assert.match(problemOf({ origins: [wrong] }), /is not like/, `${wrong}`);
  }
  assert.match(problemOf({ origins: 'https://www.example.com' }), /list/);
  assert.match(problemOf({ origin: [] }), /unknown field origin/);
});
