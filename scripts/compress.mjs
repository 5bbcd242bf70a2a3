// Writes a .br and a .gz beside each file of a folder, prints what a browser loads first, and refuses too much of it.

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Bytes of wasm, JavaScript, style and HTML, compressed with Brotli: of the page, and of what is support's alone. */
const [LIMIT, SUPPORT_LIMIT] = [250_000, 150_000];
const KINDS = ['.wasm', '.js', '.css', '.html'];
/** What is only loaded when someone asks for it. */
const LATER = /^(embedded|fieldflash-update|identity|service-worker|simulated-device|support|technician|theme|timer|web-usb|workshop)/;
/** What comes while the person reads the first part and picks a device. */
const SECOND = /^work-/;
/** Support's page and module, of which nobody loads anything before that, and of it the part that comes when that is needed. */
const [SUPPORT, SUPPORT_SECOND] = [/^support/, /^support-desk-second/];

const folder = process.argv[2];
const sizes = new Map(KINDS.map((kind) => [kind, { raw: 0, brotli: 0 }]));
const [second, support, supportSecond] = Array.from({ length: 3 }, () => ({ raw: 0, brotli: 0 }));
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name);
  if (statSync(path).isDirectory()) continue;
  if (['.br', '.gz'].includes(extname(name))) {
    rmSync(path);
    continue;
  }
  const contents = readFileSync(path);
  const parameters = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: contents.length,
  };
  const brotli = brotliCompressSync(contents, { params: parameters });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(contents, { level: 9 }));
  const kind = [[SUPPORT_SECOND, supportSecond], [SUPPORT, support], [SECOND, second], [LATER]].find(([names]) => names.test(name));
  const size = kind ? kind[1] : sizes.get(extname(name));
  if (size) {
    size.raw += contents.length;
    size.brotli += brotli.length;
  }
}

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(9);
const row = (name, { raw, brotli }) => console.log(`${name.padEnd(8)}${kb(raw)}${kb(brotli)}`);
const total = { raw: 0, brotli: 0 };
console.log('initial load, KB\n             raw   brotli');
for (const [kind, size] of sizes) {
  row(kind.slice(1), size);
  total.raw += size.raw;
  total.brotli += size.brotli;
}
row('total', total);
row('second', second);
row('support', support);
row('  second', supportSecond);
for (const [name, { brotli }, limit] of [['The page', total, LIMIT], ['Support’s page', support, SUPPORT_LIMIT]]) {
  if (brotli <= limit) continue;
  console.error(`${name} is too large: ${brotli} bytes, ${limit} are allowed.`);
  process.exitCode = 1;
}
