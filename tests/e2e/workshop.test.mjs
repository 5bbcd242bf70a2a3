// A technician in the workshop: files of their own, the flash read, compared and erased, and the monitor.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { drop } from './world/drop.mjs';
import { image, intelHex } from './world/image.mjs';
import { watchPolicy } from './world/looks.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
const all = { local_file: true, read_back: true, erase: true, monitor: true };

/** A world whose page has this workshop, with the device connected, and perhaps a release for it. */
async function workshop(t, { workshop = all, keys, release, ...options } = {}) {
  const world = await World.of(t, options);
  if (release) await world.release(release);
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, workshop, ...(keys && { public_keys: keys }) });
  await world.open({}, { init: watchPolicy, acceptDownloads: true });
  await world.click(world.chip.usb ? 'connect-usb-known' : 'connect-known');
  return world;
}

/** Picks a file. */
async function pick(world, name, contents) {
  await world.the('workshop-file').setInputFiles(await world.file(name, contents));
}

/** What the browser saves when `id` is clicked. */
async function saved(world, id) {
  const [download] = await Promise.all([world.page.waitForEvent('download'), world.the(id).click()]);
  return { name: download.suggestedFilename(), contents: await readFile(await download.path()) };
}

/** Opens a part of the workshop. */
const unfold = (world, id) => world.the(id).locator('summary').click();

/** Reads all or a part of the flash, to the end. */
async function read(world, { first, last } = {}) {
  await unfold(world, 'workshop-read-part');
  if (first) await world.the('workshop-read-first').fill(first);
  if (last) await world.the('workshop-read-last').fill(last);
  await world.the('workshop-read').click();
}

for (const usb of [false, true]) {
  const cable = usb ? 'USB' : 'a serial port';

  test(`over ${cable} a file is looked into, written, and is what the flash holds`, { timeout }, async (t) => {
    const world = await workshop(t, { chip: { usb } });
    const contents = image(20);
    await drop(world.page.locator('label.drop'), 'dropped.bin', image(4));
    assert.equal(await world.text('workshop-name'), 'dropped.bin');
    await pick(world, 'mine.hex', intelHex(contents));
    await world.the('workshop-name').filter({ hasText: 'mine.hex' }).waitFor();
    assert.equal(await world.text('workshop-format'), 'Intel HEX');
    assert.match(await world.text('workshop-places'), /^0x08000000 – 0x080027FF \(10 KiB\)\n0x08003C00 – 0x08004FFF \(5 KiB\)$/);
    await world.click('workshop-write');
    const { outcome, says } = await world.outcome();
    assert.equal(outcome, 'updated', says);
    assert.match(says, /what is in the file/);
    assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
    assert.equal(await world.chip.tell('state'), 'application');
    assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
  });

  test(`over ${cable} the flash is read into files and compared`, { timeout }, async (t) => {
    const world = await workshop(t, { chip: { usb, chip: '0x410', 'flash-kib': 64, speed: 400 } });
    const contents = image(10);
    await world.chip.tell(`load 0x08000000 ${await world.file('before.bin', contents)}`);
    await read(world);
    await world.the('workshop-was-read').waitFor();
    const flash = await world.chip.flash();
    const bin = await saved(world, 'workshop-save-bin');
    assert.equal(bin.name, 'flash-08000000.bin');
    assert.ok(bin.contents.equals(flash), 'the file is the flash');
    assert.ok(flash.subarray(0, contents.length).equals(contents), 'reading changes nothing');
    assert.doesNotMatch(await world.chip.log(), /erased|programmed/);

    await pick(world, 'same.bin', contents);
    await world.click('workshop-compare');
    await world.the('workshop-compared').filter({ hasText: 'No difference' }).waitFor();

    const other = Buffer.from(contents);
    other[0x1234] ^= 0xff;
    await pick(world, 'other.bin', other);
    await world.click('workshop-compare');
    const differences = await world.the('workshop-differences').innerText();
    assert.match(differences, /0x08001234/);
    assert.equal(await world.the('workshop-differences').locator('tr').count(), 1);
    assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
  });

  test(`over ${cable} a part of the flash is erased behind a confirmation, and the rest is kept`, { timeout }, async (t) => {
    const world = await workshop(t, { chip: { usb } });
    const contents = image(40);
    await world.chip.tell(`load 0x08000000 ${await world.file('before.bin', contents)}`);
    await unfold(world, 'workshop-erase-part');
    await world.the('workshop-erase-first').fill('0x08004010');
    await world.the('workshop-erase-last').fill('0x08004020');
    assert.match(await world.text('workshop-lost'), /16 KiB will be erased, from 0x08004000 to 0x08007FFF/);
    assert.ok(await world.the('workshop-erase').isDisabled(), 'nothing is erased without a word');
    await world.the('workshop-understood').check();
    await world.the('workshop-erase').click();
    await world.the('workshop-was-erased').filter({ hasText: 'It is erased' }).waitFor();
    const flash = await world.chip.flash();
    assert.ok(flash.subarray(0, 0x4000).equals(contents.subarray(0, 0x4000)));
    assert.ok(flash.subarray(0x4000, 0x8000).every((byte) => byte === 0xff));
    assert.ok(flash.subarray(0x8000, 0xa000).equals(contents.subarray(0x8000)));
  });
}

test('what the workshop has read is saved as Intel HEX, too, with its addresses', { timeout }, async (t) => {
  const world = await workshop(t);
  const contents = image(8);
  await world.chip.tell(`load 0x08000000 ${await world.file('before.bin', contents)}`);
  await read(world, { first: '0x08000100', last: '080001FF' });
  const hex = await saved(world, 'workshop-save-hex');
  assert.equal(hex.name, 'flash-08000100.hex');
  assert.equal(hex.contents.toString(), intelHex(contents.subarray(0x100, 0x200), 0x08000100).replace(/^:.*/, ':020000040800F2'));
});

test('a reading goes on where it was when the cable was pulled out', { timeout }, async (t) => {
  const world = await workshop(t, { chip: { speed: 10 }, release: image(4) });
  await world.the('update').waitFor();
  const contents = image(200);
  await world.chip.tell(`load 0x08000000 ${await world.file('before.bin', contents)}`);
  await read(world, { last: '0x0800FFFF' });
  await world.page.waitForFunction(() => document.querySelector('[data-testid=workshop-progress]')?.ariaValueNow >= 20);
  await world.chip.tell('unplug');
  await world.unplugged();
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'failed', says);
  assert.match(says, /not changed/);
  await world.plug();
  await world.click('connect-known');
  await unfold(world, 'workshop-read-part');
  assert.match(await world.text('workshop-go-on'), /Go on at [2-9]\d\s?%/);
  await world.the('workshop-go-on').click();
  const { contents: bin } = await saved(world, 'workshop-save-bin');
  assert.ok(bin.equals(contents.subarray(0, 0x10000)));
});

test('a reading is cancelled, and the device is offered its update as before', { timeout }, async (t) => {
  const world = await workshop(t, { chip: { speed: 10 }, release: image(4) });
  await world.the('update').waitFor();
  await read(world);
  await world.the('workshop-progress').waitFor();
  assert.ok(await world.the('update').isDisabled(), 'the device is busy');
  await world.the('workshop-cancel').click();
  // The block that is being read is read to its end first.
  await world.the('workshop-read-problem').filter({ hasText: /\S/ }).waitFor();
  assert.equal(await world.text('workshop-read-problem'), 'It was cancelled.');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
});

test('files that do not belong on the device are refused with why', { timeout }, async (t) => {
  const world = await workshop(t);
  const good = intelHex(image(4));
  const lines = good.split('\r\n');
  lines[2] = lines[2].replace(/.{2}$/, '00');
  await pick(world, 'damaged.hex', lines.join('\r\n'));
  assert.match(await world.text('workshop-file-problem'), /line 3/);
  assert.ok(await world.the('workshop-write').isDisabled());

  await pick(world, 'elsewhere.hex', intelHex(image(4), 0x20000000));
  await world.the('workshop-refused').filter({ hasText: /0x20000000, which is not flash/ }).waitFor();
  assert.ok(await world.the('workshop-write').isDisabled());

  await pick(world, 'noise.bin', Buffer.alloc(1000, 0x55));
  await world.the('workshop-refused').filter({ hasText: /stack pointer/ }).waitFor();

  await pick(world, 'right.bin', image(4, 0x08008000));
  await world.the('workshop-refused').filter({ hasText: 'reset vector' }).waitFor();
  await world.the('workshop-address').fill('0x08008000');
  await world.page.waitForFunction(() => !document.querySelector('[data-testid=workshop-write]').disabled);
});

test('where releases are signed a file is refused, unless the deployment says otherwise', { timeout }, async (t) => {
  const keys = ['0f'.repeat(32)];
  const world = await workshop(t, { keys });
  await pick(world, 'mine.bin', image(4));
  await world.the('workshop-refused').filter({ hasText: /nobody has signed/ }).waitFor();
  assert.ok(await world.the('workshop-write').isDisabled());

  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, workshop: { ...all, unsigned_local_files: true } });
  await world.page.reload();
  await world.click('connect-known');
  await pick(world, 'mine.bin', image(4));
  await world.click('workshop-write');
  assert.equal((await world.outcome()).outcome, 'updated');
});

test('there is no workshop unless the deployment opens it', { timeout }, async (t) => {
  const world = await workshop(t, { workshop: {} });
  await world.outcome();
  assert.equal(await world.the('workshop').count(), 0);
});

test('the flash map shows what became of the flash', { timeout }, async (t) => {
  const world = await workshop(t, { chip: { speed: 8 }, workshop: {}, release: image(20) });
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  await unfold(world, 'flash-map');
  const map = world.the('flash-map');
  assert.match(await map.locator('svg[role=img]').getAttribute('aria-label'), /written and checked: 15 KiB/);
  assert.match(await map.innerText(), /left empty: 17 KiB/);
  assert.match(await world.text('rates'), /Writing: [1-9]\d* KiB a second/);
});

test('the flash map that is open fills while the flash is written', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(128));
  await world.open({ simulated_speed: '5' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await unfold(world, 'flash-map');
  const picture = world.the('flash-picture');
  await picture.waitFor();
  await world.click('update');
  /** How many KiB are written, once it is more than so many, and some are still to be. */
  const written = async (more) => {
    const found = await world.page.waitForFunction((more) => {
      const label = document.querySelector('[data-testid=flash-picture]').getAttribute('aria-label');
      const kib = Number(/ written: (\d+) KiB/.exec(label)?.[1]);
      const drawn = (what) => !!document.querySelector(`[data-testid=flash-picture] .${what}`).getAttribute('d');
      return kib > more && / erased: /.test(label) && drawn('written') && drawn('erased') && kib;
    }, more);
    return found.jsonValue();
  };
  const some = await written(0);
  assert.ok((await written(some)) < 128);
  assert.equal((await world.outcome()).outcome, 'updated');
  assert.match(await picture.getAttribute('aria-label'), /written and checked: /);
});

test('after an update the monitor shows what the device says, and what is typed is sent', { timeout }, async (t) => {
  const world = await workshop(t, { workshop: { monitor: true }, release: image(4) });
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  await world.click('monitor-open');
  await world.the('monitor-close').waitFor();
  await world.chip.tell('say \\e[1;32m<inf> fan: up\\e[0m\\r\\nrpm=1200\\r\\n');
  const output = world.the('monitor-output');
  await output.filter({ hasText: '<inf> fan: up\nrpm=1200' }).waitFor();
  assert.doesNotMatch(await output.innerText(), /\[/);

  await world.the('monitor-line').fill('speed 900');
  await world.click('monitor-send');
  await output.filter({ hasText: '> speed 900' }).waitFor();
  let heard = '';
  while (!heard.endsWith('\\n')) heard += await world.chip.tell('heard');
  assert.equal(heard, 'speed 900\\r\\n');

  await world.the('monitor-stamps').check();
  assert.match((await output.innerText()).split('\n')[0], /^\s*\d+\.\d{3} {2}<inf> fan: up$/);
  const { name, contents } = await saved(world, 'monitor-save');
  assert.equal(name, 'monitor.txt');
  assert.match(contents.toString(), /rpm=1200\n/);

  await world.the('monitor-clear').click();
  await world.the('monitor-stamps').uncheck();
  await world.the('monitor-hex').check();
  await world.chip.tell('say AB\\r\\n');
  await output.filter({ hasText: '41 42 0D 0A' }).waitFor();

  // The port is let go of for the next update.
  await world.chip.tell('reset');
  await world.click('connect-known');
  await world.outcome();
  assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
});
