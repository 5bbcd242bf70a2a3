// Many units in a row, as the person sees it.

import { csv } from './csv.js';
import { element } from './element.js';
import { Row } from './row.js';
import { allow, play } from './sound.js';
import { number } from './texts.js';

/** Where the units are kept while the window is open, so that a reload loses none. */
const KEPT = 'fieldflash.row';
/** A device on USB may show itself as a serial port, too: both are there after so long, in ms. */
const GATHER = 300;
/** How long a browser may take to save a file, in ms. */
const SAVING = 60_000;

const TITLES = {
  first: 'row.first',
  plug: 'row.plug',
  working: 'row.working',
  done: 'row.done',
  failed: 'row.failed',
  current: 'row.current',
  known: 'row.known',
  asks: 'row.asks',
};
const REASONS = {
  'other-release': 'row.asks-other-release',
  'other-product': 'row.asks-other-product',
  older: 'row.asks-older',
  details: 'row.asks-details',
  permission: 'row.asks-permission',
  'by-hand': 'row.asks-by-hand',
  cancelled: 'row.asks-cancelled',
  failures: 'row.asks-failures',
};
const SYMBOLS = { first: '+', plug: '+', working: '…', done: '✓', current: '✓', known: '=', failed: '✗', asks: '!' };
const COLUMNS = [
  'started', 'seconds', 'outcome', 'code', 'chip', 'uniqueId', 'serial', 'hardwareVersion', 'softwareType', 'version',
];

/** The part of the card, and the large status at the top of the page. */
export function many({ top, command, t, ended }) {
  let row;
  let units = JSON.parse(sessionStorage.getItem(KEPT) ?? '[]');
  let sight = { stage: 'start' };
  let plugged = [];
  let last;

  const connect = (port) => {
    last = port;
    command('connect', port);
    show();
  };
  const isOnUsb = (port) => globalThis.USBDevice && port instanceof USBDevice;
  const arrived = (port) => {
    plugged.push(port);
    if (!row?.plugged(Date.now(), isOnUsb(port) && command('is-in-update-mode', port))) return;
    plugged = [port];
    show();
    setTimeout(() => {
      // The page itself goes on with an update that was interrupted. What is on USB is programmed there.
      const isNew = row?.state === 'working' && ['start', 'ended', 'ready'].includes(sight.stage);
      if (isNew) connect(plugged.find(isOnUsb) ?? port);
    }, GATHER);
  };
  const gone = () => {
    row?.unplugged(Date.now());
    show();
  };
  for (const [source, port] of [[navigator.serial, (event) => event.target], [navigator.usb, (event) => event.device]]) {
    source?.addEventListener('connect', (event) => arrived(port(event)), { signal: ended });
    source?.addEventListener('disconnect', gone, { signal: ended });
  }

  /** Where an adapter stays plugged in, nobody tells that there is another device at it. */
  const next = async () => {
    const devices = (await navigator.usb?.getDevices()) ?? [];
    const ports = (await navigator.serial?.getPorts()) ?? [];
    const known = [...devices, ...ports];
    const port = known.includes(last) ? last : known[0];
    if (port && row?.next(Date.now())) connect(port);
  };
  const goOn = () => {
    row.goOn();
    show();
  };

  const turn = ({ target: { checked } }) => {
    row = checked ? new Row(units) : undefined;
    row?.turnOn(sight);
    allow();
    show();
  };
  const clear = () => {
    units.length = 0;
    keep();
    show();
  };
  const keep = () => sessionStorage.setItem(KEPT, JSON.stringify(units));

  const save = () => {
    const rows = units.map((unit, at) => [at + 1, ...COLUMNS.map((column) => unit[column])]);
    const address = URL.createObjectURL(new Blob([csv([['unit', ...COLUMNS], ...rows])], { type: 'text/csv' }));
    const name = `units-${new Date().toISOString().slice(0, 10)}.csv`;
    element('a', { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), SAVING);
  };

  const status = element('section', { class: 'row-status', 'aria-label': t('row.title'), hidden: true });
  const tally = element('div', { 'data-testid': 'row-tally' });
  const list = element('ul', {});
  const buttons = element('div', { class: 'buttons' },
    element('button', { 'data-testid': 'row-export', onclick: save }, t('row.export')),
    element('button', { 'data-testid': 'row-clear', onclick: clear }, t('row.clear')));
  const card = element('section', { class: 'row-part' },
    element('h3', {}, t('row.title')),
    element('p', {}, t('row.how')),
    element('label', { class: 'choice' },
      element('input', { type: 'checkbox', 'data-testid': 'row-on', onchange: turn }),
      t('row.on')),
    tally, list, buttons);
  const title = element('p', { class: 'row-title', role: 'status', 'data-testid': 'row-title' });
  const detail = element('p', { 'data-testid': 'row-detail' });
  const symbol = element('span', { class: 'row-symbol', 'aria-hidden': 'true' });
  const counts = element('p', { class: 'row-counts', 'data-testid': 'row-counts' });
  const action = element('button', { 'data-testid': 'row-next' });
  status.append(symbol, element('div', {}, title, detail, counts, action));
  top.prepend(status);
  ended.addEventListener('abort', () => status.remove());

  function show() {
    status.hidden = !row;
    const row_ = row ?? new Row(units);
    const { updated, failed, codes, average, ...others } = row_.tally();
    const words = {
      updated: number(updated),
      failed: number(failed),
      others: number(others['up-to-date'] + others.cancelled),
    };
    buttons.hidden = tally.hidden = units.length === 0;
    const seconds = number(average, { style: 'unit', unit: 'second', maximumFractionDigits: 1 });
    const lines = [t('row.tally', words), updated > 0 && t('row.average', { seconds })];
    tally.replaceChildren(...lines.filter(Boolean).map((line) => element('p', {}, line)));
    list.replaceChildren(...Object.entries(codes).map(([code, count]) => element('li', {}, `${code}: ${number(count)}`)));
    if (!row) return;
    const { state, reason } = row;
    const failure = () => `${sight.says} (${sight.code})`;
    if (status.dataset.state !== state && ['done', 'failed', 'asks'].includes(state)) play(state === 'done' ? 'good' : 'bad');
    status.dataset.state = state;
    symbol.textContent = SYMBOLS[state];
    // What says the same is not to be read aloud again.
    if (title.textContent !== t(TITLES[state])) title.textContent = t(TITLES[state]);
    detail.textContent = {
      asks: () => (REASONS[reason] ? t(REASONS[reason], { version: sight.version, serial: sight.serial }) : failure()),
      failed: failure,
      working: () => (sight.stage === 'updating' ? number(sight.percent / 100, { style: 'percent' }) : ''),
    }[state]?.() ?? '';
    counts.textContent = t('row.tally', words);
    const isAsking = state === 'asks';
    action.hidden = !isAsking && !['plug', 'done', 'failed', 'current', 'known'].includes(state);
    action.textContent = isAsking ? t('row.go-on') : t('row.next');
    action.onclick = isAsking ? goOn : next;
  }
  show();

  return {
    element: card,
    see(now) {
      sight = now;
      if (!row) return;
      const count = units.length;
      const isToStart = row.see(sight, Date.now());
      if (units.length > count) keep();
      show();
      if (isToStart) command('update');
    },
  };
}
