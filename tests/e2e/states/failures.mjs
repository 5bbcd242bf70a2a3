// Each failure that there is, led to.

import { readdirSync } from 'node:fs';

import { image } from '../world/image.mjs';
import { app } from '../world/places.mjs';
import { fakes } from './fakes.mjs';

const fast = { simulated_speed: '50' };
const simulated = `/${readdirSync(app).find((name) => /^simulated-device-[0-9a-f]+\.js$/.test(name))}`;
/** A key that nobody has. */
const public_keys = ['0f'.repeat(32)];

/** Clicks on a button once it can be clicked. */
const click = (id) => async (world) => world.click(id);
const connect = click('connect-simulated');
const update = async (world) => {
  await connect(world);
  await world.click('update');
};
/** The update goes on whatever is told meanwhile, and its end takes the focus. */
const updateToItsEnd = async (world) => {
  await update(world);
  await world.the('result').waitFor();
};
const fakePort = (does) => async (world) => {
  await world.page.evaluate((does) => globalThis.fake.port(does), does);
  await world.click('connect');
};
const fakeUsb = (does, then = async () => {}) => async (world) => {
  await world.page.evaluate(([module, does]) => globalThis.fake.usb(module, does), [simulated, does]);
  await world.click('connect-usb');
  await then(world);
};
const evaluate = (script, then) => async (world) => {
  await world.page.evaluate(script);
  await then(world);
};
/** What the feed, or who has the payloads, answers instead: `answer(route)`. */
const answers = (address, answer, then = connect) => async (world) => {
  await world.page.route(address, answer);
  await then(world);
};
const feedSays = (status) =>
  answers('**/releases/latest?*', (route) => route.fulfill({ status, json: { error: { message: 'said by the feed' } } }));
/** The same, with something else in the release than the feed has there: `change(release)`. */
const feedOffers = (change, then) =>
  answers('**/releases/latest?*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  }, then);
const artifacts = (change) => (release) => ({ ...release, artifacts: release.artifacts.map((it) => ({ ...it, ...change })) });
const twice = (id) => async (world) => {
  await world.page.evaluate(() => globalThis.fake.nothingIsPicked());
  await world.click(id);
  await world.page.locator(`[data-testid=${id}]:enabled`).waitFor();
  await world.click(id);
};
/** The page of a deployment with these settings. */
const configured = (settings, then) => async (world) => {
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, ...settings });
  await world.page.reload();
  await then(world);
};
const described = (product, then) => async (world) => {
  world.station.describe(product);
  await world.page.reload();
  await then(world);
};
/** The release is of an image whose first words are these. */
const releaseOf = (version, stack, code) => async (world) => {
  const contents = image(64);
  contents.writeUInt32LE(stack, 0);
  contents.writeUInt32LE(code, 4);
  await world.release(contents, { 'software-version': version });
  await update(world);
};

/** Each code with what leads to it on the page, which was just opened with `query`. */
const WAYS = [
  ['not-loaded', answers('**/simulated-device*', (route) => route.abort())],
  ['no-port-picked', twice('connect')],
  ['no-device-picked', twice('connect-usb')],
  ['port-busy', fakePort('is busy')],
  ['no-access', fakeUsb('keeps others out')],
  ['not-dfuse', fakeUsb('is something else')],
  ['usb-trouble', fakeUsb('refuses all')],
  ['unplugged', fakePort('is lost')],
  ['no-answer', fakePort('is silent')],
  ['echo', fakePort('echoes')],
  ['garbled', fakePort('babbles')],
  ['unreliable', fakePort('knows no command')],
  ['no-network', answers('**/releases/latest?*', (route) => route.abort())],
  ['wrong-key', feedSays(403)],
  ['unknown-device', feedSays(400)],
  ['asked-too-often', feedSays(429)],
  ['feed-down', feedSays(500)],
  ['unsuitable-release', feedOffers(artifacts({ hardware_version: 'other' }))],
  ['older', connect, { current_version: '9.0.0', release: '2.0.0' }],
  ['download', answers('**/payloads/**', (route) => route.fulfill({ status: 500 }), update)],
  ['wrong-payload', answers('**/payloads/**', (route) => route.fulfill({ body: Buffer.alloc(64 << 10, 0x55) }), update)],
  ['mismatch', fakeUsb('writes something else', click('update'))],
  ['link-lost', fakeUsb('breaks off', click('update'))],
  ['needs-reset', fakeUsb('hangs', click('update'))],
  ['storage-full', evaluate(() => globalThis.fake.storageFails('QuotaExceededError'), updateToItsEnd)],
  ['storage-refused', evaluate(() => globalThis.fake.storageFails('SecurityError'), updateToItsEnd)],
  ['not-entered', described({ boot_mode: { wired: { reset: { line: 'dtr' } } } }, fakePort('is silent'))],
  ['no-web-usb', described({ boot_mode: 'touch' }, async (world) => {
    await world.page.evaluate(() => Object.defineProperty(navigator, 'usb', { value: undefined }));
    await fakePort('is silent')(world);
  })],
  ['unsigned', configured({ public_keys }, connect)],
  ['no-signature-check', configured({ public_keys }, async (world) => {
    await world.page.evaluate(() => globalThis.fake.withoutSignatures());
    await feedOffers(artifacts({ extra_info: { fieldflash_signature: '0f'.repeat(64) } }))(world);
  })],
  ['bad-image', releaseOf('3.0.0', 0x20001000, 0)],
  ['wrong-device', releaseOf('4.0.0', 0x30001000, 0x08000201)],
  ['other-tab', async (world) => {
    await world.the('connect-simulated').waitFor();
    await world.page.evaluate(() => void navigator.locks.request('fieldflash.page', { steal: true }, () => new Promise(() => {})));
  }],
  ['bad-config', configured({ colour: 'green' }, async () => {})],
];

/** Those that take a chip that is not as others. */
const CHIPS = [
  ['unknown-chip', { 'answers-as': '0x7f0' }],
  ['not-erased', { 'write-protected': [0] }],
  // It takes its time to be unlocked.
  ['protected', { quirk: 'read-protected', speed: 1 }],
];

/** Looks at the page once it tells this failure. */
async function tells(world, look, code) {
  await world.page.locator(`[data-code=${code}]`).waitFor();
  await look(`failed-${code}`);
}

async function walk(world, look) {
  await world.release(image(64));
  const deployment = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  for (const [code, way, query] of WAYS) {
    world.station.configure(deployment);
    await world.open({ ...fast, ...query }, { init: fakes });
    await way(world);
    await tells(world, look, code);
    await world.page.context().close();
  }
}

async function walkWithChips(world, look) {
  await world.release(image(64));
  await world.open();
  for (const [code, chip] of CHIPS) {
    await world.swap(chip);
    await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(64).fill(0x55, 8))}`);
    await world.visit();
    await world.click('connect-known');
    if (code === 'not-erased') await world.click('update');
    await tells(world, look, code);
    const ask = world.page.locator('[data-testid=unlock-ask], [data-testid=unlock-writing-ask]');
    if (!(await ask.count())) continue;
    await ask.click();
    await look(`${code}-unlock`);
  }
  await world.the('unlock-understood').check();
  await world.click('unlock');
  await world.page.getByText(world.words.unlocking).waitFor();
  await look('unlocking');
}

/** A cable that is pulled out amid the write, and plugged in again where the device is not in update mode. */
async function walkWithoutCable(world, look) {
  await world.release(image(64));
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  await world.chip.tell(`unplug-after ${20 << 10}`);
  await world.click('update');
  await world.unplugged();
  await world.outcome();
  await look('failed-amid-writing');
  await world.stale();
  await world.bed.plug(await world.chip.tell('plug app'));
  await world.outcome();
  await look('failed-still-incomplete');
}

/** What takes a chip that cannot be simulated here, of an STM32F42x with an option bit set: tests/failures.rs leads to it. */
export const ELSEWHERE = ['unerasable'];

/** All codes that are led to. */
export const codes = [...WAYS, ...CHIPS].map(([code]) => code);

export default [
  { name: 'failures', options: { chip: false }, walk },
  { name: 'failures of chips', options: {}, walk: walkWithChips },
  { name: 'failures of the cable', options: {}, walk: walkWithoutCable },
];
