// The page in a deployment's own clothes: `theme` of fieldflash.json, docs/fieldflash-json.md. Loaded where there is one.

import { element } from './technician/element.js';
import { LANGUAGES, texts } from './technician/texts.js';

/** The colours that can be set, by what the page's style calls them. */
const TOKENS = {
  background: 'ground',
  card: 'card',
  text: 'ink',
  muted: 'soft',
  border: 'edge',
  accent: 'accent',
  on_accent: 'on-accent',
  good: 'good',
  bad: 'bad',
  notice: 'notice',
};
/** What stands in what: each pair has to be told apart by those who see badly. */
const PAIRS = [
  ['text', 'background'],
  ['text', 'card'],
  ['text', 'notice'],
  ['muted', 'background'],
  ['muted', 'card'],
  ['accent', 'background'],
  ['accent', 'card'],
  ['on_accent', 'accent'],
  ['good', 'card'],
  ['bad', 'card'],
];
/** How much they have to differ (WCAG 2.2, 1.4.3 Contrast, level AA). */
const LEAST = 4.5;
/** The page's own colours: those of style/page.css. */
export const OWN = {
  light: {
    background: '#f4f5f7',
    card: '#ffffff',
    text: '#1c2430',
    muted: '#566072',
    border: '#d5dae2',
    accent: '#1a5fb4',
    on_accent: '#ffffff',
    good: '#1b7a3d',
    bad: '#b3261e',
    notice: '#fff6dc',
  },
  dark: {
    background: '#14181f',
    card: '#1e242e',
    text: '#e8ecf2',
    muted: '#a9b3c2',
    border: '#3a4454',
    accent: '#8ab8f5',
    on_accent: '#0f1b2b',
    good: '#7fd69b',
    bad: '#ff9a91',
    notice: '#3a3115',
  },
};
/** What the page says of a deployment's links. */
const LINKS = ['support', 'privacy', 'imprint'];
/** Where a link may lead. */
const SCHEMES = ['https:', 'http:', 'mailto:', 'tel:'];
/** For links that say only where beside the page they lead. */
const BESIDE = 'https://beside.example';
/** A picture that lies beside the page, or is part of the file: its security policy lets no others through. */
const LOGO = /^([\w-][\w.-]*\.(svg|png|jpe?g|webp)|data:image\/\S+)$/;
/** Where the next visit finds what the page had on: before.js puts it on before anything else is loaded. */
const KEPT = 'fieldflash.theme';

const shown = (value) => JSON.stringify(value);
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The first of the names that is none. */
const unknown = (object, known) => Object.keys(object).find((name) => !known.includes(name));

/** Red, green and blue of `#rgb` or `#rrggbb`, 0 to 255. */
function channels(colour) {
  const digits = colour.length === 4 ? colour.slice(1).replaceAll(/./g, '$&$&') : colour.slice(1);
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
}

/** WCAG's relative luminance. */
function luminance(colour) {
  const [red, green, blue] = channels(colour)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG's contrast of two colours, 1 to 21. */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The colour nearest to this one, towards black or white, for which all is well. */
function nearest(colour, isWell) {
  const towards = (end, step) =>
    `#${channels(colour)
      .map((value) => Math.round(value + ((end - value) * step) / 20).toString(16).padStart(2, '0'))
      .join('')}`;
  for (let step = 1; step <= 20; step++) {
    for (const end of [0, 255]) if (isWell(towards(end, step))) return towards(end, step);
  }
}

/** The colours of a scheme with what the deployment has set of them. What stands in the accent is what can be read there. */
export function palette(scheme, set = {}) {
  const own = OWN[scheme];
  const accent = set.accent ?? own.accent;
  const [first, second] = [OWN.light.on_accent, OWN.dark.on_accent];
  const on_accent = contrast(first, accent) >= contrast(second, accent) ? first : second;
  return { ...own, ...(set.accent && { on_accent }), ...set };
}

/** What is wrong with the colours of a scheme. */
function problemOfColours(scheme, set) {
  const place = `colours.${scheme}`;
  if (!isObject(set)) return `${place}: must have colours by their names`;
  const other = unknown(set, Object.keys(TOKENS));
  if (other) return `${place}: unknown field ${other}, expected one of ${Object.keys(TOKENS).join(', ')}`;
  for (const [name, colour] of Object.entries(set)) {
    if (!/^#([\da-f]{3}|[\da-f]{6})$/i.test(colour)) return `${place}.${name}: ${shown(colour)} is not like "#1a5fb4"`;
  }
  const isReadable = (colours, [front, back]) => contrast(colours[front], colours[back]) >= LEAST;
  const colours = palette(scheme, set);
  const pair = PAIRS.find((pair) => !isReadable(colours, pair));
  if (!pair) return;
  // The one that can be changed without changing all that stands in it.
  const [front, back] = pair;
  const name = front in set ? front : back in set ? back : 'accent';
  const concerned = PAIRS.filter((pair) => pair.includes(name));
  const isWell = (colour) => concerned.every((pair) => isReadable(palette(scheme, { ...set, [name]: colour }), pair));
  const better = nearest(colours[name], isWell);
  const measured = Math.floor(contrast(colours[front], colours[back]) * 10) / 10;
  return (
    `${place}.${name}: ${front} ${colours[front]} on ${back} ${colours[back]} cannot be read by everyone: ` +
    `their contrast is ${measured}, and must be ${LEAST} or more${better ? `, as with ${better} for ${name}` : ''}`
  );
}

/** What stands in braces, in order. */
const holes = (text) => `${(text.match(/\{[\w-]+\}/g) ?? []).sort()}`;

/** What is wrong with the deployment's own texts; `english` are the page's. */
export function problemOfTexts(own, english) {
  if (!isObject(own)) return 'texts: must have a language\'s texts by its tag, as {"en": {"name": "…"}}';
  const language = unknown(own, LANGUAGES);
  if (language) return `texts: unknown language ${language}, expected one of ${LANGUAGES.join(', ')}`;
  for (const [tag, texts] of Object.entries(own)) {
    if (!isObject(texts)) return `texts.${tag}: must have texts by their names`;
    for (const [name, text] of Object.entries(texts)) {
      const place = `texts.${tag}.${name}`;
      if (!Object.hasOwn(english, name)) return `${place}: there is no text with this name in languages/en.json`;
      if (typeof text !== 'string' || !text.trim()) return `${place}: must be a text`;
      if (holes(text) !== holes(english[name])) {
        const [wanted, found] = [english[name], text].map((text) => holes(text) || 'nothing');
        return `${place}: must have ${wanted} in braces, as languages/en.json has, and not ${found}`;
      }
    }
  }
}

/** What is wrong with a theme, but for its texts. */
export function problemOf(theme) {
  if (!isObject(theme)) return 'it must be an object';
  const { logo, colours = {}, links = {} } = theme;
  const other = unknown(theme, ['logo', 'colours', 'texts', 'links']);
  if (other) return `unknown field ${other}, expected one of logo, colours, texts, links`;
  if (logo !== undefined) {
    const files = isObject(logo) ? ['light', 'dark'].map((scheme) => logo[scheme]) : [logo];
    const isPicture = (file) => typeof file === 'string' && LOGO.test(file);
    if (!files.every(isPicture) || (isObject(logo) && unknown(logo, ['light', 'dark']))) {
      const or = 'or {"light": …, "dark": …} with one each';
      return `logo: ${shown(logo)} must be a picture beside the page, like "logo.svg", ${or}`;
    }
  }
  if (!isObject(colours) || unknown(colours, ['light', 'dark'])) return 'colours: must have "light", "dark" or both';
  for (const [scheme, set] of Object.entries(colours)) {
    const problem = problemOfColours(scheme, set);
    if (problem) return problem;
  }
  if (!isObject(links) || unknown(links, LINKS)) return `links: must have some of ${LINKS.join(', ')}`;
  for (const [name, address] of Object.entries(links)) {
    // One that is beside the page has the page's scheme.
    const isOne = typeof address === 'string' && URL.canParse(address, BESIDE);
    if (!isOne || !SCHEMES.includes(new URL(address, BESIDE).protocol)) return `links.${name}: ${shown(address)} is no address`;
  }
}

/** The deployment's colours as a style, over the page's own. */
export function style({ colours = {} }) {
  const [light, dark] = ['light', 'dark'].map((scheme) => {
    const all = palette(scheme, colours[scheme]);
    return `:root { ${Object.entries(TOKENS).map(([name, token]) => `--${token}: ${all[name]};`).join(' ')} }`;
  });
  return `${light}
.logo { display: block; height: 2.5rem; max-width: 100%; margin-block-end: 0.75rem; object-fit: contain; object-position: 0 50%; }
[dir="rtl"] .logo { object-position: 100% 50%; }
.logo.dark { display: none; }
.links { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; }
.links a { color: inherit; }
@media (prefers-color-scheme: dark) {
${dark}
.logo.light { display: none; }
.logo.dark { display: block; }
}`;
}

/** Gives the page, whenever it is built, its logo and its links. */
function furnish({ logo, links = {} }) {
  const files = typeof logo === 'string' ? { '': logo } : (logo ?? {});
  const pictures = () => Object.entries(files).map(([scheme, src]) => {
    // A picture of what the heading says. Without a network it may not be there.
    const it = element('img', { src, alt: '', class: `logo ${scheme}`, 'data-testid': 'logo' });
    it.addEventListener('error', () => it.remove());
    return it;
  });
  const fill = async () => {
    for (const header of document.querySelectorAll('header:not(:has(.logo))')) header.prepend(...pictures());
    const footer = document.querySelector('footer');
    if (!footer || Object.keys(links).length === 0) return;
    const t = await texts();
    const says = { support: t('theme.support'), privacy: t('theme.privacy'), imprint: t('theme.imprint') };
    // In a window of their own: who reads them does not leave an update.
    const list = LINKS.filter((name) => links[name]).map((name) =>
      element('a', { href: links[name], target: '_blank', rel: 'noopener', 'data-testid': `theme-${name}` }, says[name]));
    footer.querySelector('.links')?.remove();
    footer.append(element('p', { class: 'links' }, list));
  };
  // In another language the page is built anew.
  const observer = new MutationObserver(fill);
  observer.observe(document.body, { childList: true });
  observer.observe(document.documentElement, { attributeFilter: ['lang'] });
  fill();
}

/** From the right to the left, what is filled in would be torn apart (docs/languages.md). */
function isolated(texts) {
  const own = ([name, text]) => [name, text.replaceAll(/\u2068?(\{[\w-]+\})\u2069?/g, '\u2068$1\u2069')];
  return Object.fromEntries(Object.entries(texts).map(own));
}

/** Puts the theme of a deployment's settings on. Gives back what is wrong with it, and then changes nothing. */
export async function dress({ name, theme }) {
  const problem = problemOf(theme);
  if (problem) return problem;
  if (theme.texts) {
    const english = await fetch('languages/en.json').then((file) => file.json());
    const problem = problemOfTexts(theme.texts, english);
    if (problem) return problem;
    const { ar } = theme.texts;
    globalThis.ownTexts = { ...theme.texts, ...(ar && { ar: isolated(ar) }) };
  }
  const css = style(theme);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
  const [light, dark] = ['light', 'dark'].map((scheme) => palette(scheme, theme.colours?.[scheme]).background);
  for (const meta of document.querySelectorAll('meta[name=theme-color]')) meta.content = meta.media.includes('dark') ? dark : light;
  const heading = document.querySelector('#before h1');
  if (name && heading) document.title = heading.textContent = name;
  furnish(theme);
  try {
    localStorage.setItem(KEPT, JSON.stringify([css, name]));
  } catch {
    // Where the browser keeps nothing, the next visit is as this one.
  }
}
