// Updates over USB, measured: the page in a real Chromium, webdfu in the same, and dfu-util, on the same simulated chip by
// the same usbfs. ./dev bench usb

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

/** Two sizes that touch the same sectors of an STM32F405, so that what one costs more than the other are blocks alone. */
const KIB = [66, 126];
/** The hosts take turns at the larger one so often, and the fastest of each counts. */
const ROUNDS = 3;
/** What its ROM takes at a time. */
const BLOCK = 2048;
const START = 0x08000000;
const POLICY_ID = { vendorId: 0x0483, productId: 0xdf11 };

const webdfu = join(createRequire(import.meta.url).resolve('webdfu'), '..');
/** webdfu's two files as an expression. */
const WEBDFU = ['DFU', 'DFUse'].reduce(
  (rest, name) => `${rest}\n((module) => {${readFileSync(join(webdfu, `${name}.js`), 'utf8')}\nloaded['./${name}'] = module.exports; })({});`,
  'const loaded = {}; const require = (name) => loaded[name];',
);

/** What the chip answered since it was asked last, as numbers by name. */
async function traffic(world) {
  const words = (await world.chip.tell('traffic')).split(' ').map((word) => word.split('='));
  const counts = Object.fromEntries(words.map(([name, value]) => [name, Number(value)]));
  return { ...counts, transfers: counts.downloads + counts.uploads + counts.statuses + counts.others };
}

const sum = (...all) =>
  all.reduce((sum, next) => ({ transfers: sum.transfers + next.transfers, seconds: sum.seconds + next.seconds }));

/** The page, from the device's choice to the start of the new version. What the feed takes in between is not counted. */
async function page(world) {
  await world.open();
  await world.the('connect-usb-known').waitFor();
  await traffic(world);
  await world.click('connect-usb-known');
  await world.the('update').waitFor();
  const connected = await traffic(world);
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  const updated = await traffic(world);
  return { all: sum(connected, updated) };
}

/** webdfu, as its demonstration uses it; reading back is a button of its own there. */
async function inWebdfu(world, contents) {
  await world.open();
  await world.the('connect-usb-known').waitFor();
  await traffic(world);
  const run = async (steps) => {
    await world.page.evaluate(`(async () => { ${WEBDFU}
      const { './DFU': DFU, './DFUse': DFUse } = loaded;
      const is = (it) => it.vendorId === ${POLICY_ID.vendorId} && it.productId === ${POLICY_ID.productId};
      const usb = (await navigator.usb.getDevices()).find(is);
      const [settings] = DFU.findDeviceDfuInterfaces(usb);
      if (!settings.name) {
        const unnamed = new DFU.Device(usb, settings);
        await unnamed.open();
        const { configuration, interface: { interfaceNumber }, alternate } = settings;
        const names = await unnamed.readInterfaceNames();
        settings.name = names[configuration.configurationValue][interfaceNumber][alternate.alternateSetting];
        await unnamed.close();
      }
      const device = new DFUse.Device(usb, settings);
      device.startAddress = ${START};
      for (const level of ['Debug', 'Info', 'Warning', 'Error']) device['log' + level] = () => {};
      await device.open();
      ${steps}
      await device.close();
    })()`);
    return traffic(world);
  };
  const data = `Uint8Array.from(atob('${contents.toString('base64')}'), (it) => it.charCodeAt()).buffer`;
  const written = await run(`await device.do_download(${BLOCK}, ${data}, false);`);
  const read = await run(`
    const read = await device.do_upload(${BLOCK}, ${contents.length});
    if (read.size !== ${contents.length}) throw new Error('it was not read');`);
  return { written, all: sum(written, read) };
}

/** dfu-util; reading back is another run of it. */
async function dfuUtil(world, contents) {
  const [from, to] = [await world.file('image.bin', contents), await world.file('read.bin', '')];
  // It does not write over a file that is there.
  await promisify(execFile)('rm', [to]);
  const env = { ...process.env, ...world.bed.environment(world.chip) };
  const run = async (...options) => {
    await promisify(execFile)('dfu-util', ['--alt', '0', ...options], { env });
    return traffic(world);
  };
  await traffic(world);
  const written = await run('--dfuse-address', `${START}`, '--download', from);
  const read = await run('--dfuse-address', `${START}:${contents.length}:leave`, '--upload', to);
  return { written, all: sum(written, read) };
}

/** The images: one as programs are, with room that was left blank, and one without any. */
const IMAGES = {
  dense: (kib) => image(kib).map((byte) => (byte === 0xff ? 0x5b : byte)),
  'as programs are': image,
};

const HOSTS = { page, webdfu: inWebdfu, 'dfu-util': dfuUtil };

/** What a host takes for an image of so many KiB on a chip that holds another program. */
async function measure(host, contents) {
  const ends = [];
  try {
    const world = await World.of({ after: (end) => ends.push(end) }, { chip: { usb: true, speed: 1 } });
    const before = Buffer.from(contents.map((byte) => byte ^ 0x5a));
    await world.chip.tell(`load 0x08000000 ${await world.file('before.bin', before)}`);
    await world.release(contents);
    const took = await HOSTS[host](world, contents);
    assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents), 'the flash differs from the image');
    return took;
  } finally {
    for (const end of ends) await end();
  }
}

const number = (value, digits = 0) => (value === undefined ? '' : value.toFixed(digits));
console.log(`STM32F405, on which ${KIB[1]} KiB replace another program, at a real chip's pace\n`);
console.log('| image | host | transfers a block, written | read back, too | ÷ the page | transfers | time | ÷ the page | without reading back |');
console.log('|---|---|---:|---:|---:|---:|---:|---:|---:|');
for (const [name, made] of Object.entries(IMAGES)) {
  const fastest = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const host of Object.keys(HOSTS)) {
      const took = await measure(host, made(KIB[1]));
      if (!(took.all.seconds > fastest[host]?.all.seconds)) fastest[host] = took;
    }
  }
  let page;
  for (const [host, large] of Object.entries(fastest)) {
    const small = await measure(host, made(KIB[0]));
    const blocks = ((KIB[1] - KIB[0]) << 10) / BLOCK;
    const each = (part) => (small[part] ? (large[part].transfers - small[part].transfers) / blocks : undefined);
    const all = each('all');
    const { transfers, seconds } = large.all;
    page ??= { all, seconds };
    const cells = [
      name, host, number(each('written'), 2), number(all, 2), number(all / page.all, 2), number(transfers),
      `${number(seconds, 2)} s`, number(seconds / page.seconds, 2),
      large.written ? `${number(large.written.seconds, 2)} s` : '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
