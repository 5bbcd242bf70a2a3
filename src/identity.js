// Who a device is: `product.identity` of fieldflash.json, docs/fieldflash-json.md. Loaded where a deployment has one.

/** How long an application may take for its answer, in ms. */
const PATIENCE = 1000;
/** Rates that a port may have, as for the page's own. */
const BAUD = { least: 1200, most: 2_000_000 };
/** What each is called in a query. */
const DETAILS = { serial: 'device_serial', hardware_version: 'hardware_version', installed_version: 'current_version' };

/** The identity of this deployment, and what its applications said: the text by the question. */
let identity = {};
let heard = new Map();

const places = () => Object.keys(DETAILS).map(name => [name, identity[name] ?? (name === 'serial' ? ['unique-id'] : [])]);
const sources = () => places().flatMap(([, sources]) => sources);
const questionOf = ({ send, baud = 115_200 }) => `${baud} ${send}`;

/** Colours, and whatever else a console has its terminal do. */
const ESCAPES = /\x1b\[[0-?]*[ -/]*[@-~]/g;

/** What `pattern` finds in `text`: its first group, or all of it. */
const find = (pattern, text) => {
    const match = new RegExp(pattern, 'm').exec(text.replace(ESCAPES, ''));
    return match?.[1] ?? match?.[0];
};

const isWhole = (number, least, most) => Number.isInteger(number) && number >= least && number <= most;
/** An address, of which JSON has either 134217728 or "0x08000000". */
const addressOf = address => /^0x[0-9a-f]{1,8}$/i.test(address) ? Number(address) : address;

/** What is wrong with a source; nothing where it is one. */
const wrong = source => {
    if (source === 'unique-id') return;
    const names = typeof source === 'object' ? Object.keys(source ?? {}) : [];
    const has = (needed, allowed) => needed.every(it => names.includes(it)) && names.every(it => allowed.includes(it));
    if (has(['address', 'length'], ['address', 'length', 'as'])) {
        if (!isWhole(addressOf(source.address), 0, 0xffffffff)) return `no address: ${JSON.stringify(source.address)}`;
        if (!isWhole(source.length, 1, 256)) return 'length must be 1 to 256';
        if (!['text', 'hex'].includes(source.as ?? 'text')) return 'as must be "text" or "hex"';
    } else if (has(['send', 'pattern'], ['send', 'baud', 'pattern'])) {
        if (typeof source.send !== 'string') return 'send must be a text';
        if (!isWhole(source.baud ?? 115_200, BAUD.least, BAUD.most)) return `baud must be ${BAUD.least} to ${BAUD.most}`;
        try {
            find(source.pattern, '');
        } catch (error) {
            return error.message;
        }
    } else {
        return `${JSON.stringify(source)} is neither "unique-id", nor an address with its length, nor something to send with its pattern`;
    }
};

/** Takes the identity out of the text of fieldflash.json. Says what is wrong with it, if anything. */
export const take = file => {
    identity = JSON.parse(file).product.identity;
    heard = new Map();
    for (const [name, list] of Object.entries(identity)) {
        if (!(name in DETAILS)) return `unknown field ${name}`;
        if (!Array.isArray(list)) return `${name} must be a list`;
        const problem = list.map(wrong).find(it => it);
        if (problem) return `${name}: ${problem}`;
    }
};

/** Whether the running application is to be asked. */
export const asks = () => sources().some(it => it.send !== undefined);

const listen = async (port, { send, baud }, patterns, raisesDtr) => {
    let text = '';
    await port.open({ baudRate: baud ?? 115_200, bufferSize: 8192 });
    try {
        // Some applications hear nobody who does not raise this line; on other boards it is the reset.
        if (raisesDtr) await port.setSignals({ dataTerminalReady: true, requestToSend: false }).catch(() => {});
        const writer = port.writable.getWriter();
        writer.write(new TextEncoder().encode(send)).catch(() => {});
        writer.releaseLock();
        const reader = port.readable.getReader();
        const timer = setTimeout(() => reader.cancel(), PATIENCE);
        const decoder = new TextDecoder();
        // More of a line may come.
        const lines = () => text.slice(0, text.lastIndexOf('\n') + 1);
        try {
            while (!patterns.every(pattern => find(pattern, lines()) !== undefined)) {
                const { value, done } = await reader.read();
                if (done) break;
                text += decoder.decode(value, { stream: true });
            }
        } finally {
            clearTimeout(timer);
            await reader.cancel().catch(() => {});
            reader.releaseLock();
        }
    } catch {
        // A line that is disturbed, or a port that is gone: what was said was said.
    }
    await port.close().catch(() => {});
    return text;
};

/** Asks the application at a port, which is closed before and after. Says whether it answered. */
export const ask = async (port, raisesDtr) => {
    const said = new Map();
    for (const source of sources().filter(it => it.send !== undefined)) {
        const question = questionOf(source);
        if (said.has(question)) continue;
        const patterns = sources().filter(it => it.send !== undefined && questionOf(it) === question).map(it => it.pattern);
        said.set(question, await listen(port, source, patterns, raisesDtr));
    }
    const answered = [...said.values()].some(it => it);
    if (answered) heard = said;
    return answered;
};

/** What was said of one device may not hold for the next. */
export const forget = () => heard.clear();

const isPlace = source => source.address !== undefined;

/** The places in memory that are to be read: address and length by turns. */
export const memory = () => sources().filter(isPlace).flatMap(it => [addressOf(it.address), it.length]);

/** What bytes say; nothing where nothing was written yet, or what is there is no text. */
const decoded = (bytes, as = 'text') => {
    const isBlank = byte => byte === 0x00 || byte === 0xff;
    if (as === 'hex') {
        if (isBlank(bytes[0]) && bytes.every(byte => byte === bytes[0])) return;
        return [...bytes].map(byte => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
    }
    const end = bytes.findIndex(isBlank);
    try {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
        return /\p{Cc}/u.test(text) ? undefined : text;
    } catch {
        return;
    }
};

/**
 * What is known of a device: for each detail that has a place its name in a query, its value, empty where no place gives
 * one, and where that is from, one after the other. `read`: what is in the places of `memory`, in their order; nothing where
 * one cannot be read.
 */
export const learned = (uniqueId, read) => {
    let next = 0;
    const tried = source => {
        if (source === 'unique-id') return [uniqueId, 'the unique id'];
        if (isPlace(source)) {
            const bytes = read[next++];
            return [bytes && decoded(bytes, source.as), `${source.length} bytes at ${source.address}`];
        }
        return [find(source.pattern, heard.get(questionOf(source)) ?? '')?.trim(), 'said by the application'];
    };
    return places().filter(([, sources]) => sources.length).flatMap(([name, sources]) => {
        const [value, from] = sources.map(tried).find(([value]) => value) ?? ['', ''];
        return [DETAILS[name], value, from];
    });
};
