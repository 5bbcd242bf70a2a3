// What people have set for all pages, or do with any: their own colours, more contrast, less motion, larger text, paper.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heldIn } from './states/customer.mjs';
import { fakes } from './states/fakes.mjs';
import { image } from './world/image.mjs';
import { overflow } from './world/looks.mjs';
import { World } from './world/world.mjs';

const timeout = 90_000;

/** A page whose update stands still while it writes. */
async function writing(t) {
  const world = await World.of(t, { chip: false });
  await world.release(image(128));
  await world.open({ simulated_speed: '10' }, { init: fakes });
  await heldIn(world, 'phase.write', 40);
  return world;
}

/** A property of the first element of each selector as it is shown. */
const styles = (page, property, ...selectors) =>
  page.evaluate(([property, selectors]) => selectors.map((selector) => getComputedStyle(document.querySelector(selector))[property]), [property, selectors]);

test('in the person\'s own colours the progress, the steps and the button to press are told apart', { timeout }, async (t) => {
  const { page } = await writing(t);
  await page.emulateMedia({ forcedColors: 'active' });
  const [fill, bar] = await styles(page, 'backgroundColor', '.fill', '.bar');
  assert.notEqual(fill, bar, 'how far it is does not show');
  const [past, next] = await styles(page, 'borderBlockStartColor', '.steps .past', '.steps li:last-child');
  assert.notEqual(past, next, 'which step it is does not show');
  await page.reload();
  await page.getByTestId('connect-simulated').waitFor();
  const [primary, other] = await styles(page, 'backgroundColor', 'button.primary', 'button:not(.primary)');
  assert.notEqual(primary, other, 'which button is to be pressed does not show');
});

test('who wants more contrast has no soft colours', { timeout }, async (t) => {
  const { page } = await writing(t);
  const soft = () => styles(page, 'color', '.figures', 'body');
  const [before, ink] = await soft();
  assert.notEqual(before, ink);
  await page.emulateMedia({ contrast: 'more' });
  assert.deepEqual(await soft(), [ink, ink]);
  const [edge] = await styles(page, 'borderTopColor', '.card');
  assert.equal(edge, ink);
});

test('who wants less motion sees nothing glide', { timeout }, async (t) => {
  const { page } = await writing(t);
  assert.deepEqual(await styles(page, 'transitionDuration', '.fill'), ['0.2s']);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.deepEqual(await styles(page, 'transitionDuration', '.fill'), ['0s']);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test('text of twice the size has no page scroll sideways', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open({ simulated_speed: '50' });
  const larger = (page) => page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  await world.the('connect-simulated').waitFor();
  await larger(world.page);
  assert.deepEqual(await overflow(world.page, 640), []);
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await world.page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
  assert.deepEqual(await overflow(world.page, 640), []);
  const desk = await world.desk('link');
  await desk.getByTestId('link-baud').waitFor();
  await larger(desk);
  assert.deepEqual(await overflow(desk, 640), []);
});

test('what happened is printed, and not what can be clicked, dark on white', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open({ simulated_speed: '50' }, { acceptDownloads: true });
  await world.click('connect-simulated');
  const { error } = await world.outcome();
  const [download] = await Promise.all([world.page.waitForEvent('download'), world.the('save-report').first().click()]);
  await world.page.locator('summary', { hasText: world.words['log.title'] }).click();

  const desk = await world.desk('report');
  await desk.getByTestId('report-file').setInputFiles(await download.path());
  await desk.getByTestId('report-failure').waitFor();
  for (const page of [world.page, desk]) {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const shown = await page.locator('body').innerText();
    assert.ok(shown.includes(error), shown);
    const clickable = await page.locator('button, select, input, textarea, nav').evaluateAll((all) => all.filter((it) => it.checkVisibility()).map((it) => it.outerHTML));
    assert.deepEqual(clickable, []);
    const [ink] = await styles(page, 'color', 'body');
    assert.deepEqual([ink, ...(await styles(page, 'backgroundColor', 'body', '.card'))], ['rgb(28, 36, 48)', 'rgba(0, 0, 0, 0)', 'rgb(255, 255, 255)']);
    const cut = await page.locator('pre').evaluateAll((all) => all.filter((it) => it.checkVisibility() && it.scrollHeight > it.clientHeight + 1).length);
    assert.equal(cut, 0, 'a part of the log is cut off');
  }
  assert.match(await world.the('log').innerText(), /bootloader answers/);
  assert.match(await desk.getByTestId('timeline').innerText(), /bootloader answers/);
});
