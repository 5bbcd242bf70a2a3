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
}

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
  await desk.getByTestId('code').fill(code);
  await desk.getByTestId('join').click();
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
  await world.the('live-end').click();
  await desk.locator('[data-testid=look][data-state=ended]').waitFor();
  await look('desk-live-ended', desk);
}

export default [
  { name: 'reports', options: { chip: false }, walk: reports },
  { name: 'link', options: { chip: false }, walk: link },
  { name: 'live', options: { chip: false }, walk: live },
];
