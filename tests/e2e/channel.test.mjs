// The channel of live help by itself: that both ends agree where both know the code, and that nobody else does.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from './world/places.mjs';

const source = readFileSync(join(root, 'crates/support-desk/src/channel.js'), 'utf8');
const { Channel, agree, newCode, readCode } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

/** A pipe: what is said at one end is heard at the other, by way of `between`. */
function pipe(between = (what) => what) {
  const [said, waiting] = [[], []];
  const say = (what) => {
    said.push(between(structuredClone(what)));
    waiting.shift()?.();
  };
  const hear = async () => {
    while (!said.length) await new Promise((resolve) => waiting.push(resolve));
    const what = said.shift();
    if (what.wrong) throw new Error('wrong-code');
    return what;
  };
  return { say, hear };
}

/** Both ends of an agreement: what came of it at each. */
function between(customersCode, supportsCode, toSupport = pipe(), toCustomer = pipe()) {
  return Promise.allSettled([
    agree(customersCode, true, toSupport.say, toCustomer.hear),
    agree(supportsCode, false, toCustomer.say, toSupport.hear),
  ]);
}

/** The public half of a key that is nobody's. */
async function someKey() {
  const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
  return Buffer.from(await crypto.subtle.exportKey('raw', publicKey)).toString('hex');
}

const iv = new Uint8Array(12);
const message = new TextEncoder().encode('hello');

test('two who know the code have keys with which each reads the other', async () => {
  const [customer, support] = (await between('ACDE6789', 'ACDE6789')).map(({ value }) => value);
  for (const [from, to] of [[customer, support], [support, customer]]) {
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, from.seal, message);
    assert.deepEqual(new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, to.open, sealed)), message);
    // Nobody is answered with their own words.
    await assert.rejects(crypto.subtle.decrypt({ name: 'AES-GCM', iv }, from.open, sealed));
  }
});

test('a code that is wrong in any letter leads to no keys at either end', async () => {
  for (const wrong of ['ACDEA789', 'ACDE6A89', 'ACDE67A9', 'ACDE678A']) {
    const ends = await between('ACDE6789', wrong);
    assert.deepEqual(ends.map(({ reason }) => reason?.message), ['wrong-code', 'wrong-code'], wrong);
  }
});

test('who passes the messages on and puts keys of their own in is found out by both', async () => {
  // Who is in between speaks to each with a key that is theirs, and passes all else on.
  const key = await someKey();
  const exchanged = () => pipe((what) => (what.key ? { key } : what));
  const ends = await between('ACDE6789', 'ACDE6789', exchanged(), exchanged());
  assert.deepEqual(ends.map(({ status }) => status), ['rejected', 'rejected']);
});

test('who answers with what the other end said itself is found out', async () => {
  // The customer's own words come back as if they were support's.
  const mirror = pipe();
  mirror.say({ key: await someKey() });
  await assert.rejects(agree('ACDE6789', true, (what) => what.key || mirror.say(what), mirror.hear), /wrong-code/);
});

test('support opens nothing to who has not opened the same letter first', async () => {
  const [toSupport, toCustomer] = [pipe(), pipe()];
  const heard = [];
  const support = agree('ACDE6789', false, (what) => (heard.push(what), toCustomer.say(what)), toSupport.hear);
  toSupport.say({ key: await someKey() });
  toSupport.say({ commit: '00'.repeat(32) });
  toSupport.say({ open: '11'.repeat(32) });
  await assert.rejects(support);
  assert.deepEqual(heard.flatMap((what) => Object.keys(what)), ['key', 'commit', 'wrong']);
});

test('codes have letters only that are not taken for others, and are read as people type them', () => {
  for (let n = 0; n < 200; n++) assert.match(newCode(), /^[ACDEFGHJKMNPQRTUVWXY346789]{8}$/);
  assert.equal(readCode(' acde-67 89'), 'ACDE6789');
  for (const typed of ['', 'ACDE678', 'ACDE67890', 'ACDE678O', 'ACDE678É']) assert.equal(readCode(typed), undefined, typed);
});

/** A station with one room, in which so many of the messages that follow each other are lost. */
class FakeSocket {
  static seats = [];
  static loses = () => false;
  static reset(loses) {
    [FakeSocket.seats, FakeSocket.loses] = [[], loses];
  }

  readyState = 0;

  constructor() {
    setTimeout(() => {
      this.readyState = 1;
      this.onopen();
    });
  }

  #told(what) {
    setTimeout(() => this.readyState === 1 && this.onmessage({ data: JSON.stringify(what) }));
  }

  #other() {
    return FakeSocket.seats.find((other) => other && other !== this);
  }

  send(data) {
    if (typeof data !== 'string') {
      const other = this.#other();
      if (other && !FakeSocket.loses()) setTimeout(() => other.readyState === 1 && other.onmessage({ data: data.slice().buffer }));
      return;
    }
    const said = JSON.parse(data);
    if (said === 'ping') return this.#told({ pong: true });
    if (said === 'end') return this.#other()?.#told({ ended: 'left' });
    const seat = said.return ? Number(said.return) : FakeSocket.seats.length;
    FakeSocket.seats[seat] = this;
    this.#told({ token: `${seat}` });
    this.#told({ peer: !!this.#other() });
    this.#other()?.#told({ peer: true });
  }

  close() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    const seat = FakeSocket.seats.indexOf(this);
    if (seat >= 0) FakeSocket.seats[seat] = undefined;
    this.#other()?.#told({ peer: false });
    setTimeout(() => this.onclose());
  }
}

/** Two channels that are ready, and what support has heard. */
async function channels(t, loses) {
  globalThis.WebSocket = FakeSocket;
  FakeSocket.reset(() => false);
  const heard = [];
  const ready = () => {
    let resolve;
    return [new Promise((now) => (resolve = now)), () => resolve()];
  };
  const [[customerReady, customerIs], [supportReady, supportIs], [shown, show]] = [ready(), ready(), ready()];
  let code;
  const customer = new Channel('http://localhost/', '', (what, text) => {
    if (what === 'code') show((code = text));
    if (what === 'ready') customerIs();
  });
  await shown;
  const support = new Channel('http://localhost/', code, (what, text) => {
    if (what === 'ready') supportIs();
    if (what === 'message') heard.push(Number(text));
  });
  t.after(() => (customer.close(), support.close()));
  await Promise.all([customerReady, supportReady]);
  FakeSocket.loses = loses;
  const hears = async (count) => {
    while (heard.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(heard, Array.from({ length: count }, (_, n) => n));
  };
  return { customer, hears };
}

test('what is said arrives whole and in order, whatever the way loses', { timeout: 60_000 }, async (t) => {
  // One in seven, without a pattern (the constants of Numerical Recipes' generator).
  let state = 1;
  const { customer, hears } = await channels(t, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) < 2 ** 32 / 7);
  for (let n = 0; n < 20; n++) customer.send(`${n}`);
  await hears(20);
});

test('what was said while a connection was lost arrives when it is there again', { timeout: 60_000 }, async (t) => {
  const { customer, hears } = await channels(t, () => false);
  for (let n = 0; n < 10; n++) customer.send(`${n}`);
  await hears(10);
  FakeSocket.seats[0].close();
  for (let n = 10; n < 300; n++) customer.send(`${n}`);
  await hears(300);
});
