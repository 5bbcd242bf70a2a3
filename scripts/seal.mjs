// Makes of a page as trunk builds it one that runs nothing but what was built: no script stands in its HTML, so that its
// security policy is the same for every build; all that it loads to start must have the hash that the HTML says, and all
// that it loads later the hash that what it started with says: seal.mjs FOLDER MODULE…

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, parse, posix } from 'node:path';

import { replaced } from './replaced.mjs';

const [folder, ...modules] = process.argv.slice(2);
const index = join(folder, 'index.html');
let html = readFileSync(index, 'utf8');

/** The hash of a file, as `integrity` writes it. */
const integrity = (path) => `sha384-${createHash('sha384').update(readFileSync(join(folder, path))).digest('base64')}`;

/** The texts of each language. */
const texts = Object.fromEntries(readdirSync(join(folder, 'languages')).map((file) => {
  return [parse(file).name, JSON.parse(readFileSync(join(folder, 'languages', file), 'utf8'))];
}));

/** A text with English in it, for what is read before the page can speak any language. */
const said = (text, written = (words) => words) =>
  text.replaceAll(/\{([a-z]+(?:\.[a-z-]+)?)\}/g, (braces, name) => (name in texts.en ? written(texts.en[name]) : braces));
/** Those who cannot be asked for their language read all of them. */
const others = Object.keys(texts).filter((tag) => tag !== 'en');
const inAll = (name) => others.map((tag) => `<p class="notice" lang="${tag}" dir="auto">${texts[tag][name]}</p>`).join('');
html = said(html).replace('</noscript>', (end) => inAll('before.needs-javascript') + end);

// What is read before the page is there, in a small file for each language.
const OF_BEFORE = /^(before\.|unsupported\.|footer$|name$)/;
mkdirSync(join(folder, 'before'), { recursive: true });
for (const tag of others) {
  const words = Object.entries(texts[tag]).filter(([name]) => OF_BEFORE.test(name));
  writeFileSync(join(folder, 'before', `${tag}.json`), JSON.stringify(Object.fromEntries(words)));
}

/** Replaces what stands once in the HTML. */
function replace(old, by) {
  html = replaced(html, 'index.html', old, () => by);
}

/** The same in a file of the folder. */
function replaceIn(path, old, by) {
  const file = join(folder, path);
  writeFileSync(file, replaced(readFileSync(file, 'utf8'), path, old, () => by));
}

const script = html.match(/<script type="module">\s*import init[^']*'(\/[^']*\.js)';[^<]*'(\/[^']*\.wasm)'[^<]*<\/script>/);
if (!script) throw new Error('index.html starts no page: has trunk changed?');
const [inline, glue, built] = script;

/** The name of a file that is kept for good under it: of what is in it. */
const named = (path, contents) =>
  path.replace(/(-[0-9a-f]+)?(?=(?:\.js|_bg\.wasm)$)/, `-${createHash('sha256').update(contents).digest('hex').slice(0, 16)}`);

/** Gives a file that name. */
function rename(path) {
  const name = named(path, readFileSync(join(folder, path)));
  renameSync(join(folder, path), join(folder, name));
  return name;
}

/** What a module imports from a file beside it. */
const IMPORT = /^import (\{[^}]*\}|\* as \w+) from ['"](\.[^'"]+)['"];?\n/gm;

/**
 * A module's JavaScript with what it imports in it, and what that imports: what is imported by its address alone has no hash.
 * Each such file says itself what it exports.
 */
function whole(path) {
  const names = new Map();
  const parts = [];
  const withParts = (file) =>
    readFileSync(join(folder, file), 'utf8').replaceAll(
      IMPORT,
      (_, what, from) =>
        `const ${what.replace('* as ', '').replaceAll(' as ', ': ')} = ${part(posix.join(posix.dirname(file), from))};\n`,
    );
  const part = (file) => {
    if (!names.has(file)) {
      const code = withParts(file);
      const exported = [...code.matchAll(/^export (?:const|class|async function|function) (\w+)/gm)].map(([, it]) => it);
      names.set(file, `part${names.size}`);
      parts.push(
        `const ${names.get(file)} = (() => {\n${code.replaceAll(/^export /gm, '')}\nreturn { ${exported} };\n})();\n`,
      );
    }
    return names.get(file);
  };
  const text = withParts(path);
  writeFileSync(join(folder, path), parts.join('') + text);
}

/** What loads a file, once more where the browser refuses what it has kept of it. */
function fetched(path) {
  const once = (more) => `fetch('${path}', { integrity: '${integrity(path)}'${more} })`;
  return `${once('')}.catch(() => ${once(", cache: 'reload'")})`;
}

/** How wasm-split has a second part loaded. */
const SECOND = /fetch\(new URL\("\.\/split_\w+\.wasm", import\.meta\.url\)\)/;

/** What the modules that are loaded later have to be, by their names. */
const sealedModules = {};
/** Has what loads them know what these have to be. */
const know = (loader, names) =>
  replaceIn(loader, 'const modules = {};', `const modules = ${JSON.stringify(Object.fromEntries(names.map((name) => [name, sealedModules[name]])))};`);

/** Gives a module that is loaded later, and its WebAssembly where it has some, such names; says what it has to be. */
function sealed(name) {
  const there = (file) => existsSync(join(folder, file));
  if (there(`${name}_bg.wasm`)) {
    const wasm = rename(`/${name}_bg.wasm`);
    replaceIn(`/${name}.js`, `new URL('${name}_bg.wasm', import.meta.url)`, fetched(wasm));
  }
  if (there(`${name}-second_bg.wasm`)) replaceIn(`/${name}.js`, SECOND, fetched(rename(`/${name}-second_bg.wasm`)));
  whole(`/${name}.js`);
  // What support's page itself loads.
  if (name === 'support-desk') know(`/${name}.js`, ['embedded.js', 'theme.js']);
  const file = rename(`/${name}.js`);
  return { file: file.slice(1), integrity: integrity(file) };
}

/** The same of a module of several files, which keep their names: also of those that it imports. */
function sealedWithParts(name) {
  const files = new Set([`${name}.js`]);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, part] of text.matchAll(/ from '(\.[^']*)'/g)) files.add(posix.join(posix.dirname(file), part));
  }
  const [file, ...parts] = [...files].map((file) => [file, integrity(file)]);
  return { file: file[0], integrity: file[1], parts };
}

const loader = html.match(/href="([^"]*\/port\.js)"/)?.[1];
if (!loader) throw new Error('index.html does not load port.js ahead: has trunk changed?');
for (const name of modules) sealedModules[`${name}.js`] = name.includes('/') ? sealedWithParts(name) : sealed(name);
know(loader, Object.keys(sealedModules));

const wasm = rename(built);
html = html.replaceAll(built, wasm);

// What starts the page stands at the end of its JavaScript, and says which WebAssembly is the right one. Where the
// browser knows Trusted Types, it turns no text into elements but those that were compiled in, as Leptos has them for
// what never changes: whatever a feed or a device says is in no WebAssembly. And no text is a script's address but that
// of the service worker, or of the timer.
const policyOf = (createHTML) => `globalThis.trustedTypes?.createPolicy('default', {
  createHTML: ${createHTML},
  createScriptURL: (url) => (['service-worker.js', 'timer.js'].includes(url) ? url : null),
});`;
let text = readFileSync(join(folder, glue), 'utf8').replaceAll(built.slice(1), wasm.slice(1));
const second = rename('/work_bg.wasm');
// What is compiled into the second part is known once that is there.
text = replaced(text, glue, SECOND, () => `${fetched(second)}.then(async (part) => {
texts += new TextDecoder().decode(await part.clone().arrayBuffer());
return part;
})`);
const init = text.match(/(\w+) as default\b/)?.[1];
if (!init) throw new Error(`${glue} exports nothing to start: has wasm-bindgen changed?`);
const start = `
const page = await fetch('${wasm}', { integrity: '${integrity(wasm)}' });
const compiled = WebAssembly.compileStreaming(page.clone());
let texts = new TextDecoder().decode(await page.arrayBuffer());
${policyOf('(html) => (texts.includes(html) ? html : null)')}
await ${init}({ module_or_path: await compiled });
`;
writeFileSync(join(folder, glue), text + start);
const started = rename(glue);

// What it imports comes ahead of it, by links that say the hash of each.
replace(inline.replaceAll(built, wasm), '');
replace(`<link rel="modulepreload" href="${glue}" crossorigin="anonymous">`, '');
replace(
  '</head>',
  `<script type="module" src="${started}" integrity="${integrity(started)}" crossorigin="anonymous"></script></head>`,
);

/** Without the lines that are comments, and without indentation. */
const bare = (script) => script.replaceAll(/^ *(\/\*\*|\*|\/\/).*\n/gm, '').replaceAll(/^ +/gm, '');

const before = html.match(/<script src="(\/before-[0-9a-f]+\.js)"/)?.[1];
if (!before) throw new Error('index.html has no before.js: has trunk changed?');
const spoken = bare(said(readFileSync(join(folder, before), 'utf8'), (words) => words.replaceAll(/[\\'"`]/g, '\\$&')));
writeFileSync(join(folder, before), replaced(spoken, before, '{tags}', () => ['en', ...others].join(' ')));
const kept = rename(before);
replace(`<script src="${before}"`, `<script src="${kept}" integrity="${integrity(kept)}"`);
for (const [, snippet] of html.matchAll(/<link rel="modulepreload" href="(\/snippets\/[^"]*)"/g)) {
  writeFileSync(join(folder, snippet), bare(readFileSync(join(folder, snippet), 'utf8')));
}

html = html.replaceAll(
  /<link rel="(?:stylesheet|modulepreload)" href="([^"]*)"/g,
  (link, path) => `${link} integrity="${integrity(path)}"`,
);
html = html.replaceAll(' data-integrity="none"', '').replaceAll(/\n\s*\n/g, '\n');
writeFileSync(index, html);

// Support's page is likewise, around the module. All that it shows has words of a language in it, so that nothing never
// changes: there no text at all becomes an element.
const { file: desk } = sealedModules['support-desk.js'];
const deskWasm = readdirSync(folder).find((name) => /^support-desk-[0-9a-f]+_bg\.wasm$/.test(name));
writeFileSync(join(folder, 'support-start.js'), `import init, { desk } from './${desk}';
${policyOf('() => null')}
await init();
desk();
`);
const called = (pattern) => {
  const name = html.match(pattern)?.[0];
  if (!name) throw new Error(`index.html has no ${pattern}: has trunk changed?`);
  return name;
};
let support = readFileSync(join(folder, 'support.html'), 'utf8');
support = support.replace('"ICON"', called(/"[^"]*icon-[^"]*\.svg"/)).replace('"STYLE"', called(/"[^"]*page-[^"]*\.css"/));
support = support.replace('"support-start.js"', `"${rename('/support-start.js').slice(1)}"`);
support = support.replace('"MODULE"', `"${desk}"`).replace('"WASM"', `"${deskWasm}"`);
support = support.replaceAll(
  /<(?:link rel="(?:stylesheet|modulepreload)" href|script type="module" src)="([^"]*)"/g,
  (tag, path) => `${tag} integrity="${integrity(path)}"`,
);
writeFileSync(join(folder, 'support.html'), support);
// All that is of it alone is in it.
for (const snippets of readdirSync(join(folder, 'snippets')).filter((name) => name.startsWith('support-desk-'))) {
  rmSync(join(folder, 'snippets', snippets), { recursive: true });
}
