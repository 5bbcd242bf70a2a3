// What the deployment has set. It is asked for as soon as there is any JavaScript: the page's clothes come while its
// WebAssembly is still on its way.

import { load } from './port/port.js';

/** The page that shows this one in its own, once that may: `see` is called with each sight of the session. */
export const embedder = {};

const file = async () => {
    const response = await fetch('fieldflash.json');
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.text();
};

const read = async () => {
    const text = await file().catch(({ message }) => {
        throw new Error(`fieldflash.json cannot be read: ${message}`);
    });
    let settings;
    try {
        settings = JSON.parse(text) ?? {};
    } catch {
        // The page says where it is wrong.
        return text;
    }
    // Without the module nobody has looked who shows the page.
    if (window.parent !== window) await (await load('embedded.js')).begin(settings, embedder);
    if (settings.theme) {
        const theme = await load('theme.js').catch(console.error);
        const problem = await theme?.dress(settings);
        if (problem) throw new Error(`fieldflash.json: theme: ${problem}`);
    } else {
        // Refused where the browser keeps nothing.
        try {
            localStorage.removeItem('fieldflash.theme');
        } catch {}
    }
    embedder.dressed?.();
    return text;
};

let early = document.getElementById('before') && read();
early?.catch(() => {});

/** The text of `fieldflash.json`; once more if that did not go well. */
export const settings = async () => {
    try {
        return await (early ?? read());
    } finally {
        early = undefined;
    }
};
