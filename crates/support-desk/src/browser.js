// What is asked of the browser.

/** What the browser calls itself and its system, short: `Google Chrome 141`, `Windows`. */
const called = () => {
    const agent = navigator.userAgent;
    const brands = (navigator.userAgentData?.brands ?? []).filter(({ brand }) => !/not.?a.?brand/i.test(brand));
    const sold = brands.find(({ brand }) => brand !== 'Chromium') ?? brands[0];
    if (sold) return `${sold.brand} ${sold.version}`;
    const known = [[/Edg\/([\d.]+)/, 'Edge'], [/OPR\/([\d.]+)/, 'Opera'], [/Firefox\/([\d.]+)/, 'Firefox/'],
        [/Chrome\/([\d.]+)/, 'Chrome'], [/Version\/([\d.]+).*Safari/, 'Safari']];
    const found = known.find(([pattern]) => pattern.test(agent));
    return found ? `${found[1]} ${agent.match(found[0])[1]}` : agent;
};
const system = () => {
    const [, inside] = navigator.userAgent.match(/\(([^)]*)\)/) ?? [];
    return navigator.userAgentData?.platform || inside || '';
};

/** The page that this runs in: `where made`, as a report has it. */
export const place = () => JSON.stringify({
    made: new Date().toISOString(),
    page: document.querySelector('script[src*="fieldflash-"]')?.src.match(/-([0-9a-f]+)\.js$/)?.[1] ?? '',
    browser: called(),
    system: system(),
    language: document.documentElement.lang,
});

/** The deployment's `fieldflash.json`; empty where there is none. */
export const settings = async () => {
    const answer = await fetch('fieldflash.json').catch(() => undefined);
    return answer?.ok ? answer.text() : '';
};

/** The address that the page lies at, up to its folder. */
export const base = () => new URL('.', location.href.replace(/[?#].*/, '')).href;

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

export const copy = text => navigator.clipboard.writeText(text);

/** Lets the person keep a text as a file. */
export const save = (name, text) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

/** The text of a file that someone picked or dropped. */
export const read = file => file.text();

const bytes = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0));

/**
 * Signs a text with the Ed25519 key in a PEM file (RFC 8410), as `station keys new` makes it. The key stays in this function.
 * Gives back signature and public key, in hexadecimal.
 */
export const sign = async (pem, text) => {
    const body = pem.match(/-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/)?.[1].replace(/\s/g, '');
    if (!body) throw new Error('no private key in PEM');
    const key = await crypto.subtle.importKey('pkcs8', bytes(body), 'Ed25519', true, ['sign']);
    const { x } = await crypto.subtle.exportKey('jwk', key);
    const signature = await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(text));
    const hex = values => Array.from(new Uint8Array(values), value => value.toString(16).padStart(2, '0')).join('');
    return [hex(signature), hex(bytes(x.replaceAll('-', '+').replaceAll('_', '/')))];
};

/** The part of the address after `#`, now and whenever it changes. */
export const followHash = then => {
    addEventListener('hashchange', () => then(location.hash.slice(1)));
    return location.hash.slice(1);
};

/** A place above everything else of the page that stays while the page goes on. */
export const above = id => {
    const before = document.getElementById(id);
    if (before) return before;
    const made = document.createElement('div');
    made.id = id;
    made.className = 'above';
    document.querySelector('main').before(made);
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = 'support.css';
    document.head.append(style);
    return made;
};

/** Marks the element with this test id for a while, and brings it into view. */
export const point = id => {
    const element = document.querySelector(`main [data-testid="${CSS.escape(id)}"]`);
    if (!element) return false;
    document.querySelectorAll('.pointed').forEach(other => other.classList.remove('pointed'));
    element.classList.add('pointed');
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    element.scrollIntoView({ block: 'center', behavior: isStill ? 'auto' : 'smooth' });
    return true;
};
