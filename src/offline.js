// What is loaded once the page is shown: what keeps it for work without a network, and what technicians need.

const load = async name => {
    const module = await import(new URL(`technician/${name}.js`, document.baseURI));
    await module.default();
    return module;
};

let sight, see;

/** Begins with it. `command` does what is to be done in the session. */
export const begin = async command => {
    see = (await load('page')).begin(command);
    if (sight) see(sight);
};

/** The session has moved on: this is what is seen of it. */
export const moved = now => {
    sight = now;
    see?.(now);
};

/** Keeps an outcome, to be told once there is a network. */
export const tellLater = async (...outcome) => (await load('outbox')).keep(outcome);
