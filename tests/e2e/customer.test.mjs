// What makes an update easy for who does it once: the right tab, the screen on, pictures, nothing to type in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 90_000;

test('the page is used in one tab at a time, and taken over by another one unless an update is under way', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { speed: 8 } });
  const contents = image(100);
  await world.release(contents);
  await world.open();
  const first = world.page;
  await world.click('connect-known');
  await world.the('update').waitFor();
  const second = await first.context().newPage();
  const query = new URL(first.url()).search;
  await second.goto(`${world.station.url}/${query}`);
  assert.match(await second.getByTestId('other-tab').innerText(), /in use in another tab/);

  // Taken over, the first one lets the device go, and can have it back.
  await second.getByTestId('take-over').click();
  await second.getByTestId('connect-known').waitFor();
  await world.the('other-tab').waitFor();
  await second.getByTestId('connect-known').click();
  await second.getByTestId('update').waitFor();
  await world.click('take-over');
  await world.click('connect-known');
  await second.getByTestId('other-tab').waitFor();

  // Not so while it updates.
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  await second.getByTestId('take-over').click();
  await second.getByTestId('other-tab-updating').filter({ hasText: 'update is under way' }).waitFor();
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));

  // Once it is closed it is the other one's turn.
  await first.close();
  await second.getByTestId('connect-known').waitFor();
});

test('the screen stays on while the device is updated, also after the page was hidden, and leaving is asked about, and not longer', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { speed: 8 } });
  await world.release(image(100));
  await world.open({}, {
    init: () => {
      globalThis.locks = [];
      WakeLock.prototype.request = async (kind) => {
        const lock = { kind, held: true, release: async () => (lock.held = false) };
        globalThis.locks.push(lock);
        return lock;
      };
    },
  });
  const held = () => world.page.evaluate(() => globalThis.locks.map(({ kind, held }) => (held ? kind : 'released')));
  const asksBeforeItIsLeft = () => world.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.deepEqual(await held(), []);
  assert.ok(!(await asksBeforeItIsLeft()));
  let arrive;
  await world.page.route('**/payloads/**', (route) => (arrive = () => route.continue()));
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Downloading' }).waitFor();
  assert.deepEqual(await held(), ['screen']);
  assert.ok(await asksBeforeItIsLeft());
  await arrive();
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  assert.deepEqual(await held(), ['screen']);
  assert.ok(await asksBeforeItIsLeft());
  // The browser lets go of it by itself when the page is hidden, and tells the page when it is seen again.
  await world.page.evaluate(() => {
    globalThis.locks[0].held = false;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  assert.deepEqual(await held(), ['released', 'screen']);
  assert.equal((await world.outcome()).outcome, 'updated');
  assert.deepEqual(await held(), ['released', 'released']);
  assert.ok(!(await asksBeforeItIsLeft()));

  // An unlocked chip erases all it has, which takes as long as an update.
  await world.swap({ quirk: 'read-protected', speed: 2, 'flash-kib': 64 });
  await world.click('connect-known');
  await world.the('unlock-ask').click();
  await world.the('unlock-understood').check();
  assert.ok(!(await asksBeforeItIsLeft()));
  await world.click('unlock');
  await world.page.getByText(world.words.unlocking).waitFor();
  assert.deepEqual(await held(), ['released', 'released', 'screen']);
  assert.ok(await asksBeforeItIsLeft());
});

test('who leaves the page amid an update is asked first, and who leaves it otherwise is not', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(64));
  await world.open({ simulated_speed: '10' });
  const dialogs = [];
  world.page.on('dialog', async (dialog) => {
    dialogs.push(dialog.type());
    await dialog.dismiss();
  });
  const { href } = new URL('support.html', world.page.url());
  // Who stays has it fail.
  const leave = () => world.page.goto(href).catch(() => {});
  await world.click('connect-simulated');
  await world.click('update');
  await world.the('phase').filter({ hasText: 'Writing' }).waitFor();
  await leave();
  assert.deepEqual(dialogs, ['beforeunload']);
  assert.equal((await world.outcome()).outcome, 'updated', 'who stays has it go on');
  await leave();
  assert.deepEqual([dialogs.length, world.page.url()], [1, href]);
});

test('a device that was unplugged is there again without being picked again', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  await world.open();
  await world.the('connect-known').waitFor();
  await world.chip.tell('unplug');
  await world.unplugged();
  await world.the('connect-known').waitFor({ state: 'detached' });
  await world.plug();
  assert.equal(await world.text('connect-known'), 'Use the connected device');
  await world.click('connect-known');
  await world.the('update').waitFor();
});

test('serial number, hardware version and installed version are read where the product has them', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4), { 'hardware-version': '2B' });
  const place = Buffer.alloc(64, 0xff);
  place.write('FRIDGE-0042\0', 0);
  place[16] = 0x2b;
  place.write('1.3.0', 32);
  await world.chip.tell(`load 0x08020000 ${await world.file('identity.bin', place)}`);
  world.station.describe({
    identity: {
      // An address that the ROM keeps to itself is passed over.
      serial: [{ address: '0x40000000', length: 4 }, { address: '0x08020000', length: 16 }, 'unique-id'],
      hardware_version: [{ address: '0x08020010', length: 1, as: 'hex' }],
      installed_version: [{ address: '0x08020020', length: 16, as: 'text' }],
    },
  });
  // What is installed the device knows better than a link.
  await world.open({ device_serial: '', hardware_version: '', current_version: '9.0.0' });
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.equal(await world.text('device-serial'), 'FRIDGE-0042');
  assert.equal(await world.text('installed-version'), '1.3.0');
  assert.match(await world.the('log').textContent(), /device_serial=FRIDGE-0042&hardware_version=2B/);

  // So no link makes an older version pass for a newer one.
  await world.release(image(4), { 'hardware-version': '2B', 'software-version': '1.2.0' });
  await world.visit({ device_serial: '', hardware_version: '', current_version: '1.0.0', release: '1.2.0' });
  await world.click('connect-known');
  assert.match((await world.outcome()).error, /older than the one on your device/);

  // In OTP and in the option bytes as well.
  await world.chip.tell(`load 0x1FFF7800 ${await world.file('otp.bin', Buffer.from('OTP-0017'))}`);
  await world.chip.tell(`load 0x1FFFC008 ${await world.file('options.bin', Buffer.of(0x2b))}`);
  world.station.describe({
    identity: {
      serial: [{ address: '0x1FFF7800', length: 16 }],
      hardware_version: [{ address: '0x1FFFC008', length: 1, as: 'hex' }],
    },
  });
  await world.visit({ device_serial: '', hardware_version: '' });
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.match(await world.the('log').textContent(), /device_serial=OTP-0017&hardware_version=2B/);

  // And in data EEPROM, of an L072.
  await world.swap({ chip: '0x447' });
  await world.chip.tell(`load 0x08080010 ${await world.file('eeprom.bin', Buffer.from('EEPROM-0017'))}`);
  world.station.describe({ identity: { serial: [{ address: '0x08080010', length: 16 }] } });
  await world.visit({ device_serial: '', hardware_version: '2B' });
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.match(await world.the('log').textContent(), /device_serial=EEPROM-0017&/);
});

test('what the address says comes before what the device says, and nothing written leaves it to the person', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(4));
  world.station.describe({
    identity: { serial: [{ address: '0x08020000', length: 16 }], hardware_version: [{ address: '0x08020000', length: 4, as: 'hex' }] },
  });
  await world.open({ device_serial: '' });
  await world.click('connect-known');
  assert.match(await world.text('details-problem'), /serial number. is missing/i);
  await world.the('device_serial-input').fill('TYPED-1');
  await world.click('ask');
  await world.the('update').waitFor();
  assert.match(await world.the('log').textContent(), /device_serial=TYPED-1&hardware_version=mp/);
});

test('the running application is asked who it is before it is put in update mode', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { usb: true, application: 'serial' } });
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(16))}`);
  const contents = image(24);
  await world.release(contents);
  const ask = (pattern) => [{ send: '\r\ninfo\r\n', pattern }];
  world.station.describe({
    boot_mode: { send: 'dfu\r\n' },
    identity: {
      serial: ask('^serial: (\\S+)'),
      hardware_version: ask('hardware: (\\S+)'),
      installed_version: ask('version: (\\S+)$'),
    },
  });
  await world.chip.tell('reset app');
  await world.bed.plug(await world.chip.tell('port'));
  await world.open({ device_serial: '', hardware_version: '' });
  await world.click('connect-known');
  await world.chip.tell('wait waiting');
  await world.bed.unplug();
  await world.the('update').waitFor();
  assert.equal(await world.text('device-serial'), 'FAN-0017');
  assert.equal(await world.text('installed-version'), '1.4.2');
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  assert.ok((await world.chip.flash()).subarray(0, contents.length).equals(contents));
});

test('a pattern that is none is told when the page is opened', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  world.station.describe({ identity: { serial: [{ send: 'info\r\n', pattern: '(' }] } });
  await world.open();
  const { error, says } = await world.outcome();
  assert.match(error, /not set up/);
  assert.match(says, /product\.identity: serial: .*regular expression/);
});

test('the way into update mode is shown as the product has it', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const pictureOf = async (product) => {
    world.station.describe(product);
    await world.visit();
    const boot = world.the('boot-mode');
    await boot.waitFor();
    const open = await boot.evaluate((details) => details.open);
    if (!open) await boot.locator('summary').click();
    const picture = boot.locator('img');
    await picture.evaluate((picture) => picture.decode());
    assert.ok((await picture.getAttribute('alt')).length > 10, 'the picture has no text');
    return { open, file: (await picture.getAttribute('src')).split('/').at(-1), steps: await boot.locator('li').allInnerTexts() };
  };
  await world.open();
  const byHand = await pictureOf({});
  assert.deepEqual([byHand.open, byHand.file, byHand.steps.length], [true, 'buttons.svg', 3]);
  assert.equal((await pictureOf({ boot_drawing: 'jumper' })).file, 'jumper.svg');
  const automatic = await pictureOf({ boot_mode: 'find' });
  assert.deepEqual([automatic.open, automatic.file], [false, 'automatic.svg']);
  assert.equal((await pictureOf({ boot_mode: 'touch' })).file, 'usb.svg');
  const own = await pictureOf({ boot_drawing: 'boot/usb.svg', boot_steps: ['Press the light switch.'] });
  assert.deepEqual([own.file, own.steps], ['usb.svg', ['Press the light switch.']]);
});
