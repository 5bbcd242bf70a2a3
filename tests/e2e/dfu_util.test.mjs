// An outsider proves the simulated chip on USB, and what makes it pass as a device: Debian's dfu-util.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { Bed } from './world/bed.mjs';
import { Chip } from './world/chip.mjs';
import { image } from './world/image.mjs';

const timeout = 60_000;

/** A folder, a chip on USB, and dfu-util that sees it. */
async function bench(t, options) {
  const folder = await mkdtemp(join(tmpdir(), 'fieldflash-'));
  t.after(() => rm(folder, { recursive: true }));
  const chip = await Chip.start(folder, { usb: true, ...options });
  t.after(() => chip.stop());
  const bed = await Bed.start();
  t.after(() => bed.stop());
  await bed.hub(chip.usb);
  const env = { ...process.env, ...bed.environment(chip) };
  const dfuUtil = (...args) => promisify(execFile)('dfu-util', args, { env });
  return { folder, chip, dfuUtil };
}

test('dfu-util lists the memories of the chip', { timeout }, async (t) => {
  const { dfuUtil } = await bench(t);
  const { stdout } = await dfuUtil('--list');
  assert.match(stdout, /\[0483:df11\].*alt=0, name="@Internal Flash {2}\/0x08000000\/04\*016Kg,01\*064Kg,07\*128Kg"/);
  assert.match(stdout, /alt=1, name="@Option Bytes/);
});

test('dfu-util writes an image, the chip holds it and starts it', { timeout }, async (t) => {
  const { folder, chip, dfuUtil } = await bench(t);
  const contents = image(60);
  await writeFile(join(folder, 'image.bin'), contents);
  await dfuUtil('--alt', '0', '--dfuse-address', '0x08000000:leave', '--download', join(folder, 'image.bin'));
  await chip.tell('wait application');
  const flash = await chip.flash();
  assert.ok(flash.subarray(0, contents.length).equals(contents), 'the flash differs from the image');
  assert.ok(flash.subarray(contents.length).every((byte) => byte === 0xff), 'something was written after the image');
});

test('dfu-util reads what the chip holds', { timeout }, async (t) => {
  const { folder, chip, dfuUtil } = await bench(t, { chip: '0x468' });
  const contents = image(20);
  await writeFile(join(folder, 'image.bin'), contents);
  await chip.tell(`load 0x08000000 ${join(folder, 'image.bin')}`);
  await dfuUtil('--alt', '0', '--dfuse-address', `0x08000000:${contents.length}`, '--upload', join(folder, 'read.bin'));
  assert.ok((await readFile(join(folder, 'read.bin'))).equals(contents));
});

test('dfu-util finds a chip that is protected against reading', { timeout }, async (t) => {
  const { folder, dfuUtil } = await bench(t, { quirk: 'read-protected' });
  const reading = dfuUtil('--alt', '0', '--dfuse-address', '0x08000000:4096', '--upload', join(folder, 'read.bin'));
  await assert.rejects(reading, ({ stderr }) => /LIBUSB_ERROR_PIPE/.test(stderr));
});
