// Makes a module of wasm-bindgen's smaller than wasm-opt alone does: shrink.mjs WASM JS [SPLIT-JS SECOND-WASM]
//
// A second part takes its memory and its table from the first: wasm-split's JavaScript that loads it comes into the first
// one's.
//
// What nothing calls from outside is left out, with all that only it needs: libraries export classes that a page has no
// use for. Functions stand in the order of their names, so that the many instances of a generic one, which resemble each
// other, are neighbours and compress well. And what WebAssembly and JavaScript call each other by has one letter or two:
// the hashes in wasm-bindgen's names are most of what does not compress in either.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { replaced } from './replaced.mjs';

const [wasm, js, split, second] = process.argv.slice(2);
const binaryen = (tool, ...args) => execFileSync(tool, args, { stdio: ['ignore', 'ignore', 'inherit'] });
let glue = readFileSync(js, 'utf8');

/** Whether the JavaScript has this word. */
const mentions = (word) => new RegExp(`\\b${word.replaceAll('$', '\\$')}\\b`).test(glue);

/** What the second part takes from the first. */
let shared = [];

/** What loads the second part, as a value: it takes what both share from the first's exports, which are at hand. */
function loader() {
  const change = (text, pattern, by) => replaced(text, split, pattern, by);
  let load;
  let text = change(readFileSync(split, 'utf8'), /^import .*\n/, '');
  text = change(text, /^.*const \{ (.*?),? *\} = initSync\(.*\n/m, (_, names) => ((shared = names.split(', ')), ''));
  text = change(text, /(assign\(sharedImports\.__wasm_split, )\{.*\}/, (_, assign) => `${assign}{ ${shared.map((it) => `${it}: wasm.${it}`)} }`);
  text = change(text, /^export (const (\w+))/m, (_, declared, name) => ((load = name), declared));
  return `(() => {\n${text}return { ${load} };\n})()`;
}

if (split) {
  // A page is started, and no more than its functions is asked of it.
  for (const [, name] of glue.matchAll(/^export class (\w+) \{$/gm)) {
    glue = glue
      .replace(new RegExp(`^export class ${name} \\{\\n[^]*?^\\}\\n`, 'm'), '')
      .replace(new RegExp(`^if \\(Symbol\\.dispose\\) ${name}\\.prototype.*\\n`, 'm'), '')
      .replace(new RegExp(`^const ${name}Finalization = [^]*?;\\n`, 'm'), '');
    if (mentions(name)) throw new Error(`${js} needs its class ${name}: has wasm-bindgen changed?`);
  }
  glue = replaced(glue, js, /^import \* as (\w+) from "\.\/__wasm_split\.js"\n/m, (_, name) => `const ${name} = ${loader()};\n`);
}
glue = glue.replace(/\/\*\*[^]*?\*\/\n/g, '').replace(/^ +/gm, '').replace(/^\/\/.*\n/gm, '');

const exported = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(wasm))).map(({ name }) => name);
const called = exported.filter(mentions);
for (const name of shared) if (!exported.includes(name)) throw new Error(`${wasm} does not export ${name}: has wasm-bindgen changed?`);
const graph = called.map((name) => ({ name, export: name }));
writeFileSync(`${wasm}.json`, JSON.stringify([{ name: ' ', root: true, reaches: called }, ...graph]));
binaryen('wasm-metadce', '-g', wasm, '--graph-file', `${wasm}.json`, '-o', wasm);
rmSync(`${wasm}.json`);
for (const part of second ? [wasm, second] : [wasm]) {
  binaryen('wasm-opt', '-g', '-Oz', '--reorder-functions-by-name', part, '-o', part);
  binaryen('wasm-opt', '--strip-debug', '--strip-producers', part, '-o', part);
}

/** The n-th of the short names: a, b, … z, aa, ab, … */
const short = (n) => (n < 26 ? '' : short(Math.floor(n / 26) - 1)) + String.fromCharCode(97 + (n % 26));

/** Renames what a module imports from its glue, and exports (WebAssembly Core Specification, §5.5.5 and §5.5.10). */
function rename(bytes) {
  const [IMPORTS, EXPORTS, FUNCTION] = [2, 7, 0];
  const names = { [IMPORTS]: new Map(), [EXPORTS]: new Map() };
  const parts = [bytes.subarray(0, 8)];
  let at = 8;
  const byte = () => bytes[at++];
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const next = byte();
      value |= (next & 0x7f) << shift;
      if (next < 0x80) return value >>> 0;
    }
  };
  const text = () => {
    const length = number();
    return bytes.toString('utf8', at, (at += length));
  };
  const numbered = (value) => Buffer.from(value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...numbered(value >>> 7)]);
  const lettered = (value) => Buffer.concat([numbered(value.length), Buffer.from(value)]);
  while (at < bytes.length) {
    const start = at;
    const section = byte();
    const end = number() + at;
    if (names[section]) {
      const count = number();
      const entries = Array.from({ length: count }, () => {
        const from = section === IMPORTS ? [text()] : [];
        let name = text();
        const what = byte();
        if (section === IMPORTS && what !== FUNCTION) throw new Error(`${wasm} imports more than functions`);
        // What comes from other JavaScript has its own names.
        if (from.every((file) => file.endsWith('_bg.js'))) {
          names[section].set(name, short(names[section].size));
          name = names[section].get(name);
        }
        return Buffer.concat([...from.map(lettered), lettered(name), Buffer.of(what), numbered(number())]);
      });
      const body = Buffer.concat([numbered(count), ...entries]);
      parts.push(Buffer.of(section), numbered(body.length), body);
    } else {
      parts.push(bytes.subarray(start, end));
    }
    at = end;
  }
  return { bytes: Buffer.concat(parts), imports: names[IMPORTS], exports: names[EXPORTS] };
}

const { bytes, imports, exports } = rename(readFileSync(wasm));
let renamed = 0;
glue = glue.replace(/^\w+(?=: function\()/gm, (name) => (imports.has(name) ? (renamed++, imports.get(name)) : name));
if (renamed !== imports.size) throw new Error(`${js} has its functions in an unknown form: has wasm-bindgen changed?`);
// What calls an export is a function of the same name.
glue = glue
  .replace(/(?<=\bwasm\.)\w+/g, (name) => exports.get(name) ?? name)
  .replace(/\bwasm_bindgen_\w+/g, (name) => (exports.has(name) ? `call_${exports.get(name)}` : name));
writeFileSync(wasm, bytes);
writeFileSync(js, glue);
