// Makes of a built page one that can be installed and starts without a network: its icons, its manifest, and the service
// worker with the list of its files. offline.mjs FOLDER

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const name = JSON.parse(readFileSync('languages/en.json', 'utf8')).name;
/** What other pages load, what a web server takes instead of a file, and what is only of use while there is a network. */
const LEFT_OUT = /^(support|fieldflash-update\.js)|\.(br|gz|webmanifest|png)$/;

/** A picture of so many pixels. */
const draw = (file, pixels, svg) =>
  execFileSync('rsvg-convert', ['--width', `${pixels}`, '--height', `${pixels}`, '--output', join(folder, file)], { input: svg });

const icon = readFileSync('style/icon.svg', 'utf8');
// Systems cut a maskable icon to their own shape: all that counts lies in a circle of 80 % of its width (W3C Manifest).
const maskable = icon
  .replace('viewBox="0 0 32 32">', 'viewBox="-10 -10 52 52"><rect x="-10" y="-10" width="52" height="52" fill="#fff"/>');
if (maskable === icon) throw new Error('style/icon.svg has another size than 32 by 32');
draw('icon-192.png', 192, icon);
draw('icon-512.png', 512, icon);
draw('icon-maskable.png', 512, maskable);
draw('icon-touch.png', 180, maskable);

const image = (src, sizes, purpose) => ({ src, sizes: `${sizes}x${sizes}`, type: 'image/png', purpose });
const manifest = {
  id: './',
  name,
  short_name: name,
  start_url: './',
  scope: './',
  display: 'standalone',
  background_color: '#f4f5f7',
  theme_color: '#f4f5f7',
  icons: [image('icon-192.png', 192, 'any'), image('icon-512.png', 512, 'any'), image('icon-maskable.png', 512, 'maskable')],
};
writeFileSync(join(folder, 'manifest.webmanifest'), JSON.stringify(manifest));

const names = readdirSync(folder, { recursive: true })
  .filter((file) => statSync(join(folder, file)).isFile() && !LEFT_OUT.test(file) && file !== 'service-worker.js')
  .sort();
const hash = (algorithm, contents) => createHash(algorithm).update(contents);
// The page is kept by the address that every server has for it.
const address = (file) => (file === 'index.html' ? './' : file);
const files = Object.fromEntries(
  names.map((file) => [address(file), `sha384-${hash('sha384', readFileSync(join(folder, file))).digest('base64')}`]),
);
const worker = readFileSync('src/service-worker.js', 'utf8');
const build = { name: hash('sha256', worker + JSON.stringify(files)).digest('hex').slice(0, 16), files };
const filled = worker.replace("{ name: '', files: {} }", () => JSON.stringify(build));
if (filled === worker) throw new Error('the service worker has no place for the list of files');
writeFileSync(join(folder, 'service-worker.js'), filled);
