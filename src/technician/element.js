// Elements without HTML: whatever a text holds stays a text.

/**
 * An element with attributes and children. A function under a name such as `onclick` listens; `true` sets an attribute
 * without a value, and what is `undefined` or `false` sets none.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined));
  return made;
}
