// The page without a network: what the browser keeps of it.

/** How often a page that stays open looks for a new version of itself, in ms. */
const LOOK = 60 * 60 * 1000;

/** The worker that has gathered a new version of the page. */
let waiting;

/** Has the page start without a network from its next visit on. Calls `arrived` once a new version of it is there. */
export const keepPage = async arrived => {
    const registration = await navigator.serviceWorker?.register('service-worker.js');
    if (!registration) return;
    const look = () => {
        // The first one that there ever was is no news.
        if (registration.waiting && registration.active) arrived(waiting = registration.waiting);
    };
    registration.addEventListener('updatefound', () => registration.installing.addEventListener('statechange', look));
    look();
    setInterval(() => registration.update().catch(() => {}), LOOK);
};

/** Takes the new version. Comes to an end only where another window of the page keeps it from being taken. */
export const takeNew = () => new Promise(refused => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => data || refused();
    waiting.postMessage('', [port2]);
});
