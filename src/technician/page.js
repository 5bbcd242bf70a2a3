// The page for work without a network: it is kept by the browser, says when a new version of it is there, and tells the
// outcomes that it could not tell before. What technicians need is loaded when they open it.

import { element } from './element.js';
import { begin as beginSending, send } from './outbox.js';
import { texts } from './texts.js';

/** How often a page that stays open looks for a new version of itself, in ms. */
const LOOK = 60 * 60 * 1000;
/** The stages of a session in which the page is not to be disturbed. */
const BUSY = ['connecting', 'unlocking', 'asking', 'downloading', 'updating'];

/** What a page that was built anew, in another language, does not need any more ends with this. */
let running = new AbortController();

/**
 * Begins with it. `command(name, value)` does what is to be done in the session: connect to a port or USB device, update,
 * take-along for a hardware version; or says of a USB device whether it is-in-update-mode. `load` loads a module of the
 * page's. Gives back what is to be called with each new sight of the session (see `row.js`).
 */
export function begin(command, load) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const [top, card] = ['technician-top', 'technician'].map((id) => document.getElementById(id));
  const notice = newer(top);
  let sight;
  let see;

  const open = async () => {
    if (see) return;
    see = () => {};
    const place = element('div');
    card.append(place);
    try {
      const { start } = await load('technician/technician.js');
      see = await start({ place, top, command, ended: signal });
      see(sight);
    } catch (error) {
      see = undefined;
      place.replaceWith(element('p', { class: 'problem', role: 'alert' }, `${error}`));
    }
  };
  card?.addEventListener('toggle', open, { signal });
  // Someone may have opened it before this was loaded.
  if (card?.open) open();
  keepPage(notice.arrived).catch(console.error);
  beginSending(signal);

  return (now) => {
    sight = now;
    notice.see(sight);
    see?.(sight);
    // There may be a network again, for those outcomes too that are kept.
    if (sight.stage === 'ended') send();
  };
}

/** Has the page start without a network from its next visit on. Calls `arrived` once a new version of it waits. */
async function keepPage(arrived) {
  const registration = await navigator.serviceWorker?.register('service-worker.js');
  if (!registration) return;
  const look = () => {
    // The first one that there ever was is no news.
    if (registration.waiting && registration.active) arrived(registration.waiting);
  };
  registration.addEventListener('updatefound', () => registration.installing.addEventListener('statechange', look));
  look();
  setInterval(() => registration.update().catch(() => {}), LOOK);
}

/** The word on a new version, while nothing is under way. */
function newer(top) {
  const notice = element('div', { class: 'notice', role: 'status', 'data-testid': 'newer', hidden: true });
  top.append(notice);
  let waiting;
  let isBusy = false;
  const show = () => (notice.hidden = !waiting || isBusy);

  async function arrived(worker) {
    const t = await texts();
    const says = element('p', {}, t('newer.there'));
    const take = () => {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
      const { port1, port2 } = new MessageChannel();
      // Another window of the page may still work with the old one.
      port1.onmessage = ({ data }) => data || (says.textContent = t('newer.elsewhere'));
      worker.postMessage('', [port2]);
    };
    notice.replaceChildren(says, element('button', { 'data-testid': 'reload', onclick: take }, t('newer.reload')));
    waiting = worker;
    show();
  }

  const see = ({ stage }) => {
    isBusy = BUSY.includes(stage);
    show();
  };
  return { arrived, see };
}
