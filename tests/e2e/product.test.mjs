// What a deployment says of its product, and what the page says of the adapter.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 90_000;

test('a raw binary is written to where the product has its application, and what is before it stays', { timeout }, async (t) => {
  const world = await World.of(t);
  const address = 0x08008000;
  const contents = image(40, address);
  await world.release(contents);
  world.station.describe({ image_address: '0x08008000' });
  const own = image(32);
  await world.chip.tell(`load 0x08000000 ${await world.file('own.bin', own)}`);
  await world.open();
  const { outcome, says } = await world.update();
  assert.equal(outcome, 'updated', says);
  const flash = await world.chip.flash();
  assert.ok(flash.subarray(0, own.length).equals(own), "the product's own bootloader was changed");
  assert.ok(flash.subarray(own.length, own.length + contents.length).equals(contents));
  assert.match(await world.chip.log(), /went to 0x08008000/);
  assert.equal(await world.chip.tell('state'), 'application');
});

test('an image for another address than the product has its application at is refused', { timeout }, async (t) => {
  const world = await World.of(t);
  await world.release(image(40));
  world.station.describe({ image_address: '0x08010000' });
  await world.open();
  const { outcome, error, says } = await world.update();
  assert.equal(outcome, 'failed', says);
  assert.match(error, /not a valid image/);
  assert.match(says, /reset vector/);
  assert.doesNotMatch(await world.chip.log(), /erased/);
});

test('a chip that is not in the table is explained, and updated as the product describes it', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { chip: '0x460', 'answers-as': '0x7F0' } });
  const contents = image(60);
  await world.release(contents);
  await world.open();
  await world.click('connect-known');
  const unknown = await world.outcome();
  assert.equal(unknown.outcome, 'failed', unknown.says);
  assert.match(unknown.error, /chip is not known/);
  assert.match(unknown.says, /0x7F0/);
  assert.match(unknown.remedy, /describe the chip in its settings/);

  const described = { product_id: '0x7F0', units: [{ count: 64, size: 2048 }], ram: ['0x20000000', '0x20009000'] };
  world.station.describe({ chips: [described] });
  await world.visit();
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.match(await world.text('device-chip'), /not in the table/);
  assert.match(await world.text('device-notice'), /memory layout was not checked/);
  await world.click('update');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'updated', says);
  const flash = await world.chip.flash();
  assert.ok(flash.subarray(0, contents.length).equals(contents));
  assert.ok(flash.subarray(contents.length).every((byte) => byte === 0xff));
});

for (const [chip, told] of [['0x42A', 1], ['0x460', 0]]) {
  test(`of chip ${chip} the page ${told ? 'warns' : 'does not warn'} that how its memory is divided is only recalled`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: { chip } });
    await world.release(image(4));
    await world.open();
    await world.click('connect-known');
    await world.the('update').waitFor();
    assert.equal(await world.the('device-notice').filter({ hasText: 'memory layout was not checked' }).count(), told);
  });
}

test('a chip that has less memory than the product describes is refused', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { chip: '0x460', 'answers-as': '0x7F0' } });
  await world.release(image(4));
  const described = { product_id: '0x7F0', units: [{ count: 128, size: 2048 }], ram: ['0x20000000', '0x20009000'] };
  world.station.describe({ chips: [described] });
  await world.open();
  await world.click('connect-known');
  const { outcome, says } = await world.outcome();
  assert.equal(outcome, 'failed', says);
  assert.match(says, /no memory at 0x0803FF00/);
});

test('an adapter that holds answers back is told with what it costs and how it is set', { timeout }, async (t) => {
  // At a real chip's pace, as the latency is.
  const world = await World.of(t, { chip: { latency: 16, speed: 1 } });
  await world.release(image(60));
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  const notice = world.the('slow-adapter');
  assert.match(await notice.innerText(), /adapter's part of that: \d+ seconds/);
  await notice.locator('summary').click();
  const [, held] = (await notice.innerText()).match(/back for (\d+) ms/);
  assert.ok(held >= 16 && held < 40, `${held} ms`);
  assert.match(await notice.innerText(), /latency_timer/);
});

test('of an adapter that passes answers on at once nothing is said', { timeout }, async (t) => {
  const world = await World.of(t, { chip: { speed: 1 } });
  await world.release(image(4));
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  assert.equal(await world.the('slow-adapter').count(), 0);
});

for (const [cable, chip, connect] of [
  ['a serial port', { chip: '0x460' }, 'connect-known'],
  ['USB', { chip: '0x415', usb: true }, 'connect-usb-known'],
]) {
  test(`where nothing else is kept in flash, all of it is erased at once over ${cable}`, { timeout }, async (t) => {
    const world = await World.of(t, { chip });
    const contents = image(16);
    await world.release(contents);
    world.station.describe({ software_type: 'stm32-fw', hardware_version: 'mp', mass_erase: true });
    await world.chip.tell(`load 0x08010000 ${await world.file('elsewhere.bin', image(2))}`);
    await world.open();
    await world.click(connect);
    await world.click('update');
    const { outcome, says } = await world.outcome();
    assert.equal(outcome, 'updated', says);
    const log = await world.chip.log();
    assert.ok(log.includes('mass erased') && !log.includes('erased unit'), log);
    const flash = await world.chip.flash();
    assert.ok(flash.subarray(0, contents.length).equals(contents));
    assert.ok(flash.subarray(contents.length).every((byte) => byte === 0xff), 'something is left');
  });
}
