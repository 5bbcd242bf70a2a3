// What comes in between: the cable, or the person.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;

test('unplugged during the write, then plugged in again, the update goes on by itself to the end', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(200);
  await world.release(contents);
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  await world.chip.tell(`unplug-after ${100 << 10}`);
  await world.click('update');
  await world.unplugged();

  const failed = await world.outcome();
  assert.equal(failed.outcome, 'failed', failed.says);
  assert.match(failed.error, /connection/i);
  assert.match(failed.remedy, /plug/i);
  assert.match(failed.says, /incomplete/i);

  await world.chip.tell('plug app');
  assert.equal(await world.chip.tell('state'), 'fault', 'a half-written image must not start');
  await world.chip.tell('unplug');
  await world.stale();
  await world.plug();
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
  assert.equal(await world.chip.tell('state'), 'application');
});

/** Connects, begins the update, and pulls the cable while the device waits for the list of what to erase. */
async function unplugAmidList(world) {
  await world.click('connect-known');
  await world.the('update').waitFor();
  await world.chip.tell('unplug-amid-list 2');
  await world.click('update');
  await world.unplugged();
  const failed = await world.outcome();
  assert.match(failed.error, /must be reset/, failed.says);
}

test('unplugged while the device waits for what to erase, the page has it reset before it sends anything', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(20);
  await world.release(contents);
  await world.open();
  await unplugAmidList(world);

  await world.plug();
  // Longer than the page gives a device that was plugged in before it connects by itself.
  await world.page.evaluate(() => new Promise((later) => setTimeout(later, 1500)));
  assert.equal(await world.chip.tell('state'), 'waiting', 'something was sent to it');
  await world.stale();
  await world.click('connect-known');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

for (const boot_mode of [{ wired: { reset: { line: 'dtr' }, boot0: { line: 'rts' } } }, 'find']) {
  test(`the same with wires (${JSON.stringify(boot_mode)}), they reset it, and the update goes on by itself`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: { nrst: 'dtr-inverted', boot0: 'rts-inverted' } });
    const contents = image(20);
    await world.release(contents);
    world.station.describe({ boot_mode });
    await world.chip.tell('reset app');
    await world.open();
    await unplugAmidList(world);
    await world.stale();
    const before = (await world.chip.log()).trim().split('\n').length;
    await world.plug();
    const { outcome, says } = await world.outcome();
    assert.equal(outcome, 'updated', says);
    assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
    const since = (await world.chip.log()).trim().split('\n').slice(before).map((line) => line.slice(line.indexOf(' ') + 1));
    const first = since.findIndex((event) => /^(synced|unheard|.*refused)/.test(event));
    const resets = since.slice(0, first).filter((event) => event === 'reset into the bootloader');
    assert.equal(resets.length, 2, `once by its supply, and once by the wires: ${since.slice(0, first + 1)}`);
  });
}

/** Runs in the page: of the second erase it sends that there is one, and nothing more. */
function standAmidList() {
  const { write } = WritableStreamDefaultWriter.prototype;
  let erases = 0;
  WritableStreamDefaultWriter.prototype.write = function (bytes) {
    if (erases === 2) {
      globalThis.isAmidList = true;
      return new Promise(() => {});
    }
    if (bytes.length === 2 && bytes[0] === 0x44) erases++;
    return write.call(this, bytes);
  };
}

/** Runs in the page: counts what is sent. */
function countWrites() {
  const { write } = WritableStreamDefaultWriter.prototype;
  globalThis.writes = 0;
  WritableStreamDefaultWriter.prototype.write = function (bytes) {
    globalThis.writes++;
    return write.call(this, bytes);
  };
}

test('closed while the device waits for what to erase, and opened again, the page has it reset before it sends anything', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(20);
  await world.release(contents);
  await world.open({}, { init: standAmidList });
  await world.click('connect-known');
  await world.click('update');
  await world.page.waitForFunction(() => globalThis.isAmidList);
  const context = world.page.context();
  await world.page.close();

  world.page = await context.newPage();
  await world.page.addInitScript(countWrites);
  await world.visit();
  await world.click('connect-known');
  const { error, says } = await world.outcome();
  assert.match(error, /must be reset/, says);
  assert.match(says, /incomplete/i);
  assert.equal(await world.page.evaluate(() => globalThis.writes), 0, 'something was sent to it');

  await world.chip.tell('reset');
  const done = await world.update();
  assert.equal(done.outcome, 'updated', done.says);
  assert.match(await world.the('log').textContent(), /it goes on where it stopped/);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

test('closed amid the write, and opened again, the page goes on with the update where it stopped', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { speed: 8 } });
  const contents = image(200);
  await world.release(contents);
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  const log = async () => (await world.chip.log()).trim().split('\n');
  const written = (lines) => lines.flatMap((line) => /programmed \d+ bytes at (\w+)/.exec(line)?.[1] ?? []);
  const erased = (lines) => lines.flatMap((line) => /erased unit (\d+)/.exec(line)?.[1] ?? []);
  while (written(await log()).length < 200);
  const context = world.page.context();
  await world.page.close();
  await world.chip.tell('reset app');
  assert.equal(await world.chip.tell('state'), 'fault', 'a half-written image must not start');
  const before = await log();

  world.page = await context.newPage();
  await world.visit();
  await world.click('connect-known');
  const silent = await world.outcome();
  assert.match(silent.error, /does not answer/, silent.says);
  assert.match(silent.says, /incomplete/, 'the device is not as it was');
  await world.chip.tell('reset');
  const { outcome, says } = await world.update();
  assert.equal(outcome, 'updated', says);
  assert.match(await world.the('log').textContent(), /it goes on where it stopped/);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
  const since = (await log()).slice(before.length);
  const again = written(since).filter((address) => written(before).includes(address));
  assert.deepEqual(again, [], 'what was right was written again');
  // All of the vector table's unit is blank, and of the last one, for which an erase that was cut short could be the reason.
  assert.deepEqual(erased(before), ['0', '1', '2', '3', '4', '5']);
  assert.deepEqual(erased(since), ['0', '5']);
});

test('plugged in again but not in update mode, the device is still told as incomplete, and goes on once it is', { timeout }, async (t) => {
  const world = await World.of(t);
  const contents = image(200);
  await world.release(contents);
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  await world.chip.tell(`unplug-after ${100 << 10}`);
  await world.click('update');
  await world.unplugged();
  await world.outcome();
  await world.stale();
  await world.bed.plug(await world.chip.tell('plug app'));
  const silent = await world.outcome();
  assert.match(silent.error, /does not answer/, silent.says);
  assert.match(silent.says, /incomplete/, 'it was said to be as before');
  assert.match(silent.remedy, /BOOT/);

  await world.chip.tell('reset');
  await world.click('connect-known');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

test('a page that stands still for seconds amid an update, as in a laptop that sleeps, goes on with it', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { speed: 8 } });
  const contents = image(150);
  await world.release(contents);
  await world.open();
  const { processInfo } = await (await world.browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  await world.click('connect-known');
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  pages.forEach((id) => process.kill(id, 'SIGSTOP'));
  await wait(1);
  const before = await world.chip.log();
  await wait(8);
  assert.equal(await world.chip.log(), before, 'the page did not rest');
  assert.ok(!before.includes('went to'), 'the update was over before');
  pages.forEach((id) => process.kill(id, 'SIGCONT'));
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
  const log = await world.the('log').textContent();
  assert.doesNotMatch(log, /timed out|no answer|again/i);
});

for (const usb of [true, false]) {
  const cable = usb ? 'USB' : 'a serial port';
  test(`over ${cable} a page that is hidden for minutes, whose timers go off once in ten seconds, updates as fast`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: { usb } });
    const contents = image(60);
    await world.release(contents);
    // As Chromium has it after five minutes, if with a minute.
    const init = () => {
      const after = globalThis.setTimeout;
      globalThis.slow = 0;
      globalThis.hide = () => {
        Object.defineProperty(document, 'hidden', { get: () => true });
        globalThis.setTimeout = (act, ms, ...more) => after(() => (globalThis.slow++, act(...more)), Math.max(ms, 10_000));
      };
    };
    await world.open({}, { init });
    await world.click(usb ? 'connect-usb-known' : 'connect-known');
    await world.the('update').waitFor();
    await world.page.evaluate(() => globalThis.hide());
    await world.click('update');
    const { outcome, says } = await world.outcome();
    assert.equal(outcome, 'updated', says);
    assert.equal(await world.page.evaluate(() => globalThis.slow), 0, 'the update waited for one of the page\'s own timers');
    assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
  });
}

test('cancelled during the write, the page says in what state the device is, and updates it afterwards', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { speed: 8 } });
  const contents = image(100);
  await world.release(contents);
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  await world.click('cancel');
  const cancelled = await world.outcome();
  assert.equal(cancelled.outcome, 'cancelled', cancelled.says);
  assert.match(cancelled.says, /incomplete/i);

  await world.click('connect-known');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

test('cancelled before anything was written, the device is as it was', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(100));
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  let answer;
  await world.page.route('**/payloads/**', (route) => new Promise((resolve) => (answer = () => resolve(route.abort()))));
  await world.click('update');
  await world.click('cancel');
  const { outcome, says } = await world.outcome();
  answer?.();
  assert.equal(outcome, 'cancelled', says);
  assert.match(says, /not changed/);
  assert.doesNotMatch(await world.chip.log(), /erased/);
});
