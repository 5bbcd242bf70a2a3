// Support: a report of what happened, a link that sets the page up, and a look at a session as it happens.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { drop } from './world/drop.mjs';
import { image } from './world/image.mjs';
import { watchPolicy } from './world/looks.mjs';
import { built } from './world/places.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
const fast = { simulated_speed: '50' };
const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };

const assertPolicyHeld = async (page) => assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
const copied = (page) => page.evaluate(() => navigator.clipboard.readText());

/** What was copied, once it has these words. Playwright's `waitForFunction` takes a promise for the condition met. */
async function copiedWith(page, words) {
  let text;
  do text = await copied(page);
  while (!text.includes(words));
  return text;
}

/** Support's page, whose policy is watched. */
const deskOf = (world, hash, options) => world.desk(hash, { init: watchPolicy, ...options });

test('a report of a failure is copied, and support sees what happened', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { 'write-protected': 0 } });
  await world.release(image(40));
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(40).fill(0x55, 8))}`);
  await world.open({}, { ...clipboard, init: watchPolicy });
  await world.click('connect-known');
  await world.click('update');
  const { error } = await world.outcome();
  assert.match(error, /cannot be erased/);
  await world.the('copy-report').first().click();
  await world.page.locator('[data-testid=report][data-handed=Copied]').waitFor();
  await assertPolicyHeld(world.page);
  const text = await copied(world.page);
  const report = JSON.parse(text);
  assert.equal(report.fieldflash_report, 1);
  assert.match(report.page, /^\d+\.\d+\.\d+ [0-9a-f]{12,}$/);
  assert.match(report.browser, /Chrom.* \d/);
  assert.equal(report.events.at(-2).code ?? report.events.at(-1).code, 'not-erased');
  assert.ok(!text.includes('TEST-1'), 'the serial number is in it');
  assert.equal(report.exchanges, undefined);

  const desk = await deskOf(world, 'report');
  await desk.getByTestId('pasted').fill(text);
  const failure = desk.getByTestId('report-failure');
  assert.equal(await failure.getAttribute('data-code'), 'not-erased');
  assert.match(await failure.innerText(), /write-protected, or worn/);
  assert.match(await desk.getByTestId('report-device').innerText(), /10C4:EA60[^]*STM32F4/);
  assert.match(await desk.getByTestId('timeline').innerText(), /Erasing/);
  await assertPolicyHeld(desk);
});

test('what was sent and received is in a report where the person wants it, and names the device only where they want that', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(16));
  await world.open({}, { ...clipboard, init: watchPolicy });
  await world.click('connect-known');
  await world.the('update').waitFor();
  await world.page.locator('summary', { hasText: 'Log' }).click();
  await world.the('copy-report').click();
  await world.the('report-exchanges').check();
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  await world.the('copy-again').click();
  const without = JSON.parse(await copiedWith(world.page, '"exchanges"'));
  assert.ok(without.exchanges.length > 50 && without.exchanges.length <= 200, `${without.exchanges.length}`);
  assert.ok(without.exchanges.some(({ sent }) => sent) && without.exchanges.some(({ sent }) => !sent));
  assert.ok(!JSON.stringify(without).includes('TEST-1'));
  await world.the('report-names').check();
  await world.the('copy-again').click();
  await copiedWith(world.page, 'TEST-1');

  // The same as a file, by the other button, opened as a file.
  const [download] = await Promise.all([world.page.waitForEvent('download'), world.the('save-again').click()]);
  const desk = await deskOf(world, 'report');
  await desk.getByTestId('report-file').setInputFiles(await download.path());
  const picture = desk.getByTestId('rate-picture');
  await picture.waitFor();
  assert.match(await desk.getByTestId('exchanges').textContent(), />/);
  // From the first byte to the last, in the order of time.
  const paths = await picture.locator('path').evaluateAll((all) => all.map((path) => path.getAttribute('d')));
  const times = paths.map((path) => [...path.matchAll(/[ML](\S+)/g)].map(([, x]) => Number(x)));
  for (const path of times) assert.deepEqual(path, path.toSorted((a, b) => a - b));
  assert.deepEqual([Math.min(...times.flat()), Math.max(...times.flat())], [0, 640]);

  // The page has all of itself by now: what is asked for from here on is asked about the report.
  const requests = [];
  desk.on('request', (request) => requests.push(request.url()));
  await drop(desk.getByTestId('pasted'), 'none.txt', Buffer.from('none'));
  await picture.waitFor({ state: 'detached' });
  await drop(desk.getByTestId('pasted'), 'report.json', await readFile(await download.path()));
  await picture.waitFor();
  assert.deepEqual(requests, []);
});

test('what is no report is told as what it is', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const desk = await deskOf(world, 'report');
  // What is more than the first sight comes once it is needed.
  await desk.getByTestId('pasted').waitFor();
  const loaded = () => desk.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name).join());
  assert.doesNotMatch(await loaded(), /support-desk-second/);
  for (const [text, says] of [
    ['My device does not work.', /not a whole report/],
    ['{"fieldflash_report": 1, "events": [', /Was all of it copied/],
    ['{"feed": {}}', /not a report of the update page/],
    ['{"fieldflash_report": 99}', /newer page \(format 99\)/],
    ['{"fieldflash_report": 1, "names_the_device": false, "events": 3}', /not as it must be/],
  ]) {
    await desk.getByTestId('pasted').fill(text);
    await desk.getByTestId('report-problem').filter({ hasText: says }).waitFor();
  }
  assert.match(await loaded(), /support-desk-second/);
});

test('a link that support makes chooses a release, and the page says what it has set', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { nrst: 'dtr-inverted', boot0: 'rts-inverted' } });
  await world.release(image(8), { 'software-version': '1.0.0' });
  await world.release(image(12), { 'software-version': '2.0.0' });
  const desk = await deskOf(world, 'link');
  for (const [name, value] of [['software_type', 'stm32-fw'], ['hardware_version', 'mp'], ['device_serial', 'A-1'], ['release', '1.0.0']]) {
    await desk.getByTestId(`link-${name}`).fill(value);
  }
  await desk.getByTestId('link-baud').fill('7');
  assert.match(await desk.getByTestId('link-wrong').innerText(), /baud/);
  await desk.getByTestId('link-baud').fill('57600');
  await desk.getByTestId('link-simulated').check();
  await desk.getByTestId('copy-link').click();
  await desk.getByText('The link is copied.').waitFor();
  const link = await copied(desk);
  assert.equal(link, await desk.getByTestId('link').innerText());

  await world.open();
  await world.page.goto(link);
  assert.match(await world.text('link-sets'), /release 1\.0\.0.*baud 57600/);
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  assert.equal(await world.text('release-version'), '1.0.0');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  // One that is older than what is installed is refused, whoever asks for it.
  await world.page.goto(`${link}&current_version=2.0.0`);
  await world.click('connect-simulated');
  assert.match((await world.outcome()).error, /older than the one on your device/);

  // Another one, with a cohort and a way into the bootloader, for a real device that runs its application.
  await world.release(image(16), { 'software-version': '3.0.0', cohort: 'beta' });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(8))}`);
  await world.chip.tell('reset app');
  await desk.getByTestId('link-release').fill('');
  await desk.getByTestId('link-cohort').fill('beta');
  await desk.getByTestId('link-wiring').selectOption('reset-dtr,boot0-rts');
  await desk.getByTestId('link-simulated').uncheck();
  await world.page.goto(await desk.getByTestId('link').innerText());
  assert.match(await world.text('link-sets'), /cohort beta, baud 57600, wiring reset-dtr,boot0-rts/);
  await world.click('connect-known');
  await world.the('release-version').filter({ hasText: '3.0.0' }).waitFor();
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  assert.ok((await world.chip.flash()).subarray(0, 16 << 10).equals(image(16)));
  assert.match(await world.chip.log(), /synced at 57600 baud/);
});

test('where the deployment wants signed links others are not followed, and that is told', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(8), { 'software-version': '1.0.0' });
  await world.release(image(12), { 'software-version': '2.0.0' });
  const station = (...args) => execFileSync(built('station'), args, { encoding: 'utf8' }).trim();
  const key = join(world.station.data, 'support.pem');
  const public_key = station('keys', 'new', key);
  const product = { software_type: 'stm32-fw', hardware_version: 'mp' };
  const project_key = station('key', '--data', world.station.data);
  world.station.configure({ feed: { url: '', project_key }, product, links: { public_key } });

  const offered = async (link) => {
    await world.page.goto(link);
    await world.click('connect-simulated');
    await world.the('update').waitFor();
    return world.text('release-version');
  };
  await world.open();
  const wish = `${world.station.url}/?release=1.0.0&simulated_speed=50`;
  const signed = station('link', 'sign', '--key', key, wish);
  assert.equal(await offered(signed), '1.0.0');
  assert.equal(await world.the('link-problem').count(), 0);
  assert.equal(await offered(wish), '2.0.0');
  assert.match(await world.text('link-problem'), /not used: release/);
  const otherwise = signed.replace(/(?<=sig=)./, (digit) => (digit === '0' ? '1' : '0'));
  for (const changed of [signed.replace('1.0.0', '1.0.1'), signed.replace('release', 'cohort'), otherwise]) {
    assert.equal(await offered(changed), '2.0.0', changed);
  }
  // What is put behind the signature counts for nothing.
  assert.equal(await offered(`${signed}&hardware_version=evt`), '1.0.0');
  // A link with an end is good until then.
  const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  const ending = station('link', 'sign', '--until', tomorrow, '--key', key, wish);
  assert.equal(await offered(ending), '1.0.0');
  assert.equal(await world.the('link-problem').count(), 0);
  await world.page.clock.setFixedTime(Date.now() + 3 * 24 * 60 * 60 * 1000);
  assert.equal(await offered(ending), '2.0.0');
  assert.match(await world.text('link-problem'), new RegExp(`good until ${tomorrow}.*not used: release.*new one`));

  // The same by support's page, with the key in its file.
  const desk = await deskOf(world, 'link');
  await desk.getByTestId('link-release').fill('1.0.0');
  await desk.getByTestId('link-simulated').check();
  await desk.getByTestId('link-key').setInputFiles(key);
  await desk.getByTestId('link').filter({ hasText: 'sig=' }).waitFor();
  assert.equal(await offered(await desk.getByTestId('link').innerText()), '1.0.0');
  station('keys', 'new', `${key}.other`);
  await desk.getByTestId('link-key').setInputFiles(`${key}.other`);
  await desk.getByTestId('link-key-problem').filter({ hasText: 'not the key' }).waitFor();
});

/** A customer's page and support's, on two computers, that see each other. */
async function looking(t, options, query, product) {
  const world = await World.of(t, options);
  if (product) world.station.describe(product);
  await world.release(image(64), { 'software-version': '2.0.0' });
  await world.open(query, { init: watchPolicy });
  const code = await begin(world);
  const desk = await deskOf(world, 'live', { browser: await world.elsewhere() });
  await join_(desk, code);
  await desk.locator('[data-testid=look][data-state=ready]').waitFor();
  await world.page.locator('[data-testid=live-card][data-state=ready]').waitFor();
  return { world, desk, code };
}

/** Shows a code, which takes a log to be there. */
async function begin(world) {
  await world.click(world.chip ? 'connect-known' : 'connect-simulated');
  await world.the('update').waitFor();
  await world.page.locator('summary', { hasText: 'Log' }).click();
  await world.the('live').click();
  return world.text('live-code');
}

async function join_(desk, code) {
  await desk.getByTestId('code').fill(code);
  await desk.getByTestId('join').click();
}

test('support sees a session as it happens, and what they want done waits for a click', { timeout }, async (t) => {
  const { world, desk } = await looking(t, { chip: { speed: 8 } });
  await desk.getByTestId('look-stage').filter({ hasText: 'Ready to update' }).waitFor();
  await desk.getByTestId('words').fill('Press the blue button.');
  await desk.getByTestId('at').selectOption('update');
  await desk.getByTestId('point').click();
  await world.the('live-message').filter({ hasText: 'Press the blue button.' }).waitFor();
  await world.page.locator('[data-testid=update].pointed').waitFor();

  await desk.getByTestId('ask-start').click();
  await world.the('live-question').waitFor();
  await world.the('live-no').click();
  await desk.getByTestId('decided').filter({ hasText: 'declined' }).waitFor();
  assert.equal(await world.the('phase').count(), 0, 'it was done all the same');

  await desk.getByTestId('ask-start').click();
  await world.the('live-yes').click();
  await desk.getByTestId('decided').filter({ hasText: 'agreed' }).waitFor();
  const progress = desk.getByTestId('look-progress');
  const percents = progress.evaluate((bar) => new Promise((ended) => {
    const seen = [];
    new MutationObserver(() => {
      seen.push(Number(bar.ariaValueNow));
      if (seen.at(-1) === 100) ended(seen);
    }).observe(bar, { attributes: true });
  }));
  await desk.getByTestId('look-stage').filter({ hasText: 'Writing' }).waitFor();
  assert.equal((await world.outcome()).outcome, 'updated');
  await desk.getByTestId('look-log').filter({ hasText: 'updated' }).waitFor();
  const seen = await percents;
  assert.ok(seen.length > 10, `${seen}`);
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b), 'it went back');
  assert.ok((await world.chip.flash()).subarray(0, 64 << 10).equals(image(64)));
  await assertPolicyHeld(world.page);
  await assertPolicyHeld(desk);
  await world.the('live-end').click();
  await desk.locator('[data-testid=look][data-state=ended]').waitFor();
});

test('another try and another release are asked for once the customer agrees, and an older one is not begun from afar', { timeout }, async (t) => {
  const product = { software_type: 'stm32-fw', hardware_version: 'mp', downgrade: 'confirmed' };
  const { world, desk } = await looking(t, {}, { current_version: '1.9.0' }, product);
  await world.release(image(8), { 'software-version': '2.1.0' });
  const again = async () => {
    await desk.getByTestId('ask-retry').click();
    await world.the('live-yes').click();
  };
  await again();
  await world.the('release-version').filter({ hasText: '2.1.0' }).waitFor();

  await world.release(image(8), { 'software-version': '1.5.0' });
  const change = async (version) => {
    await desk.getByTestId('version').fill(version);
    await desk.getByTestId('ask-release').click();
    await world.the('live-question').filter({ hasText: version }).waitFor();
    await world.the('live-yes').click();
    await world.the('release-version').filter({ hasText: version }).waitFor();
  };
  await change('1.5.0');
  await desk.getByTestId('look-stage').filter({ hasText: 'Ready to update' }).waitFor();
  // Even where the person has said that they want to go back to it.
  await world.the('older-confirmed').check();
  await desk.getByTestId('ask-start').click();
  await world.the('live-yes').click();
  await world.page.getByText(world.words['desk.live.older']).waitFor();
  assert.ok(await world.the('update').isEnabled(), 'it was begun all the same');

  // A cable that is pulled out amid the update: what was begun is brought to its end, by support's wish.
  await change('2.1.0');
  await world.chip.tell(`unplug-after ${4 << 10}`);
  await desk.getByTestId('ask-start').click();
  await world.the('live-yes').click();
  await world.unplugged();
  await desk.getByTestId('look-stage').filter({ hasText: 'unplugged' }).waitFor();
  await world.stale();
  await world.bed.plug(await world.chip.tell('plug app'));
  await desk.getByTestId('look-stage').filter({ hasText: 'no-answer' }).waitFor();
  await world.chip.tell('reset');
  await world.stale();
  await again();
  assert.equal((await world.outcome()).outcome, 'updated');
  assert.ok((await world.chip.flash()).subarray(0, 8 << 10).equals(image(8)));
});

/** A network that can be cut: what goes to the station by way of it is then swallowed, as on a wire that is not plugged in. */
async function network(t, station) {
  const { port } = new URL(station);
  const [sockets, self] = [new Set(), { cut: false }];
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('data', (bytes) => self.cut || to.write(bytes));
      from.on('close', () => self.cut || to.destroy());
      from.on('error', () => {});
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  self.url = `http://localhost:${server.address().port}`;
  /** Mends it: what was under way meanwhile is lost. */
  self.mend = () => {
    sockets.forEach((socket) => socket.destroy());
    sockets.clear();
    self.cut = false;
  };
  return self;
}

test('a session goes on where the network was gone for half a minute, and where support’s was', { timeout: 180_000 }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(64), { 'software-version': '2.0.0' });
  await world.open();
  const direct = world.station.url;
  const wire = await network(t, direct);
  world.station.url = wire.url;
  await world.visit({ simulated_speed: '1' });
  const code = await begin(world);
  const theirs = await network(t, direct);
  const desk = await deskOf(world, 'live', { url: theirs.url });
  await join_(desk, code);
  await desk.locator('[data-testid=look][data-state=ready]').waitFor();
  await world.click('update');
  await desk.getByTestId('look-stage').filter({ hasText: 'Writing' }).waitFor();
  wire.cut = true;
  await world.page.locator('[data-testid=live-card][data-state=lost]').waitFor();
  await desk.locator('[data-testid=look][data-state=away]').waitFor();
  await world.page.waitForTimeout(30_000);
  wire.mend();
  await desk.locator('[data-testid=look][data-state=ready]').waitFor();
  assert.equal((await world.outcome()).outcome, 'updated');
  await desk.getByTestId('look-log').filter({ hasText: 'updated' }).waitFor();
  // Nothing of what happened meanwhile is missing, nor told twice.
  const written = async (log) =>
    [...(await log.textContent()).matchAll(/wrote (\d+) bytes/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  assert.equal(await written(desk.getByTestId('look-log')), await written(world.the('log')));

  theirs.cut = true;
  await desk.locator('[data-testid=look][data-state=lost]').waitFor();
  await world.page.locator('[data-testid=live-card][data-state=away]').waitFor();
  await world.click('connect-simulated');
  assert.equal((await world.outcome()).outcome, 'up-to-date');
  theirs.mend();
  await desk.locator('[data-testid=look][data-state=ready]').waitFor();
  await world.page.locator('[data-testid=live-card][data-state=ready]').waitFor();
  const connected = async (log) => [...(await log.textContent()).matchAll(/connecting to/g)].length;
  await desk.getByTestId('look-log').filter({ hasText: /connecting to[^]*connecting to/ }).waitFor();
  assert.equal(await connected(desk.getByTestId('look-log')), await connected(world.the('log')));
});

test('a wrong code is refused once and for all, and so is a third one', { timeout }, async (t) => {
  const { world, code } = await looking(t, { chip: false }, fast);
  const third = await deskOf(world, 'live');
  await join_(third, code);
  await third.getByTestId('look-state').filter({ hasText: 'Someone else uses this code' }).waitFor();
  await third.getByTestId('code').fill('none');
  await third.getByTestId('join').click();
  await third.getByText('A code has eight letters and digits.').waitFor();

  await world.the('live-end').click();
  await world.the('live').click();
  await world.page.locator('[data-testid=live-card][data-state=code]').waitFor();
  const fresh = (await world.text('live-code')).replace(' ', '');
  const wrong = fresh.slice(0, 7) + (fresh[7] === 'A' ? 'C' : 'A');
  await join_(third, wrong);
  await third.getByTestId('look-state').filter({ hasText: 'That is not the code' }).waitFor();
  await world.the('live-state').filter({ hasText: 'Someone tried another code' }).waitFor();
  // It was the one try: the right code is worth nothing now.
  await join_(third, fresh);
  await third.getByTestId('look-state').filter({ hasText: 'nobody with this code' }).waitFor();
});
