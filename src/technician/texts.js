// The words, in the language of the page: its files are the page's own.

const read = async (tag) => {
  const response = await fetch(`languages/${tag}.json`);
  if (!response.ok) throw new Error(`languages/${tag}.json: HTTP ${response.status}`);
  return response.json();
};

/** `t(name, values)`: a text with values in place of their names in braces. What a language lacks is English. */
export async function texts() {
  const tag = document.documentElement.lang || 'en';
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
