// The workshop: files of one's own, and the memory of the device.

import { image, intelHex } from '../world/image.mjs';

const all = { local_file: true, read_back: true, erase: true, monitor: true };
const unfold = (world, id) => world.the(id).locator('summary').click();

async function walk(world, look) {
  await world.release(image(4));
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, workshop: all });
  const contents = image(40);
  await world.chip.tell(`load 0x08000000 ${await world.file('old.bin', contents)}`);
  await world.open();
  await world.click('connect-known');
  await world.the('workshop-file').waitFor();
  await look('workshop');
  await world.the('workshop-file').setInputFiles(await world.file('elsewhere.hex', intelHex(image(4), 0x20000000)));
  await world.the('workshop-refused').filter({ hasText: /\S/ }).waitFor();
  await look('workshop-refused');
  const other = Buffer.from(contents);
  for (const at of [0x120, 0x1234, 0x4321]) other[at] ^= 0xff;
  await world.the('workshop-file').setInputFiles(await world.file('a-file-with-a-rather-long-name-v2.0.0-release.hex', intelHex(other)));
  // Places are shown of the file before, too.
  await world.the('workshop-name').filter({ hasText: 'v2.0.0-release.hex' }).waitFor();
  await world.click('workshop-compare');
  await world.the('workshop-compared').waitFor();
  await look('workshop-compared');
  await unfold(world, 'workshop-read-part');
  await world.the('workshop-read-last').fill('0x08003FFF');
  await world.click('workshop-read');
  await world.the('workshop-was-read').waitFor();
  await look('workshop-read');
  await unfold(world, 'workshop-erase-part');
  await world.the('workshop-erase-first').fill('0x08004010');
  await world.the('workshop-erase-last').fill('0x08004020');
  await world.the('workshop-understood').check();
  await look('workshop-erase');
  await world.click('workshop-erase');
  await world.the('workshop-was-erased').filter({ hasText: /\S/ }).waitFor();
  await look('workshop-erased');

  await world.click('update');
  await world.outcome();
  await world.click('monitor-open');
  await world.the('monitor-close').waitFor();
  await world.chip.tell('say \\e[1;32m<inf> fan: up\\e[0m\\r\\nrpm=1200\\r\\n');
  await world.the('monitor-output').filter({ hasText: 'rpm=1200' }).waitFor();
  await look('monitor');
}

/** While it reads, which takes a while. */
async function reading(world, look) {
  await world.release(image(4));
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, workshop: all });
  await world.open();
  await world.click('connect-known');
  await world.the('update').waitFor();
  await unfold(world, 'workshop-read-part');
  await world.click('workshop-read');
  await world.the('workshop-progress').waitFor();
  await look('workshop-reading');
  await world.page.waitForFunction(() => document.querySelector('[data-testid=workshop-progress]').ariaValueNow >= 1);
  await world.chip.tell('unplug');
  await world.unplugged();
  await world.outcome();
  await world.plug();
  await world.click('connect-known');
  await unfold(world, 'workshop-read-part');
  await world.the('workshop-go-on').waitFor();
  await look('workshop-go-on');
}

export default [
  { name: 'workshop', options: {}, walk },
  { name: 'workshop at work', options: { chip: { speed: 2, 'flash-kib': 256 } }, walk: reading },
];
