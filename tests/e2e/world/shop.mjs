// A company's own website, with the update page in a page of it.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { Origin } from './origin.mjs';
import { root } from './places.mjs';

const EXAMPLE = join(root, 'examples/embed');
const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export class Shop {
  #server;
  #at;

  /**
   * Opens it for the test `t`: the example of the repository, with the update page of the `station`. `pages` has others by
   * their address, `headers` go with all of them. Its port is one that the browser's policy lets use devices; as `host`
   * '127.0.0.1' it is another site to the browser than the station, and not only another origin.
   */
  static async open(t, station, { pages = {}, headers = {}, host = 'localhost' } = {}) {
    const self = new Shop();
    self.#server = createServer(async ({ url }, response) => {
      const path = new URL(url, 'http://shop').pathname;
      const name = path === '/' ? '/index.html' : path;
      const text = pages[name] ?? (await readFile(join(EXAMPLE, name), 'utf8').catch(() => undefined));
      response.writeHead(text === undefined ? 404 : 200, { 'Content-Type': KINDS[extname(name)] ?? 'text/plain', ...headers });
      response.end(text?.replaceAll('https://update.example.com', station.url));
    });
    self.#at = await Origin.take();
    self.#server.listen(self.#at.port, '127.0.0.1');
    await once(self.#server, 'listening');
    self.origin = `http://${host}:${self.#at.port}`;
    t.after(() => self.close());
    return self;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#at.giveBack();
  }
}
