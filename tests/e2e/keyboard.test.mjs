// All that a person does, by keyboard alone, with what a screen reader says of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image } from './world/image.mjs';
import { World } from './world/world.mjs';

const timeout = 120_000;

/** The keyboard at a page. */
function keyboardAt(page) {
  const keys = page.keyboard;
  const focused = () => page.evaluate(() => (document.activeElement?.closest('summary')?.parentElement ?? document.activeElement)?.dataset.testid);
  /** Goes to an element as it is reached: with Tab, and seen to be there. */
  const reach = async (id) => {
    await page.getByTestId(id).first().waitFor();
    for (let presses = 0; (await focused()) !== id; presses++) {
      assert.ok(presses < 60, `${id} cannot be reached with Tab`);
      await keys.press('Tab');
    }
    const ring = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
    });
    assert.ok(ring, `nothing shows that ${id} has the focus`);
  };
  const press = async (id, key = 'Enter') => {
    await reach(id);
    await keys.press(key);
  };
  /** Types over what stands in a field. */
  const type = async (id, text) => {
    await reach(id);
    await keys.press('ControlOrMeta+a');
    await keys.type(text);
  };
  return { reach, press, type };
}

test('an update is done by keyboard alone', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open({ simulated_speed: '50' });
  const { press } = keyboardAt(world.page);
  await press('connect-simulated');
  await press('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  const focus = await world.page.evaluate(() => !!document.activeElement?.closest('[data-testid=result]'));
  assert.ok(focus, 'the focus is not at the result');
});

test('a report is handed over, opened and read by keyboard alone', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.open({ simulated_speed: '50' }, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { press } = keyboardAt(world.page);
  await press('connect-simulated');
  await world.outcome();
  await press('copy-report');
  await world.page.locator('[data-testid=report][data-handed=Copied]').waitFor();
  const report = await world.page.evaluate(() => navigator.clipboard.readText());

  const desk = await world.desk('link');
  await desk.getByTestId('link-baud').waitFor();
  const at = keyboardAt(desk);
  await at.type('link-baud', '57600');
  await desk.getByTestId('link').filter({ hasText: 'baud=57600' }).waitFor();
  await at.press('copy-link');
  await desk.getByRole('status').filter({ hasText: world.words['desk.link.copied'] }).waitFor();
  await desk.goto(`${world.station.url}/support.html#report`);
  await at.reach('pasted');
  await desk.keyboard.insertText(report);
  await desk.getByTestId('report-failure').waitFor();
});

test('support looks on, and the customer agrees, by keyboard alone', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open({ simulated_speed: '50' });
  const customer = keyboardAt(world.page);
  await customer.press('connect-simulated');
  await world.the('update').waitFor();
  await world.page.locator('summary', { hasText: world.words['log.title'] }).focus();
  await world.page.keyboard.press('Enter');
  await customer.press('live');
  const code = await world.text('live-code');
  const desk = await world.desk('live');
  const support = keyboardAt(desk);
  await support.type('code', code);
  await desk.keyboard.press('Enter');
  await support.press('ask-start');
  await customer.press('live-yes');
  assert.equal((await world.outcome()).outcome, 'updated');
});

test('the workshop reads and erases by keyboard alone', { timeout }, async (t) => {
  const world = await World.of(t);
  const config = await (await fetch(`${world.station.url}/fieldflash.json`)).json();
  world.station.configure({ ...config, workshop: { read_back: true, erase: true } });
  await world.open();
  const { press, type } = keyboardAt(world.page);
  await press('connect-known');
  await press('workshop-read-part');
  await type('workshop-read-last', '0x080000FF');
  await press('workshop-read');
  await world.the('workshop-was-read').waitFor();
  await press('workshop-erase-part');
  await type('workshop-erase-last', '0x08000FFF');
  await press('workshop-understood', 'Space');
  await press('workshop-erase');
  await world.the('workshop-was-erased').filter({ hasText: world.words['workshop.erased'] }).waitFor();
});

test('a technician takes a release along and begins a row by keyboard alone', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(16));
  await world.open({ simulated_speed: '50', device_serial: '' }, { serviceWorkers: 'allow' });
  await world.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const { press, type } = keyboardAt(world.page);
  await press('technician');
  await type('take-along-hardware', 'mp');
  await world.page.keyboard.press('Enter');
  await world.the('taken').locator('li').waitFor();
  await press('take-along-remove');
  await world.the('taken').locator('li').waitFor({ state: 'detached' });
  await press('row-on', 'Space');
  await world.page.locator('.row-status[data-state=first]').waitFor();
});

test('a screen reader hears of each phase, and of the progress at every quarter and not more often', { timeout }, async (t) => {
  const world = await World.of(t, { chip: false });
  await world.release(image(128));
  await world.open({ simulated_speed: '10' });
  await world.click('connect-simulated');
  await world.the('update').waitFor();
  await world.page.evaluate(() => {
    globalThis.heard = [];
    const hear = () => {
      const text = document.querySelector('.working [aria-live=polite]')?.textContent;
      if (text && globalThis.heard.at(-1) !== text) globalThis.heard.push(text);
    };
    new MutationObserver(hear).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await world.click('update');
  assert.equal((await world.outcome()).outcome, 'updated');
  const heard = await world.page.evaluate(() => globalThis.heard);
  for (const phase of ['phase.erase', 'phase.write', 'phase.verify']) {
    assert.ok(heard.some((text) => text.startsWith(world.words[phase])), `${phase}: ${heard}`);
  }
  for (const percent of [25, 50, 75]) assert.ok(heard.some((text) => text.includes(`${percent}%`)), `${percent} %: ${heard}`);
  const percents = heard.flatMap((text) => text.match(/\d+(?=%)/g) ?? []).map(Number);
  assert.ok(percents.every((percent) => percent % 25 === 0), `${percents}`);
  assert.ok(heard.length <= 12, `it is told ${heard.length} times: ${heard}`);
});
