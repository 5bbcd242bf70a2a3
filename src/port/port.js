// What the browser has lists of, and what is loaded later.

/**
 * The modules that lie beside the page: what the file of each is called, and the hash that it must have; likewise the parts
 * that it imports. Filled in where the page is sealed (scripts/seal.mjs); one that was only built has none to hold them
 * against.
 */
const modules = {};

/** Fetches a module, unless it is not as it was built with the page, for whoever imports it; says from where. */
const preload = (href, integrity) => new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement('link'), { rel: 'modulepreload', href, integrity });
    link.onload = () => resolve(href);
    link.onerror = () => reject(new Error(`${href} is not there, or not as it was built with this page`));
    document.head.append(link);
});

/** A module that lies beside the page, started. Its errors are named `not-loaded`. */
export const load = async name => {
    try {
        const { file, integrity, parts = [] } = modules[name] ?? { file: name };
        const addressOf = file => new URL(file, document.baseURI).href;
        const address = addressOf(file);
        await Promise.all(parts.map(([file, integrity]) => preload(addressOf(file), integrity)));
        // The browser keeps what it refused: under another address it asks anew.
        const fetched = async () => await preload(address, integrity).catch(() => preload(`${address}?again`, integrity));
        // An import itself knows no hash: what was fetched ahead is what it takes.
        const module = await import(integrity ? await fetched() : address);
        await module.default?.();
        return module;
    } catch ({ message }) {
        throw Object.assign(new Error(message), { name: 'not-loaded' });
    }
};

/** The last that was sent and received, once someone wants that to be kept: as much as a report has. */
const most = 200;
let exchanges;

export const keep = () => { exchanges ??= []; };
export const kept = () => JSON.stringify(exchanges ?? []);
export const note = (sent, values) => {
    if (!exchanges) return;
    const bytes = Array.from(values, value => value.toString(16).padStart(2, '0')).join('');
    exchanges.push({ ms: Math.round(performance.now()), sent, bytes });
    if (exchanges.length > most) exchanges.shift();
};

/** Notes the transfers of a USB device: request, value and data of one that is sent. */
export const watch = device => {
    for (const name of ['controlTransferOut', 'controlTransferIn']) {
        if (Object.hasOwn(device, name)) continue;
        const transfer = device[name];
        device[name] = async (setup, data) => {
            const sent = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : [];
            note(true, [setup.request, setup.value & 255, setup.value >> 8, ...name.endsWith('Out') ? sent : []]);
            const result = await transfer.call(device, setup, data);
            if (result.data) note(false, new Uint8Array(result.data.buffer, result.data.byteOffset, result.data.byteLength));
            return result;
        };
    }
};

/** What the workshop's functions have given back, by their names. */
let given = {};

/**
 * Has the workshop's function show something in the place of its name, unless that is full, or not there any more. Whether it
 * does.
 */
export const show = async (name, ...about) => {
    const place = document.getElementById(name);
    if (!place || place.childElementCount) return false;
    try {
        given[name] = (await load("workshop.js"))[name](place, ...about);
    } catch (error) {
        place.textContent = error;
    }
    return name in given;
};

/** Has the picture show an event, where there is one. */
export const draw = numbers => given.picture?.(numbers);

/** Another device comes: no picture is of this one, and the monitor lets go of its port. A promise of that, if it has one. */
export const leave = () => {
    const { monitor } = given;
    given = {};
    return monitor?.();
};

/** ST's ROM. Where Windows has no driver for it, the browser knows these of a device and not its interfaces. */
const rom = { vendorId: 0x0483, productId: 0xdf11 };
/** A DFU interface, in any mode (DFU 1.1 Table 4.1). */
const dfu = { classCode: 0xfe, subclassCode: 1 };
/** One that can be programmed: others are those of applications (DFU 1.1 Table 4.4). */
const dfuMode = { ...dfu, protocolCode: 2 };

const isOne = (device, { classCode, subclassCode, protocolCode }) =>
    device.vendorId === rom.vendorId && device.productId === rom.productId ||
    device.configurations.flatMap(it => it.interfaces).flatMap(it => it.alternates).some(it =>
        it.interfaceClass === classCode && it.interfaceSubclass === subclassCode &&
        it.interfaceProtocol === (protocolCode ?? it.interfaceProtocol));

/** Whether a USB device can be programmed as it is. */
export const isInUpdateMode = device => isOne(device, dfuMode);

/** Chrome on Android knows adapters on a wire from this version on; before, Bluetooth alone. */
const wiredOnAndroid = 148;

/** Whether the browser reaches serial ports. */
export const hasSerial = isAndroid =>
    !!navigator.serial && !(isAndroid && Number(navigator.userAgent.match(/Chrome\/(\d+)/)?.[1]) < wiredOnAndroid);

const ports = async () => (await navigator.serial?.getPorts()) ?? [];
const devices = async () => (await navigator.usb?.getDevices()) ?? [];

/**
 * The first serial port and the first USB device that the page may use already. A device that is both is only the latter;
 * `usb`: whether there may be any.
 */
export const known = async usb => {
    const found = usb ? (await devices()).filter(it => isOne(it, dfu)) : [];
    const isPortOf = (device, { usbVendorId, usbProductId }) =>
        device.vendorId === usbVendorId && device.productId === usbProductId;
    return [(await ports()).find(port => !found.some(device => isPortOf(device, port.getInfo()))), found[0]];
};

/** The USB device that is in update mode, of those that the page may use already. */
export const restarted = async () => (await devices()).find(isInUpdateMode);

/** Lets the person pick a serial port. */
export const choosePort = () => navigator.serial.requestPort();

/** Lets the person pick a USB device, perhaps one that is in update mode. */
export const chooseDevice = inUpdateMode =>
    navigator.usb.requestDevice({ filters: [rom, inUpdateMode ? dfuMode : dfu] });
