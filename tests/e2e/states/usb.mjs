// What is different with a device on USB.

import { chmod } from 'node:fs/promises';

import { image } from '../world/image.mjs';

async function walk(world, look) {
  await world.release(image(4));
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', image(4))}`);
  await world.chip.tell('reset app');
  await world.open();
  await world.the('connect-usb-known').waitFor();
  await look('usb-start');
  await world.click('connect-usb-known');
  await world.the('allow').waitFor();
  await look('usb-allow');
  await chmod(world.chip.usb, 0o600);
  await world.chip.tell('reset app');
  await world.click('connect-usb-known');
  await world.outcome();
  await look('usb-no-access');
  await world.visit({ simulated_speed: '50', simulated_cable: 'usb' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await look('usb-offered');
}

/** It runs its application, and may not be used yet once it has restarted. */
const chip = { usb: true, application: 'dfu', 'usb-id': '0483:df12' };

export default [{ name: 'usb', options: { chip }, walk }];
