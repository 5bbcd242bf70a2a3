// What is asked of a page in whatever state it is.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What it has to keep to: WCAG 2.2 AA, and what axe's makers call best practices. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What is asked in which scheme of colours: all, then what is not the same in another. */
const SCHEMES = { light: { type: 'tag', values: TAGS }, dark: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } };

/** The page and what is in frames of it, but for what the browser itself says there. */
const partsOf = (page) => page.frames().filter((frame) => !frame.url().startsWith('chrome-error:'));

/** What axe finds wrong with it by these `rules`, a line for each. It takes the time that passes where the page's is held. */
async function findings(page, rules) {
  // Where the page may run no script, no test's runs to its end, either. What is in a noscript is read as elements then.
  if (await page.evaluate(() => !!document.querySelector('noscript')?.children.length)) return [];
  const found = [];
  for (const frame of partsOf(page)) {
    await frame.evaluate(`((setTimeout) => {${axe}})(globalThis.notHeld ?? setTimeout)`);
    // What is in a frame is not all of a page: it needs no heading of its own, nor landmarks that nothing else has.
    const disabled = frame.parentFrame() ? ['page-has-heading-one', 'landmark-one-main', 'region'] : [];
    const { violations } = await frame.evaluate(([runOnly, disabled]) => {
      const rules = Object.fromEntries(disabled.map((rule) => [rule, { enabled: false }]));
      return globalThis.axe.run({ runOnly, rules });
    }, [rules, disabled]);
    found.push(...violations);
  }
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** Runs in a page before all else, and keeps what the browser did not let it do. */
export function watchPolicy() {
  globalThis.violations = [];
  addEventListener('securitypolicyviolation', (event) => {
    globalThis.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  });
}

/** What is wider than the window at this width, in pixels: what does not scroll by itself and is cut, or has the page scroll. */
export async function overflow(page, width) {
  await page.setViewportSize({ width, height: 844 });
  const found = await Promise.all(partsOf(page).map((frame) => frame.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) return [`the page is ${scrollWidth} pixels wide`];
    const isCut = (element) => {
      const { overflowX, position } = getComputedStyle(element);
      return element.scrollWidth > element.clientWidth + 1 && !['auto', 'scroll'].includes(overflowX) &&
        position !== 'absolute' && element.clientWidth > 0 && !['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName);
    };
    return [...document.querySelectorAll('main *, header *, footer *')].filter((it) => it instanceof HTMLElement && isCut(it))
      .map((it) => `${it.outerHTML.slice(0, 120)} is ${it.scrollWidth} wide in ${it.clientWidth}`);
  })));
  return found.flat();
}

/**
 * What of a failure a screen reader would not say: its heading has the focus where it ended what was under way; what is only
 * told beside it stands in a place that is read out.
 */
const unheard = (page) =>
  page.evaluate(() => {
    const heading = document.querySelector('[data-testid=error]');
    const isHeard = document.activeElement === heading || heading?.closest('[role=status]');
    return isHeard ? [] : [`${heading?.outerHTML} has not the focus: ${document.activeElement.outerHTML.slice(0, 100)}`];
  });

/**
 * The controls that are not reached with the Tab key from the top of the page, or that do not show that they have the focus. As
 * with all browsers, one that scrolls by itself counts as one.
 */
async function unreached(page) {
  const count = await page.evaluate(() => {
    const isThere = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
    const controls = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(isThere);
    const reached = new Map();
    const showsFocus = (element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    };
    const note = ({ target }) => reached.set(target, showsFocus(target));
    addEventListener('focusin', note);
    globalThis.reached = () => {
      removeEventListener('focusin', note);
      // What was in use meanwhile goes on: a control may not be there any more.
      return controls.filter((control) => !reached.get(control) && isThere(control)).map((control) => {
        return `${control.outerHTML.slice(0, 100)} is ${reached.has(control) ? 'not seen to have the focus' : 'not reached'}`;
      });
    };
    // From the top: what is focused next is what comes after the body.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    return controls.length;
  });
  // Some have parts of their own, as those of a date.
  for (let presses = 0; presses < count + 3; presses++) await page.keyboard.press('Tab');
  return page.evaluate(() => globalThis.reached());
}

/** Which buttons are the one to press, where more than one is. */
async function rivals(page) {
  const seen = await page.locator('.primary:visible').evaluateAll((all) => all.map((it) => it.dataset.testid ?? it.outerHTML));
  return seen.length > 1 ? [`more than one button is the one to press: ${seen.join(', ')}`] : [];
}

/** A small phone; which is also a desk's screen of 1280 pixels at 400 %. Then a phone, that screen at 200 %, itself, and 4K. */
const WIDTHS = [320, 390, 640, 1280, 3840];

/** What does not fit on some screen in a state of a page. */
export async function misfits(state, page) {
  const wrong = [];
  for (const width of WIDTHS) {
    wrong.push(...(await overflow(page, width)).map((what) => `${state} at ${width}: ${what}`));
  }
  return wrong;
}

/** All that is wrong with a state of a page: on any screen, of what is to be pressed, by keyboard where that is `tried`, for axe in any scheme. */
export async function wrongs(state, page, tried) {
  const wrong = await misfits(state, page);
  await page.setViewportSize({ width: 1280, height: 844 });
  wrong.push(...(await rivals(page)).map((what) => `${state}: ${what}`));
  if (state.startsWith('failed-')) wrong.push(...(await unheard(page)).map((what) => `${state}: ${what}`));
  if (tried) wrong.push(...(await unreached(page)).map((what) => `${state}: ${what}`));
  for (const [colorScheme, rules] of Object.entries(SCHEMES)) {
    await page.emulateMedia({ colorScheme });
    wrong.push(...(await findings(page, rules)).map((what) => `${state}, ${colorScheme}: ${what}`));
  }
  return wrong;
}
