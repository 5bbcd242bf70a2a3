// The page in another one: who may show it, what that is told, how it fits in there. Loaded where it is shown so.

import { element } from './technician/element.js';
import { languageOf, texts } from './technician/texts.js';

/** The stages of a session in which an update is under way. */
const UPDATING = ['downloading', 'updating'];

/** An origin as browsers write one, with nothing left open. */
const ORIGIN = /^https?:\/\/([a-z\d.-]+|\[[a-f\d:]+\])(:\d{1,5})?$/;

/** The page as it would be in a window of its own. */
function alone() {
  const url = new URL(location.href);
  url.searchParams.delete('theme');
  return url.href;
}

const card = (className, sentence, open) =>
  element('section', { class: className, role: 'alert', 'data-testid': 'embedded' },
    element('p', {}, sentence),
    element('p', {}, element('a', { href: alone(), target: '_blank', rel: 'noopener' }, open)));

/** What is wrong with `embed` of fieldflash.json, in words for the person who wrote it. */
export function problemOf(embed = {}) {
  const { origins = [], ...others } = embed ?? {};
  const [other] = Object.keys(others);
  if (other) return `unknown field ${other}, expected origins`;
  if (!Array.isArray(origins)) return 'origins must be a list';
  const wrong = origins.find((origin) => !ORIGIN.test(origin));
  if (wrong !== undefined) return `origins: ${JSON.stringify(wrong)} is not like "https://www.example.com"`;
}

/**
 * Begins with it. `settings` are those of fieldflash.json; in `embedder` is put what is to be done with each sight of the
 * session (`see`), and once the page has its clothes on (`dressed`). Where a page that may not shows this one, it ends here.
 */
export async function begin({ embed, product }, embedder) {
  const asked = new URLSearchParams(location.search);
  const problem = problemOf(embed);
  const allowed = [location.origin, ...((!problem && embed?.origins) || [])];
  // The nearest first. Where the browser does not tell them, the server's headers alone refuse strangers, and what is told
  // arrives nowhere but where it is allowed.
  const ancestors = [...(location.ancestorOrigins ?? [])];
  const stranger = ancestors.find((origin) => !allowed.includes(origin));
  const targets = ancestors.length ? [ancestors[0]] : allowed;
  const tell = (name, detail = {}) => {
    // What is in a sandbox has no origin that it could be told at.
    for (const target of targets) if (target !== 'null') window.parent.postMessage({ fieldflash: name, ...detail }, target);
  };

  const root = document.documentElement;
  fit(root, (height) => tell('height', { height }));
  embedder.dressed = () => force(asked.get('theme'));
  if (problem) throw new Error(`fieldflash.json: embed: ${problem}`);

  if (stranger !== undefined) {
    embedder.dressed();
    root.lang = languageOf(asked.get('language'), ...navigator.languages);
    root.dir = root.lang === 'ar' ? 'rtl' : 'ltr';
    const t = await texts();
    document.getElementById('before').replaceChildren(card('notice', t('embed.not-allowed', { origin: stranger }), t('embed.open')));
    tell('refused');
    // Whoever waits for this page waits for good.
    return new Promise(() => {});
  }

  let before = {};
  let notice;
  embedder.see = async (now) => {
    const events = happened(before, now);
    before = { ...before, ...now, from: events.find(({ name }) => name === 'started')?.detail.from ?? before.from };
    for (const { name, detail } of events) tell(name, { detail });
    if (!notice && isDenied(product)) {
      notice = element('div');
      document.body.prepend(notice);
      const t = await texts();
      notice.append(card('notice', t('embed.denied'), t('embed.open')));
    }
  };
}

/** Tells how high the page is, now and whenever that changes. */
function fit(root, tell) {
  let told;
  let isPlanned = false;
  const measure = () => {
    isPlanned = false;
    const height = Math.ceil(root.getBoundingClientRect().height);
    if (height !== told) tell((told = height));
  };
  // A frame of another site that is not in sight is not drawn, and nobody is told that its size has changed: for that, what
  // changes in it is watched, too.
  const changed = () => {
    if (!isPlanned) setTimeout(measure);
    isPlanned = true;
  };
  new MutationObserver(changed).observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  new ResizeObserver(measure).observe(root);
  measure();
}

/** Whether the page around this one keeps it from all ways to a device that the product has. */
function isDenied(product = {}) {
  const policy = document.permissionsPolicy ?? document.featurePolicy;
  const ways = ['serial', 'usb'].filter((way) => way in navigator && product?.[way] !== false);
  return policy !== undefined && ways.length > 0 && !ways.some((way) => policy.allowsFeature(way));
}

/**
 * What has happened between two sights of a session (technician/row.js), for the page around this one: nothing of it names
 * the device.
 */
export function happened(before, now) {
  const events = [];
  const add = (name, detail = {}) => events.push({ name, detail });
  const { stage } = now;
  const isNew = stage !== before.stage;
  const version = now.version;
  if (before.stage === undefined) add('ready');
  if (now.chip && !before.chip) add('connected', { chip: now.chip, hardwareVersion: now.hardwareVersion });
  if (stage === 'ready' && isNew) add('offered', { version, installed: now.installed, older: now.older !== '' });
  const updates = UPDATING.includes(stage);
  const started = updates && !UPDATING.includes(before.stage);
  if (started) add('started', { from: now.installed, version });
  if (stage === 'updating' && (started || isNew || now.percent !== before.percent)) {
    add('progress', { percent: Number(now.percent) });
  }
  if (stage === 'ended' && isNew) {
    const from = before.from ?? now.installed;
    add('ended', { outcome: now.outcome, ...(now.code && { code: now.code }), from, version });
  }
  return events;
}

/** Has the page be light, or dark, whatever the person's system is. */
function force(theme) {
  if (!['light', 'dark'].includes(theme)) return;
  document.documentElement.style.colorScheme = theme;
  for (const sheet of [...document.styleSheets, ...document.adoptedStyleSheets]) {
    for (const rule of sheet.cssRules) {
      // What the page's styles ask for is the dark.
      if (rule.media?.mediaText.includes('prefers-color-scheme')) rule.media.mediaText = theme === 'dark' ? 'all' : 'not all';
    }
  }
}
