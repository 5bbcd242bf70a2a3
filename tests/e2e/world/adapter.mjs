// The USB serial adapter that the browser sees, and its cable.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ptyPortLibrary, world } from './places.mjs';
import { Program } from './program.mjs';

export class Adapter {
  #program;
  #bed;

  /** An adapter that is not plugged in. */
  static async start() {
    // The browser lists only device numbers that the kernel's serial driver has, and the adapter borrows its first.
    if (!/ 4 +64(-\d+)? +serial$/m.test(readFileSync('/proc/tty/drivers', 'utf8'))) {
      throw new Error('This kernel has no serial driver (ttyS in /proc/tty/drivers), so no browser lists a port here.');
    }
    const self = new Adapter();
    self.#program = new Program('umockdev-wrapper', ['/usr/bin/python3', join(world, 'adapter.py')]);
    self.#bed = await self.#program.line();
    return self;
  }

  /** What a browser's environment needs so that it sees the adapter, whose modem lines go to the socket `modemLines`. */
  environment(modemLines) {
    return {
      UMOCKDEV_DIR: this.#bed,
      LD_PRELOAD: `${ptyPortLibrary()} libumockdev-preload.so.0`,
      MODEM_LINES: modemLines,
    };
  }

  plug(pty) {
    return this.#program.ask(`plug ${pty}`);
  }

  unplug() {
    return this.#program.ask('unplug');
  }

  stop() {
    return this.#program.stop();
  }
}
