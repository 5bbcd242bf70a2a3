// A screen for what a headless browser does not show: its own dialogs.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Between two keys, in ms: as a person presses them. */
const PACE = '600';

export class Screen {
  #server;

  /** A screen of its own, with a number that is free. */
  static async start() {
    const self = new Screen();
    self.#server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [number] = await once(self.#server.stdout, 'data');
    self.display = `:${String(number).trim()}`;
    return self;
  }

  /** Presses keys one after the other, by their X names. */
  press(...keys) {
    const { status } = spawnSync('xdotool', ['key', '--delay', PACE, ...keys], { env: { ...process.env, DISPLAY: this.display } });
    if (status !== 0) throw new Error(`the keys ${keys} could not be pressed`);
  }

  async stop() {
    this.#server.kill();
    await once(this.#server, 'close');
  }
}
