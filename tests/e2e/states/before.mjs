// The page before its WebAssembly is there, and where it never will be.

import { isTouched, reachesNothing } from './fakes.mjs';

/** An address of the page without HTTPS, at which browsers let it reach nothing. */
export const INSECURE = 'http://update.test/';

/** A window that gets the page at that address. */
export async function insecure(world) {
  const page = await world.window();
  await page.route(`${INSECURE}**`, async (route) => {
    const url = route.request().url().replace(INSECURE, `${world.station.url}/`);
    await route.fulfill({ response: await route.fetch({ url }) });
  });
  return page;
}

const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const SAFARI = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15';

/** Browsers that reach no devices, by what `before.js` calls the reason, with what they say of themselves. */
export const unsupported = {
  safari: `${MAC} ${SAFARI}`,
  ios: `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${SAFARI}`,
  phone: 'Mozilla/5.0 (Android 15; Mobile; rv:151.0) Gecko/151.0 Firefox/151.0',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  where: 'Mozilla/5.0 (X11; Linux x86_64) Something/1.0',
};

/** An iPad says that it is a Mac. */
export const iPad = { userAgent: unsupported.safari, init: isTouched };

async function walk(world, look) {
  /** Opens the page, whose WebAssembly never comes unless it `comes`, and looks at it. */
  const see = async (name, { comes = false, ...options } = {}) => {
    const page = await world.window(options);
    if (!comes) await page.route('**/*.wasm', () => {});
    await page.goto(world.station.url, { waitUntil: 'domcontentloaded' });
    await look(name, page);
    await page.context().close();
  };
  await see('before');
  await see('no-javascript', { javaScriptEnabled: false });
  await see('no-webassembly', { init: () => delete globalThis.WebAssembly });
  for (const [reason, userAgent] of Object.entries(unsupported)) {
    await see(`unsupported-${reason}-before`, { init: reachesNothing, userAgent });
  }
  const page = await world.window();
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto(world.station.url);
  await page.getByTestId('not-started').waitFor();
  await look('not-started', page);
  for (const [reason, userAgent] of Object.entries(unsupported)) {
    await world.open({}, { init: reachesNothing, userAgent });
    await world.the('unsupported').waitFor();
    await look(`unsupported-${reason}`);
  }
  const plain = await insecure(world);
  await plain.goto(INSECURE);
  await plain.getByTestId('unsupported').waitFor();
  await look('unsupported-insecure', plain);
}

export default [{ name: 'before', options: { chip: false }, walk }];
