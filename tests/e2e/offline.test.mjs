// The page without a network: it starts, it takes up a new build, and it updates with what was taken along.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { watchPolicy } from './world/looks.mjs';
import { app } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
/** The simulated device, so much faster than a real one that a test takes seconds. */
const fast = { simulated_speed: '50' };
/** The page with its service worker. */
const kept = { serviceWorkers: 'allow' };

/** Waits until the browser has all of the page. */
const isKept = (world) => world.page.evaluate(async () => void (await navigator.serviceWorker.ready));

test('after one visit the page starts without a network, under the same policy', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open(fast, { ...kept, init: watchPolicy });
  await world.the('connect-simulated').waitFor();
  await isKept(world);
  assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);

  await world.station.stop();
  await world.visit({ ...fast, language: 'en' });
  // With what is loaded later, and no release where none was taken along.
  await world.click('connect-simulated');
  const { outcome, error } = await world.outcome();
  assert.deepEqual([outcome, error], ['failed', 'The release server cannot be reached.']);
  await world.click('technician');
  await world.the('take-along').waitFor();
  assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
  const refused = await world.page.evaluate(() => {
    try {
      document.body.insertAdjacentHTML('beforeend', '<img src=x>');
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(refused, 'the policy does not hold');
});

test('what a feed answers is kept by nobody', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open(fast, kept);
  await isKept(world);
  await world.page.reload();
  await world.click('connect-simulated');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  const addresses = await world.page.evaluate(async () => {
    const all = [];
    for (const name of await caches.keys()) all.push(...(await (await caches.open(name)).keys()).map(({ url }) => url));
    return all;
  });
  assert.ok(addresses.some((address) => address.endsWith('/fieldflash.json')), `${addresses}`);
  assert.ok(addresses.some((address) => address.endsWith('_bg.wasm')));
  assert.deepEqual(addresses.filter((address) => /\/api\/|\/payloads\//.test(address)), []);
});

test('the policy of the page is what the deployment has set by now', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open(fast, kept);
  await isKept(world);
  const connectsTo = async () => {
    const response = await world.page.reload();
    assert.ok(response.fromServiceWorker());
    return response.headers()['content-security-policy'].match(/connect-src ([^;]*)/)[1];
  };
  assert.equal(await connectsTo(), "'self'");
  world.station.configure({ feed: { url: 'https://ota.example.com' } });
  assert.equal(await connectsTo(), '*');
  // And without a network what it had set last.
  await world.station.stop();
  assert.equal(await connectsTo(), '*');
});

/** A copy of the built page, which a test may change. */
async function copy(world) {
  const folder = join(world.folder, 'app');
  await cp(app, folder, { recursive: true, filter: (path) => !/\.(br|gz)$/.test(path) });
  return folder;
}

/** Makes another build of it: as if its languages had changed, a text of which is shown. */
async function rebuild(folder, change) {
  const path = join(folder, 'languages', 'en.json');
  const before = await readFile(path);
  const after = Buffer.from(change(before.toString()));
  const hash = (contents) => `sha384-${createHash('sha384').update(contents).digest('base64')}`;
  await writeFile(path, after);
  const worker = join(folder, 'service-worker.js');
  const text = await readFile(worker, 'utf8');
  assert.ok(text.includes(hash(before)));
  const name = createHash('sha256').update(after).digest('hex').slice(0, 16);
  await writeFile(worker, text.replace(hash(before), hash(after)).replace(/"name":"\w+"/, `"name":"${name}"`));
}

const keptBuilds = (world) =>
  world.page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('fieldflash-page-')));

test('a new build waits until the person takes it, and not while an update runs', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false, app: copy });
  await world.release(image(200));
  await world.open({ simulated_speed: '1' }, kept);
  await isKept(world);
  const [old] = await keptBuilds(world);
  await world.click('connect-simulated');
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();

  await rebuild(world.app, (text) => text.replace('"Take along"', '"Take it along"'));
  await world.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const next = (of, event) => new Promise((done) => of.addEventListener(event, done, { once: true }));
    const found = next(registration, 'updatefound');
    await registration.update();
    await found;
    const { installing } = registration;
    while (installing.state === 'installing') await next(installing, 'statechange');
    if (registration.waiting !== installing) throw new Error(`the new build is ${installing.state}`);
  });
  assert.ok(!(await world.the('newer').isVisible()), 'the update is under way');
  await world.click('cancel');
  await world.the('newer').waitFor();

  // Another window still works with the old build.
  const other = await world.page.context().newPage();
  await other.goto(world.station.url);
  await world.click('reload');
  await world.the('newer').filter({ hasText: 'other windows' }).waitFor();
  assert.ok((await keptBuilds(world)).includes(old), 'the old build is still needed');
  await other.close();

  const reloaded = world.page.waitForEvent('load');
  await world.click('reload');
  await reloaded;
  await world.the('connect-simulated').waitFor();
  assert.ok(!(await world.the('newer').isVisible()));
  const builds = await keptBuilds(world);
  assert.ok(builds.length === 1 && builds[0] !== old, `${builds}`);
  await world.click('technician');
  await world.page.getByRole('heading', { name: 'Take it along' }).waitFor();
});

test('half of a new build is never taken', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false, app: copy });
  await world.open(fast, kept);
  await isKept(world);
  const builds = await keptBuilds(world);
  await rebuild(world.app, (text) => text.replace('"Take along"', '"Take it along"'));
  // The server is between two builds: this file is of a later one.
  await writeFile(join(world.app, 'technician', 'row.js'), 'of another build');
  await world.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update().catch(() => {});
    const worker = registration.installing;
    if (worker) await new Promise((ended) => worker.addEventListener('statechange', () => worker.state === 'redundant' && ended()));
  });
  assert.deepEqual(await keptBuilds(world), builds);
  assert.ok(!(await world.the('newer').isVisible()));
  await world.station.stop();
  await world.page.reload();
  await world.the('connect-simulated').waitFor();
});

test('the page can be installed', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open(fast, kept);
  await isKept(world);
  const session = await world.page.context().newCDPSession(world.page);
  const { errors, data } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const { name, display, icons } = JSON.parse(data);
  assert.deepEqual([name, display], ['Device update', 'standalone']);
  for (const { src, sizes } of icons) {
    const picture = Buffer.from(await (await fetch(`${world.station.url}/${src}`)).arrayBuffer());
    // Width and height in a PNG's first chunk.
    assert.equal(`${picture.readUInt32BE(16)}x${picture.readUInt32BE(20)}`, sizes, src);
  }
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // Windows of tests are private ones, from which nothing is installed.
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
});
