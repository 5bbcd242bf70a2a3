// The origins whose pages the browser's policy lets use devices without asking. There are few, and several tests run at a time.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { world } from './places.mjs';

const ORIGINS = JSON.parse(readFileSync(join(world, 'serial-policy.json'), 'utf8')).SerialAllowAllPortsForUrls;

/** Whoever holds the port that is so much above an origin's has that origin, also while nothing listens at its own. */
const GUARD = 100;

/** Holds this port, if nobody does. */
async function hold(port) {
  const server = createServer().listen(port, '127.0.0.1').unref();
  // An error is thrown by what waits for anything else.
  return (await once(server, 'listening').then(() => true, () => false)) ? server : undefined;
}

export class Origin {
  #guard;

  /** One that nobody has, until it is given back. */
  static async take() {
    for (const origin of ORIGINS) {
      const self = new Origin();
      self.port = Number(new URL(origin).port);
      self.#guard = await hold(self.port + GUARD);
      if (!self.#guard) continue;
      const test = await hold(self.port);
      test?.close();
      if (test) return self;
      self.giveBack();
    }
    throw new Error(`All ports of the tests are in use: ${ORIGINS.join(' ')}`);
  }

  giveBack() {
    this.#guard.close();
  }
}
