// What the page asks of the browser that is shorter said in its own language.

/** What the browser tells of itself: its platform, its brands, its user agent. */
export const toldOfItself = () => {
    const { userAgentData, userAgent } = navigator;
    return [userAgentData?.platform ?? '', (userAgentData?.brands ?? []).map(it => it.brand).join(), userAgent];
};

let busy = false;
let screen;
/** The browser lets the screen go dark again whenever the page was hidden. */
const keepAwake = async () => {
    if (!busy || document.hidden) return;
    // Refused where the battery is low; what is done goes on without.
    const lock = await navigator.wakeLock?.request('screen').catch(() => {});
    if (busy) screen = lock;
    else lock?.release();
};
document.addEventListener('visibilitychange', keepAwake);

/** Keeps the screen on while the page is busy, and has the browser ask before it leaves the page. */
export const guard = now => {
    if (busy === now) return;
    busy = now;
    if (busy) return void keepAwake();
    screen?.release();
    screen = undefined;
};
addEventListener('beforeunload', event => {
    if (!busy) return;
    event.preventDefault();
    // Browsers show a sentence of their own.
    event.returnValue = '!';
});

const locks = navigator.locks;
/** Whose tab the page is used in, and whether an update is under way there. */
const [page, update] = ['fieldflash.page', 'fieldflash.update'];
let end;

/** Whether an update may begin, which this tab alone then has under way. */
export const beginUpdate = async () => !locks ||
    await new Promise(answer => locks.request(update, { ifAvailable: true }, lock => {
        answer(!!lock);
        return lock && new Promise(done => { end = done });
    }).catch(() => answer(true)));

/** It is over. */
export const endUpdate = () => end?.();

/** So long, in ms, a page that is gone may still have the lock: this one may be the same, loaded anew on a busy computer. */
const GRACE = 1000;
let tell;
/** Whether this tab waits for the page. */
let waiting = false;
let know;
const known = new Promise(answer => { know = answer });
const ask = options => locks.request(page, options, lock => {
    if (!options.steal) waiting = false;
    tell(true);
    know();
    return new Promise(() => {});
}).catch(({ name }) => {
    // It was taken, or is another's. A browser that lets no page of another site have locks has no other reason against it.
    if (['AbortError', 'TimeoutError'].includes(name)) wait();
    know();
});
/** Another tab has the page: it is this one's turn once that is closed. */
const wait = () => {
    tell(false);
    if (waiting) return;
    waiting = true;
    ask({});
};

/** Has the page for this tab, and tells from now on whenever that is so or not. */
export const claimPage = told => {
    const first = !tell;
    tell = told;
    if (waiting) told(false);
    else if (!locks) know();
    else if (first) ask({ signal: AbortSignal.timeout(GRACE) });
};

/** Once it is known whether this tab has the page. */
export const claimed = () => known;

/** Takes the page from the other tab, unless an update is under way there; says whether. */
const takePage = () => locks.request(update, { ifAvailable: true }, lock => {
    if (lock) ask({ steal: true });
    return !!lock;
});

const element = (tag, properties, ...children) => {
    const { testid, ...others } = properties;
    const it = Object.assign(document.createElement(tag), others);
    if (testid) it.dataset.testid = testid;
    it.append(...children);
    return it;
};

/**
 * Tells a title, that the device is safe, and what follows in the place for that, nothing where there are no texts. `takes`: with
 * a button that takes the page from the other tab.
 */
export const tellMeanwhile = (code, [title, safe, ...rest], takes, take, updating) => {
    const place = document.getElementById('meanwhile');
    place?.replaceChildren();
    if (!place || !title) return;
    const list = element('ul', { testid: 'remedy' }, ...rest.map(it => element('li', {}, it)));
    const heading = element('h2', { testid: 'error', tabIndex: -1 }, title);
    const harmless = element('p', { testid: 'harmless' }, safe, ' ', element('bdi', {}, `(${code})`));
    const told = element('section', { className: takes ? 'card' : 'notice', testid: takes ? 'other-tab' : 'advice' }, heading, harmless, list);
    told.dataset.code = code;
    place.append(told);
    if (!takes) return;
    const status = element('p', { className: 'status', testid: 'other-tab-updating' });
    const onclick = async () => {
        if (!(await takePage())) status.textContent = updating;
    };
    told.append(status, element('button', { className: 'primary', testid: 'take-over', onclick }, take));
    heading.focus();
};

/** Once the page is shown, with all that it was loaded with, and nothing is to be done. */
export const atRest = () => new Promise(rest => {
    const wait = () => ('requestIdleCallback' in globalThis ? requestIdleCallback(rest, { timeout: 2000 }) : setTimeout(rest));
    if (document.readyState === 'complete') wait();
    else addEventListener('load', wait, { once: true });
});
