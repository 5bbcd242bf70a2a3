// Puts the element for other pages beside a built page, with the words of all languages in it: embed.mjs FOLDER

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
/** The words that it has. */
const NAMES = ['name', 'embed.opening', 'embed.unreachable', 'embed.open'];

const chosen = (file) => {
  const texts = JSON.parse(readFileSync(join('languages', file), 'utf8'));
  return Object.fromEntries(NAMES.map((name) => [name, texts[name]]));
};
const all = Object.fromEntries(readdirSync('languages').map((file) => [file.replace('.json', ''), chosen(file)]));

const element = readFileSync('src/embed/element.js', 'utf8');
const filled = element.replace('const TEXTS = {};', () => `const TEXTS = ${JSON.stringify(all)};`);
if (filled === element) throw new Error('src/embed/element.js has no place for the texts');
writeFileSync(join(folder, 'fieldflash-update.js'), filled.replaceAll(/^ *(\/\*\*|\/\/).*\n/gm, '').replaceAll(/^ +/gm, ''));
