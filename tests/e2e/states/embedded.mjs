// The page within one of somebody else's, in which it is not to be used.

import { Shop } from '../world/shop.mjs';

async function walk(world, look) {
  const ends = [];
  const shop = await Shop.open({ after: (end) => ends.push(end) }, world.station, {
    headers: { 'Permissions-Policy': 'serial=(), usb=()' },
  });
  try {
    const window = await world.window();
    const inside = window.frameLocator('fieldflash-update iframe').first().getByTestId('embedded');
    // The element waits for the page for a while.
    await window.clock.install();
    await window.goto(shop.origin);
    await window.clock.fastForward(30_000);
    await window.locator('fieldflash-update').getByRole('link').waitFor();
    await look('embedded-unreachable', window);

    // A web server that does not say by a header who may not show it.
    await window.route(`${world.station.url}/**`, async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await window.reload();
    await inside.waitFor();
    await look('embedded-not-allowed', window);

    world.station.describe({}, { embed: { origins: [shop.origin] } });
    await window.reload();
    await inside.filter({ hasText: world.words['embed.denied'] }).waitFor();
    await look('embedded-denied', window);
    await window.context().close();
  } finally {
    ends.forEach((end) => end());
  }
}

export default [{ name: 'embedded', options: { chip: false }, walk }];
