// What is loaded once the page is shown: what keeps it for work without a network, and what technicians need.

import { embedder } from './deployment.js';
import { load } from './port/port.js';

let sight, see;

/** Begins with it. `command` does what is to be done in the session. */
export const begin = async command => {
    see = (await load('technician/page.js')).begin(command, load);
    if (sight) see(sight);
};

/** The session has moved on: this is what is seen of it. */
export const moved = now => {
    sight = now;
    see?.(now);
    embedder.see?.(now);
};

/** Keeps an outcome, to be told once there is a network. */
export const tellLater = async (...outcome) => (await load('technician/outbox.js')).keep(outcome);
