// The USB that the browser sees: a serial adapter with its cable, and a hub for what is a USB device itself.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { library, world } from './places.mjs';
import { Program } from './program.mjs';

export class Bed {
  #program;
  #folder;

  /** With nothing plugged in. */
  static async start() {
    // The browser lists only device numbers that the kernel's serial driver has, and the adapter borrows its first.
    if (!/ 4 +64(-\d+)? +serial$/m.test(readFileSync('/proc/tty/drivers', 'utf8'))) {
      throw new Error('This kernel has no serial driver (ttyS in /proc/tty/drivers), so no browser lists a port here.');
    }
    const self = new Bed();
    self.#program = new Program('umockdev-wrapper', ['/usr/bin/python3', join(world, 'bed.py')]);
    self.#folder = await self.#program.line();
    return self;
  }

  /** What a program's environment needs so that it sees the bed, and what is there leads to the chip with these sockets. */
  environment({ usb = '', modemLines }) {
    return {
      UMOCKDEV_DIR: this.#folder,
      LD_PRELOAD: `${library('usb_node')} ${library('pty_port')} libumockdev-preload.so.0`,
      MODEM_LINES: modemLines,
      USB_DEVICE: usb,
    };
  }

  /** Plugs the adapter in, or what has these ids, with a pseudo-terminal as its line. */
  plug(pty, ...ids) {
    return this.#program.ask(['plug', pty, ...ids].join(' '));
  }

  unplug() {
    return this.#program.ask('unplug');
  }

  /** Shows the USB device at this socket whenever it is there. */
  hub(socket) {
    return this.#program.ask(`hub ${socket}`);
  }

  /** Takes away what is still there, of chips that have stopped. */
  clear() {
    return this.#program.ask('clear');
  }

  stop() {
    return this.#program.stop();
  }
}
