// The page without a network, and what is loaded for those who work without one.

/** How often a page that stays open looks for a new version of itself, in ms. */
const LOOK = 60 * 60 * 1000;
/** Where outcomes are kept that could not be told (`technician/outbox.js`). */
const OUTCOMES = 'fieldflash.outcomes';

const load = async name => {
    const module = await import(new URL(`technician/${name}.js`, document.baseURI));
    await module.default();
    return module;
};

/** The worker that has gathered a new version of the page. */
let waiting;

/** Has the page start without a network from its next visit on. Calls `arrived` once a new version of it is there. */
export const keepPage = async arrived => {
    // Where it cannot be kept, it is there with a network as ever.
    const registration = await navigator.serviceWorker?.register('service-worker.js').catch(() => {});
    if (!registration) return;
    const look = () => {
        // The first one that there ever was is no news.
        if (registration.waiting && registration.active) arrived(waiting = registration.waiting);
    };
    registration.addEventListener('updatefound', () => registration.installing.addEventListener('statechange', look));
    look();
    setInterval(() => registration.update().catch(() => {}), LOOK);
};

/** Takes the new version. Calls `refused` where another window of the page keeps it from being taken. */
export const takeNew = refused => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => data || refused();
    waiting.postMessage('', [port2]);
};

/** Keeps an outcome, to be told once there is a network. */
export const tellLater = async (...outcome) => (await load('outbox')).keep(outcome);

/** Tells the outcomes that are kept, now and whenever the network is back. */
export const tellKept = () => {
    if (globalThis.localStorage?.getItem(OUTCOMES)) load('outbox').then(outbox => outbox.send()).catch(console.error);
};

/** Where what technicians need is shown, what it is called with, and what it is told next. */
let shown, see, sight;

/** Loads what technicians need, at its first use, and shows it. */
export const openTechnician = async (place, top, command, missing) => {
    // The page may have been built anew.
    if (shown === place) return;
    shown = place;
    try {
        see = (await load('technician')).start({ place, top, command });
        see(sight);
    } catch (error) {
        shown = undefined;
        place.textContent = missing.replace('{reason}', error);
    }
};

/** The session has moved on. */
export const moved = now => {
    sight = now;
    see?.(sight);
};
