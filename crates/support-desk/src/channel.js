// A channel between two browsers that nobody in between can read or change: not the network, and not the station that passes
// its messages on. What the two have in common is a code that one of them shows and the other one is told.
//
// The code is short, so it makes no keys. Keys come of an exchange (ECDH, P-256), and the code proves to each that it made
// the exchange with the other and with nobody in between: letter by letter, as Bluetooth's passkey entry does (Core
// Specification, Vol 3, Part H, 2.3.5.6.3). For each letter both commit to it first and open what they committed to
// afterwards. Who does not know the letter must guess it before they are told anything, and a wrong guess ends the room.

/** Without what looks alike: B and 8, I, L, O, S and 5, Z and 2, 0 and 1. */
const LETTERS = 'ACDEFGHJKMNPQRTUVWXY346789';
/** The first part of a code is the name of the room, the second is what is proven. */
const HALF = 4;
/** After so long without any sign of the station the connection counts as lost, in ms. */
const SILENCE = 12_000;
const PING = 4_000;
/** How long a lost connection is tried again. */
const AGAIN_EVERY = 1_000;
const AGAIN_FOR = 90_000;
/** What is kept for an other end that was away, in characters. */
const KEPT = 16 << 20;

const [HANDSHAKE, SEALED, RECEIVED, RESUME] = [0, 1, 2, 3];

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const joined = (...parts) => {
  const all = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : new Uint8Array(part)));
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  all.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
};
const numbered = (number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};

/** A new code. */
export const newCode = () => {
  let code = '';
  while (code.length < 2 * HALF) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    // So that each letter is as likely as any other.
    if (byte < Math.floor(256 / LETTERS.length) * LETTERS.length) code += LETTERS[byte % LETTERS.length];
  }
  return code;
};

/** A code as it was typed, or nothing where it is none. */
export const readCode = (typed) => {
  const code = typed.toUpperCase().replace(/[\s–-]/g, '');
  return code.length === 2 * HALF && [...code].every((letter) => LETTERS.includes(letter)) ? code : undefined;
};

const commitment = async (nonce, transcript, who, place, letter) => {
  const key = await crypto.subtle.importKey('raw', nonce, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hex(await crypto.subtle.sign('HMAC', key, joined(transcript, who, numbered(place), letter)));
};

/**
 * Makes keys with the other end, and proves to each other that both know the code. `say` sends an object and `hear` waits for
 * the next one. `first` is who opened the room.
 */
export const agree = async (code, first, say, hear) => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
  const mine = await crypto.subtle.exportKey('raw', pair.publicKey);
  if (!first) say({ key: hex(mine) });
  const theirs = unhex((await hear()).key);
  if (first) say({ key: hex(mine) });
  const other = await crypto.subtle.importKey('raw', theirs, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, pair.privateKey, 256);
  const both = first ? [mine, theirs] : [theirs, mine];
  const transcript = await crypto.subtle.digest('SHA-256', joined('fieldflash live 1\n', code.slice(0, HALF), ...both));

  const [me, them] = first ? ['customer', 'support'] : ['support', 'customer'];
  for (let place = 0; place < HALF; place++) {
    const letter = code[HALF + place];
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const commit = { commit: await commitment(nonce, transcript, me, place, letter) };
    const open = { open: hex(nonce) };
    const check = async ({ open }) => {
      if (theirCommit === commit.commit || (await commitment(unhex(open), transcript, them, place, letter)) !== theirCommit) {
        say({ wrong: true });
        throw new Error('wrong-code');
      }
    };
    let theirCommit;
    if (first) {
      say(commit);
      theirCommit = (await hear()).commit;
      say(open);
      await check(await hear());
    } else {
      theirCommit = (await hear()).commit;
      say(commit);
      // Only to who knows the letter it is opened.
      await check(await hear());
      say(open);
    }
  }

  const base = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const key = (from) =>
    crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: transcript, info: joined('fieldflash live, from ', from, ' ', code) },
      base,
      { name: 'AES-GCM', length: 256 },
      false,
      ['encrypt', 'decrypt'],
    );
  return { seal: await key(me), open: await key(them) };
};

/** Each message has a number of its own under its key; it is never used again. */
const sealing = (number) => ({ name: 'AES-GCM', iv: joined(new Uint8Array(8), numbered(number)) });

/**
 * A channel. `on(what, text)` is told: `code` with the code to show; `ready` once the other end is proven; `message`; `away`
 * and `back` of the other end; `lost` and `found` of this one's network; and `ended` with a word for why.
 */
export class Channel {
  #base;
  #code;
  #first;
  #on;
  #socket;
  #token;
  #keys;
  #heard = [];
  #hearing;
  #begun = false;
  #ended = false;
  #sent = 0;
  #received = 0;
  #missing;
  #kept = [];
  #turn = Promise.resolve();
  #opening = Promise.resolve();
  #asked;
  #lostAt;
  #timers = [];

  /** Opens a room, or with the code of one joins it. `base`: the station's address. */
  constructor(base, code, on) {
    this.#base = base;
    this.#first = !code;
    this.#code = code || newCode();
    this.#on = on;
    this.#connect();
    this.#timers.push(setInterval(() => this.#watch(), PING));
  }

  #url() {
    const url = new URL(`api/v0/fieldflash/live/${this.#code.slice(0, HALF)}`, this.#base);
    url.protocol = url.protocol.replace('http', 'ws');
    return url;
  }

  #connect() {
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#asked = Date.now();
    socket.onopen = () => socket.send(JSON.stringify(this.#token ? { return: this.#token } : this.#first ? 'open' : 'join'));
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket || this.#ended) return;
      this.#asked = undefined;
      if (typeof data === 'string') this.#told(JSON.parse(data));
      else this.#take(new Uint8Array(data));
    };
    socket.onclose = () => socket === this.#socket && this.#gone();
  }

  /** The connection is gone, or there never was one. */
  #gone() {
    if (this.#ended) return;
    this.#socket = undefined;
    if (!this.#token) return this.#end('unreachable');
    // What was half agreed cannot be taken up again: that would be a second try.
    if (this.#begun && !this.#keys) return this.#end('broken');
    if (!this.#lostAt) {
      this.#lostAt = Date.now();
      this.#on('lost', '');
    }
    if (Date.now() - this.#lostAt > AGAIN_FOR) return this.#end('lost');
    this.#timers.push(setTimeout(() => !this.#ended && this.#connect(), AGAIN_EVERY));
  }

  /** A connection on which nothing comes is none, whatever the browser still believes. */
  #watch() {
    const socket = this.#socket;
    if (!socket) return;
    if (this.#asked && Date.now() - this.#asked > SILENCE) {
      this.#socket = undefined;
      socket.close();
      return this.#gone();
    }
    // Since the first question without an answer: a page that is out of sight asks seldom.
    this.#asked ??= Date.now();
    if (socket.readyState === 1) socket.send('"ping"');
  }

  /** What the station itself says. */
  #told({ token, peer, refused, ended }) {
    if (token) {
      const first = !this.#token;
      this.#token = token;
      if (first && this.#first) this.#on('code', this.#code);
      if (this.#lostAt) {
        this.#lostAt = undefined;
        this.#on('found', '');
      }
    }
    if (refused === 'taken' && this.#first && !this.#token) {
      this.#code = newCode();
      const socket = this.#socket;
      this.#connect();
      return socket.close();
    }
    if (refused) return this.#end(refused);
    if (ended) return this.#end(ended);
    if (peer === false && this.#keys) this.#on('away', '');
    if (peer === true && this.#keys) {
      this.#on('back', '');
      this.#frame(RESUME, numbered(this.#received));
    }
    if (peer === true && !this.#begun) this.#agree();
  }

  async #agree() {
    this.#begun = true;
    const say = (what) => this.#frame(HANDSHAKE, encoder.encode(JSON.stringify(what)));
    const hear = async () => {
      if (!this.#heard.length) await new Promise((resolve) => (this.#hearing = resolve));
      const what = this.#heard.shift();
      if (what.wrong) throw new Error('wrong-code');
      return what;
    };
    try {
      this.#keys = await agree(this.#code, this.#first, say, hear);
      this.#on('ready', '');
      this.#kept.forEach(({ frame }) => frame());
    } catch (error) {
      // Whatever went wrong, it was the one try.
      this.#socket?.send('"end"');
      this.#end(error.message === 'wrong-code' ? 'wrong-code' : 'broken');
    }
  }

  #frame(kind, bytes) {
    if (this.#socket?.readyState === 1) this.#socket.send(joined([kind], bytes));
  }

  /** What the other end says. */
  #take(data) {
    const [kind, bytes] = [data[0], data.subarray(1)];
    const number = () => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    try {
      if (kind === HANDSHAKE && !this.#keys) {
        this.#heard.push(JSON.parse(decoder.decode(bytes)));
        this.#hearing?.();
      } else if (kind === SEALED) {
        // One after the other: opening takes its time.
        this.#opening = this.#opening.then(() => this.#open(number(), bytes.slice(4)));
      } else if (kind === RECEIVED) {
        this.#drop(number());
      } else if (kind === RESUME) {
        this.#drop(number());
        this.#kept.forEach(({ frame }) => frame());
      }
    } catch {
      // What makes no sense was not said by the other end.
    }
  }

  #drop(received) {
    this.#kept = this.#kept.filter(({ number }) => number > received);
  }

  async #open(number, sealed) {
    // It came before, or one before it is still missing and will be asked for.
    if (!this.#keys || number <= this.#received) return;
    if (number > this.#received + 1) {
      if (this.#missing !== this.#received) this.#frame(RESUME, numbered(this.#received));
      this.#missing = this.#received;
      return;
    }
    const opened = await crypto.subtle.decrypt(sealing(number), this.#keys.open, sealed).catch(() => undefined);
    if (!opened) return;
    this.#received = number;
    this.#frame(RECEIVED, numbered(number));
    this.#on('message', decoder.decode(opened));
  }

  /** Says something to the other end, now or as soon as it is there. */
  send(text) {
    const number = ++this.#sent;
    const one = { number, size: text.length, frame: () => {} };
    this.#kept.push(one);
    if (this.#kept.reduce((sum, { size }) => sum + size, 0) > KEPT) return this.#end('too-much');
    this.#turn = this.#turn.then(async () => {
      while (!this.#keys && !this.#ended) await new Promise((resolve) => setTimeout(resolve, 50));
      if (this.#ended) return;
      const sealed = await crypto.subtle.encrypt(sealing(number), this.#keys.seal, encoder.encode(text));
      one.frame = () => this.#frame(SEALED, joined(numbered(number), sealed));
      one.frame();
    });
  }

  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#timers.forEach((timer) => clearInterval(timer));
    this.#socket?.close();
    this.#on('ended', reason);
  }

  /** Ends it, for both. */
  close() {
    if (this.#socket?.readyState === 1) this.#socket.send('"end"');
    this.#end('left');
  }
}

/** For who has no classes of JavaScript's: opens or joins; `code` empty to open. */
export const channel = (base, code, on) => new Channel(base, code, on);
