// Makes of a page as trunk builds it one that runs nothing but what was built: no script stands in its HTML, so that its
// security policy is the same for every build; and all that it loads to start must have the hash that the HTML says.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const index = join(folder, 'index.html');
let html = readFileSync(index, 'utf8');

/** The hash of a file, as `integrity` writes it. */
const integrity = (path) => `sha384-${createHash('sha384').update(readFileSync(join(folder, path))).digest('base64')}`;

/** English, for what is read before the page can speak any language. */
const english = JSON.parse(readFileSync(join(folder, 'languages/en.json'), 'utf8'));
const said = (text, written = (words) => words) =>
  text.replaceAll(/\{([a-z]+(?:\.[a-z-]+)?)\}/g, (braces, name) => (name in english ? written(english[name]) : braces));
html = said(html);

/** Replaces a text that stands there once. */
function replace(old, by) {
  const { length } = html.split(old);
  if (length !== 2) throw new Error(`index.html has ${length - 1} of ${old}: has trunk changed?`);
  html = html.replace(old, () => by);
}

const script = html.match(/<script type="module">\s*import init[^']*'(\/[^']*\.js)';[^<]*'(\/[^']*\.wasm)'[^<]*<\/script>/);
if (!script) throw new Error('index.html starts no page: has trunk changed?');
const [inline, glue, built] = script;

/** The name of a file that is kept for good under it: of what is in it. */
const named = (path, contents) =>
  path.replace(/-[0-9a-f]+(?=(?:\.js|_bg\.wasm)$)/, `-${createHash('sha256').update(contents).digest('hex').slice(0, 16)}`);

const wasm = named(built, readFileSync(join(folder, built)));
renameSync(join(folder, built), join(folder, wasm));
html = html.replaceAll(built, wasm);

// What starts the page stands at the end of its JavaScript, and says which WebAssembly is the right one. Where the
// browser knows Trusted Types, it turns no text into elements but those that were compiled in, as Leptos has them for
// what never changes: whatever a feed or a device says is in no WebAssembly. And no text is a script's address but that
// of the service worker.
const policy = `globalThis.trustedTypes?.createPolicy('default', {
  createHTML: (html) => (texts.includes(html) ? html : null),
  createScriptURL: (url) => (url === 'service-worker.js' ? url : null),
});`;
const text = readFileSync(join(folder, glue), 'utf8').replaceAll(built.slice(1), wasm.slice(1));
const init = text.match(/(\w+) as default\b/)?.[1];
if (!init) throw new Error(`${glue} exports nothing to start: has wasm-bindgen changed?`);
const start = `
const page = await fetch('${wasm}', { integrity: '${integrity(wasm)}' });
const compiled = WebAssembly.compileStreaming(page.clone());
const texts = new TextDecoder().decode(await page.arrayBuffer());
${policy}
await ${init}({ module_or_path: await compiled });
`;
writeFileSync(join(folder, glue), text + start);
const sealed = named(glue, text + start);
renameSync(join(folder, glue), join(folder, sealed));

replace(inline.replaceAll(built, wasm), '');
replace(
  `<link rel="modulepreload" href="${glue}" crossorigin="anonymous">`,
  `<script type="module" src="${sealed}" integrity="${integrity(sealed)}" crossorigin="anonymous"></script>`,
);

/** Without the lines that are comments, and without indentation. */
const bare = (script) => script.replaceAll(/^ *(\/\*\*|\*|\/\/).*\n/gm, '').replaceAll(/^ +/gm, '');

const before = html.match(/<script src="(\/before-[0-9a-f]+\.js)"/)?.[1];
if (!before) throw new Error('index.html has no before.js: has trunk changed?');
const spoken = bare(said(readFileSync(join(folder, before), 'utf8'), (words) => words.replaceAll(/[\\'"`]/g, '\\$&')));
writeFileSync(join(folder, before), spoken);
const kept = named(before, spoken);
renameSync(join(folder, before), join(folder, kept));
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

// Support's page is likewise, around the module.
const [, { file: desk }] = sealedModules.find(([name]) => name === 'support-desk.js');
const deskWasm = readdirSync(folder).find((name) => /^support-desk-[0-9a-f]+_bg\.wasm$/.test(name));
writeFileSync(join(folder, 'support-start.js'), `import init, { desk } from './${desk}';
const page = await fetch('${deskWasm}', { integrity: '${integrity(deskWasm)}' });
const texts = new TextDecoder().decode(await page.arrayBuffer());
${policy}
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
support = support.replaceAll(
  /<(?:link rel="stylesheet" href|script type="module" src)="([^"]*)"/g,
  (tag, path) => `${tag} integrity="${integrity(path)}"`,
);
writeFileSync(join(folder, 'support.html'), support);
