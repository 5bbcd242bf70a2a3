// Releases for work without a network, as the person sees them.

import { element } from './element.js';
import { keep, list, remove } from './kept.js';
import { count } from './outbox.js';
import { bytes, day, number } from './texts.js';

/** The part of the card. */
export function takeAlong({ command, t, ended }) {
  const input = element('input', { id: 'take-along-hardware', 'data-testid': 'take-along-hardware', autocomplete: 'off', spellcheck: 'false' });
  const button = element('button', { type: 'submit', 'data-testid': 'take-along' }, t('take-along.take'));
  const again = element('button', { type: 'button', 'data-testid': 'take-along-again', onclick: () => work(takeAllAgain) }, t('take-along.again'));
  const status = element('p', { class: 'status', role: 'status', 'data-testid': 'take-along-status' });
  const problem = element('p', { class: 'problem', role: 'alert', 'data-testid': 'take-along-problem' });
  const releases = element('ul', { class: 'taken', 'data-testid': 'taken' });
  const notes = element('div', {});
  const submit = (event) => {
    event.preventDefault();
    work(() => take(input.value.trim()));
  };

  /** Does it with the buttons off, and says what went wrong. */
  async function work(what) {
    problem.textContent = '';
    button.disabled = again.disabled = true;
    try {
      status.textContent = t('take-along.working');
      status.textContent = (await what()) ?? '';
    } catch (error) {
      status.textContent = '';
      // What the page says of a failure is a text already.
      problem.textContent = typeof error === 'string' ? error : refused(error);
    } finally {
      button.disabled = again.disabled = false;
      await show();
    }
  }

  const refused = (error) =>
    error.name === 'QuotaExceededError' ? t('take-along.full') : t('take-along.refused', { reason: `${error.name}: ${error.message}` });

  /** Says what came of it. */
  async function take(hardwareVersion) {
    const release = await command('take-along', hardwareVersion);
    if (!release) return t('take-along.nothing', { hardware: hardwareVersion });
    await keep(release);
    // Where the browser does not promise to keep it, the person is told below.
    await navigator.storage?.persist?.();
    return t('take-along.taken', { hardware: hardwareVersion });
  }

  async function takeAllAgain() {
    const results = [];
    for (const { hardwareVersion } of await list()) results.push(await take(hardwareVersion));
    return results.join(' ');
  }

  const item = ({ question, hardwareVersion, version, taken, size }) => {
    const words = { version, hardware: hardwareVersion, size: bytes(size ?? 0), date: day(taken) };
    return element('li', {},
      element('span', {}, t('take-along.item', words)),
      element('button', {
        type: 'button',
        'aria-label': t('take-along.remove-which', words),
        'data-testid': 'take-along-remove',
        onclick: () => work(() => remove(question)),
      }, t('take-along.remove')));
  };

  /** What the browser has, and what it does not promise. */
  async function show() {
    let kept;
    try {
      kept = await list();
    } catch (error) {
      problem.textContent = refused(error);
      return;
    }
    releases.replaceChildren(...kept.map(item));
    again.hidden = kept.length === 0;
    const waiting = count();
    const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
    const isSafe = (await navigator.storage?.persisted?.()) ?? false;
    const says = [
      kept.length === 0 && t('take-along.none'),
      kept.length > 0 && quota && t('take-along.space', { used: bytes(usage), quota: bytes(quota) }),
      kept.length > 0 && !isSafe && t('take-along.not-promised'),
      !navigator.serviceWorker?.controller && t('take-along.no-page'),
      waiting > 0 && t('take-along.outcomes', { count: number(waiting) }),
    ];
    notes.replaceChildren(...says.filter(Boolean).map((text) => element('p', { class: 'particulars' }, text)));
  }
  show();
  for (const event of ['online', 'focus']) addEventListener(event, show, { signal: ended });

  return {
    element: element('section', {},
      element('h3', {}, t('take-along.title')),
      element('p', {}, t('take-along.how')),
      element('form', { onsubmit: submit },
        element('label', { for: 'take-along-hardware' }, t('take-along.hardware')), input,
        element('div', { class: 'buttons' }, button, again)),
      status, problem, releases, notes),
    see({ stage, hardwareVersion }) {
      if (!input.value && document.activeElement !== input) input.value = hardwareVersion;
      if (stage === 'ended') show();
    },
  };
}
