// What technicians need: work without a network, and many units in a row.

import { image } from '../world/image.mjs';

/** The page with its service worker. */
const kept = { serviceWorkers: 'allow' };

/** Opens the card, once the browser has all of the page. */
async function open(world, query) {
  await world.open({ device_serial: '', ...query }, kept);
  await world.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await world.the('technician').locator('summary').first().click();
  await world.the('take-along').waitFor();
}

async function takeAlong(world, look) {
  await world.release(image(64), { notes: 'Quieter fan.' });
  await open(world, { simulated_speed: '50' });
  await look('technician');
  await world.the('take-along-hardware').fill('evt');
  await world.click('take-along');
  await world.the('take-along-problem').filter({ hasText: /\S/ }).waitFor();
  await look('take-along-problem');
  await world.the('take-along-hardware').fill('mp');
  await world.click('take-along');
  await world.the('taken').locator('li').waitFor();
  await look('taken-along');

  await world.station.stop();
  await world.visit({ simulated_speed: '50' });
  await world.click('connect-simulated');
  await world.the('taken-along').waitFor();
  await look('offline-offered');
  await world.click('update');
  await world.outcome();
  await look('offline-updated');
  await world.visit({ simulated_speed: '50', current_version: '2.0.0' });
  await world.click('connect-simulated');
  await world.outcome();
  await look('offline-up-to-date');
}

/** What tells units apart. */
const units = ['A', 'B', 'C'].map((letter) => ({ 'unique-id': Buffer.from(`${letter}-UNIT-12345`).toString('hex').slice(0, 24) }));

async function row(world, look) {
  await world.release(image(64));
  await open(world);
  await world.click('row-on');
  const state = (name) => world.page.locator(`.row-status[data-state=${name}]`).waitFor();
  await state('first');
  await look('row-first');
  await world.click('connect-known');
  await world.click('update');
  await state('done');
  await look('row-done');
  await world.bed.unplug();
  await state('plug');
  await look('row-plug');
  await world.swap({ ...units[1], speed: 2 }, false);
  await state('working');
  await world.the('phase').filter({ hasText: world.words['phase.write'] }).waitFor();
  await look('row-working');
  await world.chip.tell('unplug');
  await world.unplugged();
  await state('failed');
  await look('row-failed');
  await world.release(image(64), { 'software-version': '2.1.0' });
  await world.swap(units[2], false);
  await state('asks');
  await look('row-asks');
}

export default [
  { name: 'take along', options: { chip: false }, walk: takeAlong },
  { name: 'row', options: { chip: units[0] }, walk: row },
];
