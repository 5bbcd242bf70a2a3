// The words, in the language of the page: its files are the page's own.

/** The languages that there are: `LANGUAGES` of src/text/language.rs. */
export const LANGUAGES = ['en', 'de', 'es', 'fr', 'ar', 'ja', 'zh-Hans'];

/** The one of them that someone reads first who reads these, by their tags. */
export const languageOf = (...wanted) =>
  wanted.flatMap((tag) => LANGUAGES.filter((language) => tag && language.split('-')[0] === tag.split('-')[0]))[0] ?? 'en';

const read = async (tag) => {
  const response = await fetch(`languages/${tag}.json`);
  if (!response.ok) throw new Error(`languages/${tag}.json: HTTP ${response.status}`);
  // Over them the deployment's own.
  return { ...(await response.json()), ...globalThis.ownTexts?.[tag] };
};

/** `t(name, values)`: a text with values in place of their names in braces. What a language lacks is English. */
export async function texts(tag = document.documentElement.lang || 'en') {
  const english = await read('en');
  const theirs = tag === 'en' ? {} : await read(tag).catch(() => ({}));
  return (name, values = {}) =>
    (theirs[name] ?? english[name]).replaceAll(/\{([\w-]+)\}/g, (whole, value) => values[value] ?? whole);
}

/** A number of bytes, as the page writes it. */
export function bytes(count) {
  if (count < 2 ** 20) return `${Math.ceil(count / 2 ** 10)} KiB`;
  return count < 2 ** 30 ? `${(count / 2 ** 20).toFixed(1)} MiB` : `${(count / 2 ** 30).toFixed(1)} GiB`;
}

/** The digits that versions and sizes have. */
const DIGITS = { numberingSystem: 'latn' };

/** A number in the language of the page. */
export const number = (value, options) =>
  new Intl.NumberFormat(document.documentElement.lang, { ...DIGITS, ...options }).format(value);

/** A day in the language of the page. */
export const day = (date) => new Intl.DateTimeFormat(document.documentElement.lang, DIGITS).format(date);
