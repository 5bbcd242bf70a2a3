// Everything that an update takes: a device, a cable, a browser, a station; new for each test.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Chip } from './chip.mjs';
import { Computer } from './computer.mjs';
import { languages } from './places.mjs';
import { Station } from './station.mjs';

/** How long anything may take to show, in ms. */
const PATIENCE = 30_000;

export class World {
  /** Where the files of the test are. */
  folder;
  #ends = [];

  /**
   * Sets everything up for the test `t` and clears it away after it. `chip`: the options of the simulated chip;
   * `false` leaves device and cable out, `usb: true` has it on USB in place of the adapter. `screen`: the browser gets
   * a screen, and shows dialogs of its own. `app`: makes a page for this world, and gives back its folder. `language`: the
   * one of the browser. `flags`: more of the browser's. `firefox`: the browser is Firefox, and driven as Puppeteer does.
   */
  static async of(t, { chip = {}, screen = false, app, language = 'en', flags = [], firefox } = {}) {
    const self = new World();
    self.language = language;
    self.words = JSON.parse(readFileSync(join(languages, `${language}.json`), 'utf8'));
    t.after(() => self.#end(t));
    self.folder = await mkdtemp(join(tmpdir(), 'fieldflash-'));
    self.#ends.push(() => rm(self.folder, { recursive: true }));
    self.app = await app?.(self);
    self.station = await Station.start(self.folder, self.app);
    self.#ends.push(() => self.station.end());
    self.computer = await Computer.of({ usb: !!chip, screen, flags, firefox });
    Object.assign(self, { browser: self.computer.browser, bed: self.computer.bed, screen: self.computer.screen });
    self.#ends.push(() => self.computer.leave());
    if (chip) await self.#plugIn(chip);
    // The pages go first, for they use all the rest.
    self.#ends.push(() => self.computer.closePages());
    return self;
  }

  async #started(starting) {
    const it = await starting;
    this.#ends.push(() => it.stop());
    return it;
  }

  async #end(t) {
    if (t.error) await this.#tell(t).catch((error) => t.diagnostic(`${error}`));
    for (const end of this.#ends.reverse()) await end();
  }

  /** Tells what there was to see when the test failed: what the pages show, and the last of what the chip did. */
  async #tell(t) {
    const frames = this.browser.contexts?.().flatMap((context) => context.pages().flatMap((page) => page.frames())) ?? [];
    for (const frame of frames) {
      const shown = frame.evaluate(async () => {
        document.querySelectorAll('details').forEach((details) => (details.open = true));
        await new Promise((drawn) => setTimeout(drawn, 200));
        return document.body.innerText;
      });
      // One that hangs shows nothing.
      const said = await Promise.race([shown, new Promise((give) => setTimeout(give, 2000, 'nothing'))]).catch(String);
      t.diagnostic(`${frame.url()} shows:\n${said}`);
    }
    t.diagnostic(`The browser said:\n${this.computer.said.slice(-10).join('\n')}`);
    t.diagnostic(`The chip did:\n${(await this.chip?.log())?.split('\n').slice(-30).join('\n')}`);
  }

  /** A file with these contents. */
  async file(name, contents) {
    const path = join(this.folder, name);
    await writeFile(path, contents);
    return path;
  }

  /** Adds a release with these contents; `options` as the station's. */
  async release(contents, options) {
    this.station.release(await this.file('image.bin', contents), options);
  }

  /**
   * Opens the page, set up by `query`, in a window of its own. `init` runs in it before anything else. The browser keeps
   * nothing of the page, unless the `context` has `serviceWorkers: 'allow'`.
   */
  async open(query = {}, options = {}) {
    this.page = await this.window(options);
    await this.visit(query);
  }

  /** A window of its own with nothing in it yet, of this `browser`; the other `options` as for `open`. */
  async window({ init, browser = this.browser, ...context } = {}) {
    const all = { serviceWorkers: 'block', locale: this.language, ...context };
    const page = await (await browser.newContext(all)).newPage();
    page.setDefaultTimeout(PATIENCE);
    if (init) await page.addInitScript(init);
    return page;
  }

  /** The browser of another computer, with nothing plugged in. */
  async elsewhere() {
    const computer = await Computer.of({ usb: false, screen: false, flags: [] });
    this.#ends.push(() => computer.leave(), () => computer.closePages());
    return computer.browser;
  }

  /** Support's page, in a window of its own, as `hash` has it begin. `url`: where the station is reached. */
  async desk(hash, { url = this.station.url, ...options } = {}) {
    const page = await this.window({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
    await page.goto(`${url}/support.html#${hash}`);
    return page;
  }

  /** Opens the page once more in the same window, set up by `query`. */
  async visit(query) {
    await this.page.goto(this.address(query));
  }

  /** The page's address that sets it up by `query`. */
  address(query = {}) {
    const setup = { software_type: 'stm32-fw', hardware_version: 'mp', device_serial: 'TEST-1', ...query };
    return `${this.station.url}/?${new URLSearchParams(setup)}`;
  }

  /** An element by its test id. */
  the(id) {
    return this.page.getByTestId(id);
  }

  /** Clicks an element. The end of an earlier attempt, which may still be shown for a moment, does not count any more. */
  async click(id) {
    await this.stale();
    await this.the(id).click();
  }

  /** The end that is shown does not count any more. */
  stale() {
    return this.page.evaluate(() => document.querySelector('[data-testid=result]')?.setAttribute('data-stale', ''));
  }

  /** What an element says, once it is there. */
  async text(id) {
    return (await this.the(id).first().innerText()).trim();
  }

  /** Waits for the end, and gives back the outcome with what is said about it. */
  async outcome() {
    const result = this.page.locator('[data-testid=result]:not([data-stale])');
    await result.waitFor();
    const said = async (id) => ((await this.the(id).count()) ? this.text(id) : undefined);
    return {
      outcome: await result.getAttribute('data-outcome'),
      says: (await result.innerText()).trim(),
      error: await said('error'),
      remedy: await said('remedy'),
    };
  }

  /** Connects over the cable and updates to what is offered. */
  async update() {
    await this.click('connect-known');
    await this.click('update');
    return this.outcome();
  }

  /** Pulls the cable out, as the browser sees it; the chip's own end is the chip's matter. */
  async unplugged() {
    await this.chip.tell('wait unplugged');
    await this.bed.unplug();
  }

  /**
   * Plugs another device in; `options` are those of a chip. The one before it is taken away first, if it is still there.
   * `told`: what the chip is told before it is plugged in, whatever it then does at once.
   */
  async swap(options, isThere = true, ...told) {
    const { usb } = this.chip;
    if (isThere && !usb) await this.bed.unplug();
    await this.chip.stop();
    await this.#plugIn({ usb: !!usb, ...options }, ...told);
  }

  async #plugIn(options, ...told) {
    this.chip = await this.#started(Chip.start(this.folder, options, this.computer.sockets));
    for (const command of told) await this.chip.tell(command);
    await (this.chip.usb ? this.bed.hub(this.chip.usb) : this.bed.plug(this.chip.pty));
  }

  /** Plugs the chip in again, in its bootloader. */
  async plug() {
    await this.bed.plug(await this.chip.tell('plug'));
  }
}
