// What technicians need: releases for work without a network, and many units in a row.

import { element } from './element.js';
import { many } from './many.js';
import { takeAlong } from './take-along.js';
import { texts } from './texts.js';

const STYLE = 'technician/technician.css';

/**
 * Shows it until `ended`, in `place`, and in `top` what has to be seen first. `command` is the page's (see `page.js`).
 * Gives back what is to be called with each new sight of the session.
 */
export async function start({ place, top, command, ended }) {
  const t = await texts();
  if (!document.querySelector(`link[href="${STYLE}"]`)) document.head.append(element('link', { rel: 'stylesheet', href: STYLE }));
  const parts = [takeAlong, many].map((part) => part({ top, command, t, ended }));
  place.replaceChildren(...parts.map((part) => part.element));
  return (sight) => parts.forEach((part) => part.see(sight));
}
