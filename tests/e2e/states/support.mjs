// Support: reports, links, and a look at a session, on both sides.

import { readFile } from 'node:fs/promises';

import { image } from '../world/image.mjs';

const fast = { simulated_speed: '50' };
const clipboard = { permissions: ['clipboard-read', 'clipboard-write'], acceptDownloads: true };

async function reports(world, look) {
  await world.release(image(64));
  await world.open({ ...fast, release: '2.0.0', current_version: '9.0.0' }, clipboard);
  await world.click('connect-simulated');
  await world.outcome();
  const saved = async () => {
    const [download] = await Promise.all([world.page.waitForEvent('download'), world.the('save-report').first().click()]);
    return readFile(await download.path(), 'utf8');
  };
  const failed = await saved();
  await world.the('report').locator('summary').click();
  await look('report');

  await world.visit(fast);
  await world.click('connect-simulated');
  await world.click('update');
  await world.outcome();
  await world.page.locator('summary', { hasText: world.words['log.title'] }).click();
  const updated = await saved();
  await look('log-with-report');

  const desk = await world.desk('report');
  await desk.getByTestId('pasted').waitFor();
  await look('desk-report', desk);
  await desk.getByTestId('pasted').fill('My device does not work.');
  await desk.getByTestId('report-problem').filter({ hasText: /\S/ }).waitFor();
  await look('desk-report-problem', desk);
  await desk.getByTestId('pasted').fill(failed);
  await desk.getByTestId('report-failure').waitFor();
  await look('desk-report-of-failure', desk);
  await desk.getByTestId('pasted').fill(updated);
  await desk.getByTestId('rate-picture').waitFor();
  await look('desk-report-of-update', desk);
}

async function link(world, look) {
  const desk = await world.desk('link');
  await desk.getByTestId('link-baud').fill('7');
  await desk.getByTestId('link-wrong').filter({ hasText: /\S/ }).waitFor();
  await look('desk-link-wrong', desk);
  await desk.getByTestId('link-baud').fill('57600');
  await desk.getByTestId('link-device_serial').fill('A-1');
  await desk.getByTestId('copy-link').click();
  await desk.getByText(world.words['desk.link.copied']).waitFor();
  await look('desk-link', desk);
  await world.release(image(4));
  await world.open({ ...fast, release: '2.0.0', until: '2020-02-20' });
  await world.the('link-problem').waitFor();
  await look('link-ended');
  const deployment = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...deployment, links: { public_key: '0f'.repeat(32) } });
  await world.visit({ ...fast, release: '2.0.0' });
  await world.the('link-problem').waitFor();
  await look('link-unsigned');
  await desk.reload();
  await desk.getByTestId('link-release').fill('2.0.0');
  await desk.getByTestId('link-key').setInputFiles(await world.file('key.pem', 'This is no key.'));
  await desk.getByTestId('link-key-problem').filter({ hasText: /\S/ }).waitFor();
  await look('desk-link-key-problem', desk);

  world.station.configure({ ...deployment, name: 'Polar Fridge update', theme });
  await desk.reload();
  await desk.locator('.links').waitFor();
  await look('desk-themed', desk);
  world.station.configure({ ...deployment, theme: { colour: 'green' } });
  await desk.reload();
  await desk.getByTestId('error').waitFor();
  await look('failed-bad-config-desk', desk);
}

/** A deployment's own clothes. */
const theme = {
  colours: { light: { accent: '#0b6e4f', background: '#eef5f1' }, dark: { accent: '#5fd3a8', background: '#0c1613' } },
  links: { support: 'https://www.example.com/support', privacy: '/privacy' },
};

async function live(world, look) {
  await world.release(image(64));
  await world.open({ simulated_speed: '2' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await world.page.locator('summary', { hasText: world.words['log.title'] }).click();
  await world.the('live').click();
  const code = await world.text('live-code');
  await look('live-code');
  const desk = await world.desk('live');
  await desk.getByTestId('code').waitFor();
  await look('desk-live', desk);
  const wire = await wireOf(desk);
  const enter = async (code) => {
    await desk.getByTestId('code').fill(code);
    await desk.getByTestId('join').click();
  };
  await enter(code);
  await desk.locator('[data-testid=look][data-state=ready]').waitFor();
  await desk.getByTestId('words').fill('Press the blue button.');
  await desk.getByTestId('at').selectOption('update');
  await desk.getByTestId('point').click();
  await world.page.locator('[data-testid=update].pointed').waitFor();
  await look('live-pointed');
  await desk.getByTestId('ask-start').click();
  await world.the('live-question').waitFor();
  await look('live-question');
  await world.the('live-yes').click();
  await desk.getByTestId('decided').filter({ hasText: /\S/ }).waitFor();
  await look('desk-live-updating', desk);
  await wire.cut();
  await desk.locator('[data-testid=look][data-state=lost]').waitFor();
  await look('desk-live-lost', desk);
  await world.page.locator('[data-testid=live-card][data-state=away]').waitFor();
  await look('live-away');
  await world.the('live-end').click();
  wire.mend();
  await desk.locator('[data-testid=look][data-state=ended]').waitFor();
  await look('desk-live-ended', desk);

  await world.the('live').click();
  const another = await world.text('live-code');
  await enter(another.slice(0, -1) + (another.endsWith('A') ? 'C' : 'A'));
  await desk.locator('[data-testid=look][data-state=ended]').waitFor();
  await look('desk-live-wrong-code', desk);
  await world.page.locator('[data-testid=live-card][data-state=ended]').waitFor();
  await look('live-wrong-code');
  await enter(another);
  await desk.getByText(world.words['desk.live.no-room']).waitFor();
  await look('desk-live-no-room', desk);
}

/** The connection of a page to the station, which can be cut. The page begins anew for it. */
async function wireOf(page) {
  let ends = [];
  let isCut = false;
  await page.routeWebSocket(/./, (near) => {
    if (isCut) return near.close();
    ends.push(near, near.connectToServer());
  });
  await page.reload();
  const cut = async () => {
    isCut = true;
    for (const end of ends) await end.close();
    ends = [];
  };
  return { cut, mend: () => (isCut = false) };
}

export default [
  { name: 'reports', options: { chip: false }, walk: reports },
  { name: 'link', options: { chip: false }, walk: link },
  { name: 'live', options: { chip: false }, walk: live },
];
