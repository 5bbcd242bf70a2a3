/**
 * A file's text with what stands once in it, a text or a pattern, in another form: `by` gives that, from what was found.
 * Where it does not stand there once, what makes the file has changed.
 */
export function replaced(text, file, old, by) {
  const count = typeof old === 'string' ? text.split(old).length - 1 : [...text.matchAll(new RegExp(old, `${old.flags}g`))].length;
  if (count !== 1) throw new Error(`${file} has ${count} of ${old}: has what makes it changed?`);
  return text.replace(old, by);
}
