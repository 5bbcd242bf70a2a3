// A computer with a browser, and with the USB that this sees.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { Bed } from './bed.mjs';
import { Screen } from './screen.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // For tests that fail.
  '--enable-logging=stderr',
  '--vmodule=device_event_log*=1',
];

/** How long one that nobody is at stays on, in ms: the next test of a file begins at once, if there is one. */
const IDLE = 200;

/** Those that were left, by what they have. */
const left = new Map();

export class Computer {
  /** Where a chip on USB is reached, and where one's modem lines are set. */
  sockets = {};
  /** What the browser said of its serial ports. */
  said = [];
  #ends = [];
  #has;

  /**
   * One that nobody is at, with nothing plugged in; a test that leaves one saves the next of its file the seconds that it takes
   * to start. `usb`: devices can be plugged in. `screen`: it has a screen, and the browser shows dialogs of its own.
   * `flags`: more of the browser's. `firefox`: it has that one instead, which Puppeteer drives, and needs a screen.
   */
  static async of(has) {
    const key = JSON.stringify(has);
    const found = left.get(key);
    left.delete(key);
    clearTimeout(found?.idle);
    if (found?.browser.isConnected()) return found;
    await found?.stop();
    const self = new Computer();
    self.#has = key;
    try {
      await self.#start(has);
    } catch (error) {
      await self.stop();
      throw error;
    }
    return self;
  }

  async #start({ usb, screen, flags = [], firefox }) {
    let env = process.env;
    if (usb) {
      const folder = await mkdtemp(join(tmpdir(), 'fieldflash-usb-'));
      this.#ends.push(() => rm(folder, { recursive: true }));
      this.sockets = { usb: join(folder, 'usb'), modemLines: join(folder, 'modem-lines') };
      this.bed = await this.#started(Bed.start());
      env = { ...env, ...this.bed.environment(this.sockets) };
    }
    if (screen) {
      this.screen = await this.#started(Screen.start());
      env = { ...env, DISPLAY: this.screen.display };
    }
    this.browser = firefox
      // Loaded where it is used: every other test would wait for it, too.
      ? await (await import('puppeteer-core')).launch({ browser: 'firefox', executablePath: FIREFOX, env, headless: false })
      : await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags], env, headless: !screen, logger: this.#listener() });
    this.#ends.push(() => this.browser.close());
  }

  /** Hears what the browser says of its serial ports. */
  #listener() {
    const log = (_, __, message) => `${message}`.includes('Serial: ') && this.said.push(`${message}`);
    return { isEnabled: (name) => name === 'browser', log };
  }

  async #started(starting) {
    const it = await starting;
    this.#ends.push(() => it.stop());
    return it;
  }

  /** Closes all pages, so that they let go of what is plugged in. */
  async closePages() {
    // Firefox's are closed with it.
    if (!this.browser.isConnected()) return;
    const close = async (context) => {
      // Nobody waits for what they still ask for.
      await Promise.all(context.pages().map((page) => page.unrouteAll({ behavior: 'ignoreErrors' })));
      await context.close();
    };
    await Promise.all((this.browser.contexts?.() ?? []).map(close));
  }

  /** Takes away what is plugged in, and leaves it to the next. */
  async leave() {
    await this.bed?.clear();
    // Keys that are pressed on a screen go to the window in front.
    if (this.screen || left.has(this.#has)) return this.stop();
    left.set(this.#has, this);
    this.idle = setTimeout(() => {
      left.delete(this.#has);
      void this.stop();
    }, IDLE);
  }

  async stop() {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
