// What the page may do, and what may become part of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { watchPolicy } from './world/looks.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;
/** The simulated device, so much faster than a real one that a test takes seconds. */
const fast = { simulated_speed: '50' };

test('an update needs nothing that the policy does not allow', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16), { notes: '<img src=x onerror="document.title = 1"> & more' });
  await world.open(fast, { init: watchPolicy });
  await world.click('connect-simulated');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  assert.deepEqual(await world.page.evaluate(() => globalThis.violations), []);
});

test('no text becomes a script or an element', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open(fast);
  await world.the('connect-simulated').waitFor();
  const refused = await world.page.evaluate(() => {
    const inline = document.createElement('script');
    const attempts = {
      html: () => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>'),
      script: () => inline.append('document.title = "script"'),
      address: () => (inline.src = 'data:text/javascript,1'),
    };
    const isRefused = ([, attempt]) => {
      try {
        attempt();
        return false;
      } catch {
        return true;
      }
    };
    const names = Object.entries(attempts).filter(isRefused).map(([name]) => name);
    document.body.append(inline);
    return names;
  });
  assert.deepEqual(refused, ['html', 'address']);
  assert.notEqual(await world.page.title(), 'script');
});

/** Has what the page loads from addresses of this pattern changed on its way, so many times. */
const change = (page, pattern, times) => {
  const changed = async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: Buffer.concat([await response.body(), Buffer.from('\n\n')]) });
  };
  return page.route(pattern, changed, { times });
};

for (const [name, pattern] of [
  ['WebAssembly', '**/fieldflash-*_bg.wasm'],
  ['JavaScript', '**/fieldflash-*.js'],
  ['imported JavaScript', '**/port.js'],
]) {
  test(`a page whose ${name} was changed on its way does not start`, { timeout }, async (t) => {
    const world = await World.of(t, { chip: false });
    const context = await world.browser.newContext();
    const page = await context.newPage();
    const errors = [];
    page.on('console', (message) => errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await change(page, pattern);
    const refused = page.waitForEvent('console', (message) => /integrity/.test(message.text()));
    await page.goto(world.station.url);
    await refused;
    assert.equal(await page.getByTestId('connect-simulated').count(), 0, errors.join('\n'));
    assert.match(await page.getByTestId('not-started').innerText(), /could not be loaded completely.*not touched/);
  });
}

test('the second part of the page is not used when it was changed on its way', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open(fast);
  // It is in the second part, which is asked for once more by the page that is opened next.
  await world.the('technician').waitFor();
  // Of two attempts: each asks once more for what was refused.
  await change(world.page, '**/work-*_bg.wasm*', 4);
  let count = 0;
  const refused = world.page.waitForEvent('console', (message) => /integrity/.test(message.text()) && ++count === 2);
  await world.page.reload();
  await refused;
  await world.click('connect-simulated');
  await world.page.locator('#meanwhile').getByText('part of this page could not be loaded').waitFor();
  assert.equal(await world.the('device-chip').count(), 0);
  await world.click('connect-simulated');
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
});

test('the second part of support’s page is not used when it was changed on its way', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  const desk = await world.desk('report');
  // Of two attempts: each asks once more for what was refused.
  await change(desk, '**/support-desk-second-*_bg.wasm*', 4);
  const problem = desk.getByTestId('report-problem');
  await desk.getByTestId('pasted').fill('It does not work.');
  await problem.filter({ hasText: 'part of this page could not be loaded' }).waitFor();
  await desk.getByRole('link', { name: 'Make a link' }).click();
  await desk.getByRole('alert').filter({ hasText: 'part of this page could not be loaded' }).waitFor();
  assert.equal(await desk.getByTestId('link-baud').count(), 0);
  await desk.getByRole('link', { name: 'Open a report' }).click();
  await desk.getByTestId('pasted').fill('It does not work.');
  await problem.filter({ hasText: 'not a whole report' }).waitFor();
});

test('support’s module is not used on the customer’s page when its second part was changed on its way', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open(fast, { permissions: ['clipboard-read', 'clipboard-write'] });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await world.page.locator('summary', { hasText: 'Log' }).click();
  await change(world.page, '**/support-desk-second-*_bg.wasm*', 2);
  await world.the('copy-report').click();
  await world.page.getByText(world.words['support.missing']).waitFor();
  assert.equal(await world.the('report').count(), 0);
  await world.the('copy-report').click();
  await world.page.locator('[data-testid=report][data-handed=Copied]').waitFor();
});

test('what technicians need is not used when a part of it is changed on its way', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open(fast);
  await world.the('connect-simulated').waitFor();
  await change(world.page, '**/technician/row.js');
  await world.the('technician').locator('summary').click();
  await world.the('technician').getByRole('alert').filter({ hasText: 'not as it was built' }).waitFor();
  assert.equal(await world.the('row-on').count(), 0);
});

for (const module of ['simulated-device', 'web-usb']) {
  for (const [name, pattern] of [['WebAssembly', `**/${module}-*_bg.wasm*`], ['JavaScript', `**/${module}-*.js*`]]) {
    test(`the module ${module} is not used when its ${name} is changed on its way`, { timeout }, async (t) => {
      const world = await World.of(t, { chip: false });
      await world.open({ ...fast, simulated_cable: 'usb' });
      await change(world.page, pattern);
      await world.click('connect-simulated');
      const { outcome, error, says } = await world.outcome();
      assert.equal(outcome, 'failed');
      assert.match(error, /part of this page could not be loaded/, says);
    });

    test(`the module ${module} is asked for once more when its ${name} is changed on its way`, { timeout }, async (t) => {
      const world = await World.of(t, { chip: false });
      await world.release(image(16));
      await world.open({ ...fast, simulated_cable: 'usb' });
      await change(world.page, pattern, 1);
      const refused = world.page.waitForEvent('console', (message) => /integrity/.test(message.text()));
      await world.click('connect-simulated');
      await refused;
      await world.click('update');
      assert.equal((await world.outcome()).outcome, 'updated');
    });
  }
}
