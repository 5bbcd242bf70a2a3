// What is asked of a page in whatever state it is.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What it has to keep to: WCAG 2.2 AA, and what axe's makers call best practices. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The schemes of colours. */
export const SCHEMES = ['light', 'dark'];

/** What axe finds wrong with it, a line for each rule. It takes the time that passes where the page's is held. */
export async function findings(page) {
  // Where the page may run no script, no test's runs to its end, either. What is in a noscript is read as elements then.
  if (await page.evaluate(() => !!document.querySelector('noscript')?.children.length)) return [];
  await page.evaluate(`((setTimeout) => {${axe}})(globalThis.notHeld ?? setTimeout)`);
  const { violations } = await page.evaluate((values) => globalThis.axe.run({ runOnly: { type: 'tag', values } }), TAGS);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** What is wider than the window at this width, in pixels: what does not scroll by itself and is cut, or has the page scroll. */
export async function overflow(page, width) {
  await page.setViewportSize({ width, height: 844 });
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) return [`the page is ${scrollWidth} pixels wide`];
    const isCut = (element) => {
      const { overflowX, position } = getComputedStyle(element);
      return element.scrollWidth > element.clientWidth + 1 && !['auto', 'scroll'].includes(overflowX) &&
        position !== 'absolute' && element.clientWidth > 0 && !['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName);
    };
    return [...document.querySelectorAll('main *, header *, footer *')].filter((it) => it instanceof HTMLElement && isCut(it))
      .map((it) => `${it.outerHTML.slice(0, 120)} is ${it.scrollWidth} wide in ${it.clientWidth}`);
  });
}
