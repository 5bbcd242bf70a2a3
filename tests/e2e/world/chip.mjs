// The simulated chip at the other end of the cable.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { built } from './places.mjs';
import { Program } from './program.mjs';

/** Many times faster than real, so that a test takes seconds; what the chip does and its order stay the same. */
const SPEED = 40;

export class Chip {
  #program;
  #folder;

  /**
   * Plugs a chip in, waiting in its bootloader; `usb`: on USB. `options` are those of `simulated-stm32`, by name without
   * dashes; a list is given one by one. Its files are in `folder`, and so are its sockets, if they are not said.
   */
  static async start(folder, { chip = '0x413', speed = SPEED, usb = false, ...options } = {}, sockets = {}) {
    if (usb) options.usb = sockets.usb ?? join(folder, 'usb');
    const self = new Chip();
    self.#folder = folder;
    self.modemLines = sockets.modemLines ?? join(folder, 'modem-lines');
    const all = { chip, speed, 'modem-lines': self.modemLines, ...options };
    const args = Object.entries(all).flatMap(([name, values]) => [values].flat().flatMap((value) => [`--${name}`, `${value}`]));
    self.#program = new Program(built('simulated-stm32'), args);
    self[usb ? 'usb' : 'pty'] = await self.#program.line();
    return self;
  }

  /** One of its commands, e.g. `reset app`. */
  tell(command) {
    return this.#program.ask(command);
  }

  /** What its flash holds, from the first byte to the last. */
  async flash() {
    const file = join(this.#folder, 'flash.bin');
    await this.tell(`flash ${file}`);
    return readFile(file);
  }

  /** What was done to it so far, one thing a line. */
  async log() {
    const file = join(this.#folder, 'chip.log');
    await this.tell(`log ${file}`);
    return readFile(file, 'utf8');
  }

  stop() {
    return this.#program.stop('SIGTERM');
  }
}
