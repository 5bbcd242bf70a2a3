// The browser's `fetch`, and what was taken along where there is no network.

import { load } from './port/port.js';

/** How long a server may be silent, in ms. A network that is gone is noticed at once; one that hangs is not. */
const PATIENCE = 30_000;

/** Where a feed is asked for the latest release, or a station for one that was chosen. */
const QUESTION = /\/releases\/(latest|chosen)\?/;
/** The last question, and the feed's answer. */
let last = {};

const beside = file => new URL(file, document.baseURI).href;

/** A promise, or an error if it takes too long. */
const soon = promise => {
    let timer;
    const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error('no answer for 30 seconds')), PATIENCE));
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** The answer to a GET, or with a form to a POST. A GET that no server answers is answered by what was taken along. */
export const ask = async (address, headers, form, signal) => {
    const url = beside(address);
    const request = new Request(url, { method: form === undefined ? 'GET' : 'POST', headers, body: form, signal });
    try {
        const response = await soon(fetch(request));
        if (QUESTION.test(url)) last = { url, answer: response.clone() };
        return response;
    } catch (error) {
        // Whether or not anything can be looked up there, the network is what failed.
        const taken = form === undefined && await load('technician/kept.js').then(kept => kept.taken(url)).catch(() => {});
        if (!taken) throw error;
        return taken;
    }
};

/** The feed's answer to a question as it came, where it was the last one. */
export const answerTo = question => question === last.url ? last.answer : undefined;

/** The next piece of a body. */
export const piece = reader => soon(reader.read());

/** The texts of a language, and over them the deployment's own (theme.js). English is part of the page. */
export const language = async tag => {
    const own = globalThis.ownTexts?.[tag];
    if (tag === 'en') return own ?? {};
    const response = await fetch(`languages/${tag}.json`);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return { ...await response.json(), ...own };
};
