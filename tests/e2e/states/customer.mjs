// The page as a customer sees it from the start to the end, when all goes well.

import { image } from '../world/image.mjs';
import { fakes, hasNewBuild } from './fakes.mjs';

const notes = 'Quieter fan.\nShows the temperature in degrees Celsius.';
/** What the deployment says of the product, so that its customers' address says nothing. */
const product = { software_type: 'stm32-fw', hardware_version: 'mp' };
const nothing = { software_type: '', hardware_version: '', device_serial: '' };
/** The simulated device, so much faster than a real one that nobody waits. */
const fast = { ...nothing, simulated_speed: '50' };

/** Has an update go on as far as to this phase, where it stays, once `begin` has begun it; the world's page has the `fakes`. */
async function holdIn(world, phase, percent, begin) {
  const held = world.page.evaluate(([phase, percent]) => globalThis.heldIn(phase, percent), [world.words[phase], percent]);
  await begin();
  await held;
}

/** Updates the simulated device as far as to this phase, where it stays; the world's page has the `fakes`. */
export async function heldIn(world, phase, percent) {
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await holdIn(world, phase, percent, () => world.click('update'));
}

const goOn = (world) => world.page.evaluate(() => globalThis.goOn());

/** Before anything is connected. */
async function start(world, look) {
  await world.open(fast, { init: fakes });
  await world.the('connect-simulated').waitFor();
  await look('start');
  for (const drawing of ['buttons', 'jumper', 'automatic', 'usb']) {
    world.station.describe({ boot_drawing: drawing });
    await world.visit(fast);
    await world.the('boot-mode').evaluate((details) => (details.open = true));
    await world.the('boot-mode').locator('img').evaluate((picture) => picture.decode());
    await look(`boot-${drawing}`);
  }
  world.station.describe({ usb: false, boot_drawing: 'boot/usb.svg', boot_steps: ['Press the light switch.', 'Wait for the blue light.'] });
  await world.visit({ ...fast, baud: '7' });
  await world.the('connect').waitFor();
  await look('link-problem');
  await world.page.evaluate(() => globalThis.fake.port('is slow'));
  await world.the('connect').click();
  await world.page.getByText(world.words.connecting).waitFor();
  await look('connecting');
}

/** From the offer to the end. */
async function update(world, look) {
  world.station.describe(product);
  await world.release(image(128), { notes });
  await world.open(fast, { init: fakes });
  await world.page.route('**/releases/**', () => {});
  await world.click('connect-simulated');
  await world.the('device-chip').waitFor();
  await look('asking');
  await world.page.unroute('**/releases/**');

  await world.visit(fast);
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await look('offered');
  await world.page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
  await world.the('device_serial-input').fill('A 1');
  await world.the('hardware_version-input').fill('');
  await world.click('ask');
  await world.the('details-problem').filter({ hasText: /\S/ }).waitFor();
  await look('details-wrong');

  await world.visit(fast);
  await world.page.route('**/payloads/**', () => {});
  await world.click('connect-simulated');
  await world.click('update');
  await world.the('phase').waitFor();
  await look('downloading');
  await world.page.unroute('**/payloads/**');
  await world.visit(fast);
  await heldIn(world, 'phase.erase', 1);
  await look('erasing');
  await holdIn(world, 'phase.write', 40, () => goOn(world));
  await look('writing');
  await world.click('cancel');
  await goOn(world);
  await world.outcome();
  await look('cancelled');

  await world.visit(fast);
  await heldIn(world, 'phase.verify', 80);
  await look('verifying');
  await goOn(world);
  await world.outcome();
  await look('updated');
  await world.the('flash-map').locator('summary').click();
  await world.the('flash-map').locator('svg[role=img]').waitFor();
  await look('flash-map');

  await world.visit({ ...fast, current_version: '2.0.0' });
  await world.click('connect-simulated');
  await world.outcome();
  await look('up-to-date');
  world.station.describe({ ...product, downgrade: 'confirmed' });
  await world.visit({ ...fast, release: '2.0.0', current_version: '9.0.0' });
  await world.click('connect-simulated');
  await world.the('older').waitFor();
  await look('older-offered');
}

/** What the device has to be asked for: nobody has said it, and it is written nowhere. */
async function details(world, look) {
  world.station.describe(product);
  await world.release(image(4), { cohort: 'somebody-else' });
  await world.open(fast);
  await world.click('connect-simulated');
  await world.outcome();
  await look('nothing-offered');
  world.station.describe({ ...product, identity: { serial: [{ address: '0x08020000', length: 16 }] } });
  await world.visit(fast);
  await world.click('connect-simulated');
  await world.the('details-problem').filter({ hasText: /\S/ }).waitFor();
  await look('details-asked');
}

/** What is told beside it, where there is reason to. */
async function notices(world, look) {
  world.station.describe({ ...product, supply: '2.7V' });
  await world.release(image(200));
  await world.open(nothing);
  await world.click('connect-known');
  await world.the('slow-adapter').locator('summary').click();
  await world.the('supply').waitFor();
  await world.the('device-notice').waitFor();
  await look('offered-with-notices');

  await world.open(fast, { init: hasNewBuild, serviceWorkers: 'allow' });
  await world.click('reload');
  await world.the('newer').filter({ hasText: world.words['newer.elsewhere'] }).waitFor();
  await look('newer');

  await world.open(fast, { init: fakes });
  await heldIn(world, 'phase.write', 1);
  const other = await world.page.context().newPage();
  await other.goto(world.page.url());
  await other.getByTestId('take-over').click();
  await other.getByTestId('other-tab-updating').filter({ hasText: /\S/ }).waitFor();
  await look('tab-updating', other);
}

/** An F469, whose ROM makes a notice necessary, behind an adapter that holds answers back for 16 ms. */
const told = { chip: '0x434', 'flash-kib': 1024, speed: 10, latency: 160 };

export default [
  { name: 'start', options: { chip: false }, walk: start },
  { name: 'update', options: { chip: false }, walk: update },
  { name: 'details', options: { chip: false }, walk: details },
  { name: 'notices', options: { chip: told }, walk: notices },
];
