// What the browser has lists of, and what is loaded later.

/** A module that lies beside the page, started. */
export const load = async address => {
    const module = await import(address);
    await module.default();
    return module;
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
        given[name] = (await load(new URL("workshop.js", document.baseURI)))[name](place, ...about);
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
