// What technicians need: releases for work without a network, and many units in a row.

import { element } from './element.js';
import { many } from './many.js';
import { takeAlong } from './take-along.js';
import { texts } from './texts.js';

let t;
/** Ends what an earlier start listens to: the page may build itself anew. */
let running = new AbortController();

/** The page's way of starting a module. */
export default async () => {
  t = await texts();
};

/**
 * Shows it. `page` has the elements `top`, for what has to be seen first, and `place`, and `command(name, value)`: connect
 * to a port or USB device, update, take-along for a hardware version. Gives back what is to be called with each new sight
 * of the session (see `row.js`).
 */
export function start(page) {
  running.abort();
  running = new AbortController();
  if (!document.querySelector('link[href="technician/technician.css"]')) {
    document.head.append(element('link', { rel: 'stylesheet', href: 'technician/technician.css' }));
  }
  const parts = [takeAlong, many].map((part) => part({ ...page, t, ended: running.signal }));
  page.place.replaceChildren(...parts.map((part) => part.element));
  return (sight) => parts.forEach((part) => part.see(sight));
}
