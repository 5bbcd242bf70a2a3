// What runs in the page before anything else, to bring it into states that a real device or browser is hard to bring it into.

/** Serial ports, USB devices and browsers that do one thing: `globalThis.fake`. And a clock that stands still at a word. */
export function fakes() {
  // Whatever the computer has that this runs on.
  navigator.serial.getPorts = async () => [];
  const said = (name) => new DOMException('said by the browser', name);
  const refuse = (name) => async () => {
    throw said(name);
  };

  /** A serial port whose other end does one thing. */
  const port = (does) => {
    let bring;
    const hear = (bytes) => {
      if (does === 'echoes') bring.enqueue(bytes.slice());
      if (does === 'babbles') bring.enqueue(new Uint8Array([0x55]));
      if (does === 'knows no command' && bytes[0] === 0x7f) bring.enqueue(new Uint8Array([0x79]));
      if (does === 'is lost') {
        it.readable = null;
        bring.error(said('NetworkError'));
      }
    };
    const it = {
      open: async () => {
        if (does === 'is busy') throw said('NetworkError');
        if (does === 'is slow') await new Promise(() => {});
        it.readable = new ReadableStream({ start: (controller) => (bring = controller) });
        it.writable = new WritableStream({ write: hear });
      },
      close: async () => (it.readable = it.writable = null),
      setSignals: async () => {},
      getInfo: () => ({}),
    };
    navigator.serial.requestPort = async () => it;
  };

  /** The simulated device of the `module` on USB, and what becomes of some of its transfers. */
  const usb = async (module, does) => {
    const simulated = await import(module);
    await simulated.default();
    const device = simulated.usbDevice(200);
    // The page notes what goes through the device in methods of its own, which it puts in place of these.
    const [send, ask] = ['controlTransferOut', 'controlTransferIn'].map((name) => device[name].bind(device));
    const isData = ({ request }, length) => request === 1 && length > 5;
    let isBroken = false;
    const instead = {
      'keeps others out': { open: refuse('SecurityError') },
      'is something else': { controlTransferIn: async () => ({ status: 'ok', data: new DataView(new ArrayBuffer(0)) }) },
      'refuses all': { controlTransferIn: async () => ({ status: 'stall' }) },
      'writes something else': {
        controlTransferOut: (setup, bytes) =>
          send(setup, isData(setup, bytes.length) ? bytes.map((byte) => byte ^ 1) : bytes),
      },
      'breaks off': {
        controlTransferOut: async (setup, bytes) => {
          isBroken ||= isData(setup, bytes.length);
          return isBroken ? { status: 'stall' } : send(setup, bytes);
        },
      },
      hangs: {
        controlTransferOut: async (setup, bytes) => {
          isBroken ||= isData(setup, bytes.length);
          return isBroken ? refuse('NetworkError')() : send(setup, bytes);
        },
        controlTransferIn: (setup, length) => (isBroken ? refuse('NetworkError')() : ask(setup, length)),
      },
    }[does];
    const get = (_, key) => {
      const own = Reflect.get(device, key);
      return instead[key] ?? (typeof own === 'function' ? own.bind(device) : own);
    };
    navigator.usb.requestDevice = async () => new Proxy(device, { get });
  };

  const nothingIsPicked = () => {
    navigator.serial.requestPort = refuse('NotFoundError');
    navigator.usb.requestDevice = refuse('NotFoundError');
  };
  const withoutSignatures = () => (crypto.subtle.importKey = refuse('NotSupportedError'));
  const storageFails = (name) => {
    Storage.prototype.setItem = () => {
      throw said(name);
    };
  };
  globalThis.fake = { port, usb, nothingIsPicked, withoutSignatures, storageFails };

  const { setTimeout, clearTimeout } = globalThis;
  /** What is due, by the numbers of its timers. */
  let held;
  /** Once an update is in this phase, and so far, no time passes for the page any more, until it goes on; kept when it is so. */
  globalThis.heldIn = (phase, percent) => new Promise((kept) => {
    const part = (id) => document.querySelector(`[data-testid=${id}]`);
    const look = () => {
      if (!part('phase')?.textContent.includes(phase) || !(Number(part('progress').ariaValueNow) >= percent)) return;
      observer.disconnect();
      held = new Map();
      kept();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  globalThis.goOn = () => {
    const due = held;
    held = undefined;
    due.forEach((done) => done());
  };
  globalThis.notHeld = setTimeout;
  globalThis.setTimeout = (done, ms, ...rest) => {
    const timer = setTimeout(() => (held ? held.set(timer, () => done(...rest)) : done(...rest)), ms);
    return timer;
  };
  // What is not waited for any more may be gone.
  globalThis.clearTimeout = (timer) => {
    held?.delete(timer);
    clearTimeout(timer);
  };
}

/** A browser that reaches no devices. */
export const reachesNothing = () => ['serial', 'usb'].forEach((name) => delete Navigator.prototype[name]);

/** A browser that has found a new build of the page, while another window still uses the old one. */
export function hasNewBuild() {
  const waiting = { postMessage: (_, [port]) => port.postMessage(false) };
  navigator.serviceWorker.register = async () => Object.assign(new EventTarget(), { active: {}, waiting, update: async () => {} });
}

/** A browser with a finger on it: `maxTouchPoints` is all that tells an iPad from a Mac. */
export const isTouched = () => Object.defineProperty(Navigator.prototype, 'maxTouchPoints', { get: () => 5 });
