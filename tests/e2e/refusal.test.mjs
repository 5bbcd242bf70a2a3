// What the page refuses to do, and what it says when it cannot.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { Program } from './world/program.mjs';
import { World } from './world/world.mjs';

const timeout = 90_000;

/** A program that has a port open for itself until its input ends. */
const HOLD = `import fcntl, os, sys, termios
fcntl.ioctl(os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY), termios.TIOCEXCL)
print("held", flush=True)
sys.stdin.read()`;

/** Asserts a failure with a remedy, about which the page says `about`, that left the chip as it was. */
async function assertRefused(world, { error, about = /./ }) {
  const failed = await world.outcome();
  assert.equal(failed.outcome, 'failed', failed.says);
  assert.match(failed.error, error);
  assert.match(failed.says, about);
  assert.ok(failed.remedy, 'there is no remedy');
  assert.doesNotMatch(await world.chip.log(), /erased|programmed/);
  return failed;
}

test('a payload that was damaged on the station is not handed out', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(200));
  world.station.damagePayload();
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  await assertRefused(world, { error: /could not be downloaded/, about: /download/ });
});

test('a payload with a wrong hash is refused before any erase', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(200));
  await world.open();
  await world.page.route('**/payloads/**', async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length >> 1] ^= 1;
    await route.fulfill({ response, body });
  });
  await world.click('connect-known');
  await world.click('update');
  await assertRefused(world, { error: /not what was released/, about: /wrong-payload/ });
});

test('an image that is too large for the chip is refused before any erase', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { 'flash-kib': 64 } });
  await world.release(image(200));
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  await assertRefused(world, { error: /not made for this device/, about: /64 KiB|65536/ });
});

test('a payload that is no image is refused before any erase', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release('This is a text and not a program.\n'.repeat(100));
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  await assertRefused(world, { error: /not (a valid image|made for this device)/ });
});

test('a device that runs its application does not answer, and the remedy says how to reach it', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  await world.chip.tell('reset app');
  assert.equal(await world.chip.tell('state'), 'application');
  await world.open();
  await world.click('connect-known');
  const { remedy } = await assertRefused(world, { error: /does not answer/ });
  assert.match(remedy, /BOOT/);

  await world.chip.tell('reset');
  await world.click('connect-known');
  await world.the('update').waitFor();
});

test('what keeps the page from a device on a serial port is told apart, and so is what ends an update there', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(40));
  await world.open();
  const connect = () => world.click('connect-known');
  /** Connects while the cable is good, then updates over one that is not. */
  const update = (...commands) => async () => {
    await connect();
    await world.the('update').waitFor();
    for (const command of commands) await world.chip.tell(command);
    await world.click('update');
  };
  const line = (fault) => async () => {
    await world.chip.tell(`line ${fault}`);
    await connect();
  };
  for (const [code, says, lead] of [
    ['port-busy', /not changed/, async () => {
      const other = new Program('python3', ['-c', HOLD, world.chip.pty]);
      t.after(() => other.stop());
      await other.line();
      await connect();
    }],
    ['echo', /not changed/, line('echo')],
    ['garbled', /not changed/, line('garbled 1')],
    ['unreliable', /not changed/, line('garbled 2')],
    ['mismatch', /incomplete/, update('wear-out 0x08004321')],
    ['link-lost', /incomplete/, update('line silent-after 12000')],
  ]) {
    await world.bed.unplug();
    await world.the('connect-known').waitFor({ state: 'detached' });
    await world.plug();
    await world.the('connect-known').waitFor();
    await lead();
    const failed = await world.outcome();
    assert.equal(await world.the('result').getAttribute('data-code'), code, `${code}: ${failed.says}`);
    assert.match(failed.says, says);
    assert.ok(failed.remedy, code);
  }
});

test('a chip that is protected against reading is named as such', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { quirk: 'read-protected' } });
  await world.release(image(4));
  await world.open();
  await world.click('connect-known');
  await assertRefused(world, { error: /protected/ });
});

test('where the bootloader lists no command that removes the protection, none is offered', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { chip: '0x484', quirk: 'read-protected' } });
  await world.release(image(4));
  await world.open();
  await world.click('connect-known');
  await assertRefused(world, { error: /protected/ });
  assert.equal(await world.the('unlock-ask').count(), 0);
});

test('the protection is removed with everything on the device, behind a confirmation, and the device is updated', { timeout }, async (t) => {
  // An F0: it erases in seconds, and resets itself afterwards.
  const world = await World.of(t, { chip: { chip: '0x440', quirk: 'read-protected' } });
  const contents = image(16);
  await world.release(contents);
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(64))}`);
  await world.open();
  await world.click('connect-known');
  await assertRefused(world, { error: /protected/ });
  await world.the('unlock-ask').click();
  assert.ok(await world.the('unlock').isDisabled(), 'it can be done without a confirmation');
  await world.the('unlock-understood').check();
  await world.click('unlock');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  const flash = await world.chip.flash();
  assert.ok(flash.subarray(0, contents.length).equals(contents));
  assert.ok(flash.subarray(contents.length).every((byte) => byte === 0xff), 'something is left of the old program');
});

test('write-protected sectors show when they are read back, are named, and freed on demand', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { 'write-protected': [4, 5] } });
  const contents = image(200);
  await world.release(contents);
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(256).fill(0x55, 8, 0x10008))}`);
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  const failed = await world.outcome();
  assert.match(failed.error, /cannot be erased/);
  assert.match(failed.says, /sectors 4 and 5 \(0x08010000–0x0803FFFF\)/);
  assert.match(failed.says, /incomplete/i);
  await world.the('unlock-writing-ask').click();
  await world.click('unlock-writing');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

test('a device whose first sector is write-protected is left as it is, and told as such', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { 'write-protected': 0 } });
  await world.release(image(40));
  const old = image(40).fill(0x55, 8);
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', old)}`);
  await world.open();
  await world.click('connect-known');
  await world.click('update');
  const { says } = await assertRefused(world, { error: /cannot be erased/, about: /sector 0 \(0x08000000–0x08003FFF\)/ });
  assert.match(says, /not changed/);
  assert.ok((await world.chip.flash()).subarray(0, old.length).equals(old));
});

test('a wrong project key is told as one', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  world.station.configure({ feed: { url: '', project_key: 'wrong' } });
  await world.open();
  await world.click('connect-known');
  const { remedy } = await assertRefused(world, { error: /does not accept/ });
  assert.match(remedy, /project key/);
});

test('a station that cannot be reached is told as a matter of the network', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.open();
  // The page's second part is there.
  await world.the('technician').waitFor();
  await world.station.stop();
  await world.click('connect-known');
  const { remedy } = await assertRefused(world, { error: /cannot be reached/ });
  assert.match(remedy, /internet connection/);
});

test('a hardware version that the station does not know is told as such', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  await world.open({ hardware_version: 'evt' });
  await world.click('connect-known');
  const { remedy } = await assertRefused(world, { error: /does not know this kind of device/ });
  assert.match(remedy, /hardware version/);

  await world.the('hardware_version-input').fill('mp');
  await world.click('ask');
  await world.the('update').waitFor();
});

test('a station without a release for the device offers none', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4), { cohort: 'somebody-else' });
  await world.open();
  await world.click('connect-known');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'up-to-date', says);
  assert.match(says, /No update is offered/);
});

test('a page whose settings cannot be read says so', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  world.station.configure({ feed: { url: '' }, colour: 'green' });
  await world.open();
  const { outcome, error, remedy, says } = await world.outcome();
  assert.equal(outcome, 'failed');
  assert.match(error, /not set up/);
  assert.match(says, /colour/);
  assert.ok(remedy);
  // It is heard as any other failure, below what the page is called.
  assert.equal(await world.page.evaluate(() => document.activeElement.dataset.testid), 'error');
  assert.equal(await world.page.getByRole('heading', { level: 1 }).innerText(), 'Device update');
});
