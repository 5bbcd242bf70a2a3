// The station, with data of its own.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Origin } from './origin.mjs';
import { app, built } from './places.mjs';
import { Program } from './program.mjs';

export class Station {
  #program;
  #origin;
  #args;

  /** Starts one with its data in `folder`, and the page in `page`. */
  static async start(folder, page = app) {
    const self = new Station();
    self.data = join(folder, 'station');
    self.#origin = await Origin.take();
    self.#args = ['serve', '--data', self.data, '--app', page, '--listen', `127.0.0.1:${self.#origin.port}`];
    await self.resume();
    return self;
  }

  /** Starts it again at the same address, after it was stopped: so the network is gone, and back. */
  async resume() {
    this.#program = new Program(built('station'), this.#args);
    this.url = (await this.#program.line()).match(/http:\S+/)[0];
  }

  #command(...args) {
    return execFileSync(built('station'), [...args, '--data', this.data], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Adds a release of `file` and deploys it; `options` over those of the tests' usual device. */
  release(file, options = {}) {
    const all = { 'software-type': 'stm32-fw', 'hardware-version': 'mp', 'software-version': '2.0.0', ...options };
    this.#command('release', 'add', file, ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]));
  }

  /** Signs a release with the key in a file. */
  sign(version, key) {
    this.#command('release', 'sign', version, '--software-type', 'stm32-fw', '--key', key);
  }

  /** What it was told of how updates ended, the latest first. */
  outcomes() {
    return JSON.parse(this.#command('report', '--each', '--json'));
  }

  /** What the page is told of its deployment, over what the station would say by itself. */
  configure(config) {
    writeFileSync(join(this.data, 'fieldflash.json'), JSON.stringify(config));
  }

  /** The same, with what it is told of the product, and `others` beside that. */
  describe(product, others = {}) {
    this.configure({ feed: { url: '', project_key: this.#command('key').trim() }, product, ...others });
  }

  /** Puts a file into its data folder. */
  put(name, contents) {
    writeFileSync(join(this.data, name), contents);
  }

  /** Changes one bit of the only payload on the station's disk. */
  damagePayload() {
    const folder = join(this.data, 'payloads');
    const files = readdirSync(folder);
    if (files.length !== 1) throw new Error(`one payload was expected: ${files}`);
    const bytes = readFileSync(join(folder, files[0]));
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(join(folder, files[0]), bytes);
  }

  /** Stops it; its address stays its own. */
  stop() {
    return this.#program.stop('SIGTERM');
  }

  async end() {
    await this.stop();
    this.#origin.giveBack();
  }
}
