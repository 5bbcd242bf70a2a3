// Who a device is, without a device: what fieldflash.json may say of that, and what bytes and answers come to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ask, asks, forget, learned, memory, take } from '../../src/identity.js';
import { root } from './world/places.mjs';

/** The identities that the document has as examples. */
function documented() {
  const document = readFileSync(join(root, 'docs/fieldflash-json.md'), 'utf8');
  const examples = [...document.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => JSON.parse(text));
  return examples.map(({ identity }) => identity).filter((it) => it);
}

const taking = (identity) => take(JSON.stringify({ product: { identity } }));
const bytes = (text) => new Uint8Array(Buffer.from(text, 'latin1'));
/** What a serial number of these bytes comes to. */
const serial = (contents, as) => {
  assert.equal(taking({ serial: [{ address: '0x08020000', length: 16, as }] }), undefined);
  return learned('', [contents])[1];
};

test('each example of an identity in the document is one', () => {
  const examples = documented();
  assert.ok(examples.length >= 2);
  for (const identity of examples) assert.equal(taking(identity), undefined);
});

test('a source that is none is told', () => {
  const told = (source) => taking({ serial: [source] });
  assert.match(told('uid'), /serial: "uid" is neither/);
  assert.match(told(null), /neither/);
  assert.match(told({ address: '0x1FFF7800' }), /neither/);
  assert.match(told({ address: '1FFF7800', length: 4 }), /no address: "1FFF7800"/);
  assert.match(told({ address: 0, length: 0 }), /1 to 256/);
  assert.match(told({ address: 0, length: 4, as: 'utf8' }), /"text" or "hex"/);
  assert.match(told({ address: 0, length: 4, send: 'x' }), /neither/);
  assert.match(told({ send: 'x', pattern: 'x', baud: 1 }), /1200 to 2000000/);
  assert.match(told({ send: 'x', pattern: '(' }), /regular expression/);
  assert.match(taking({ colour: [] }), /unknown field colour/);
  assert.match(taking({ serial: 'unique-id' }), /must be a list/);
});

test('a device goes by its unique id unless something else is said', () => {
  taking({});
  assert.deepEqual(learned('00A5', []), ['device_serial', '00A5', 'the unique id']);
  taking({ serial: [] });
  assert.deepEqual(learned('00A5', []), []);
  assert.equal(asks(), false);
});

test('text ends where nothing was written', () => {
  assert.equal(serial(bytes('A-0017\0\0junk')), 'A-0017');
  assert.equal(serial(bytes(' evt2 \xff\xff')), 'evt2');
  for (const blank of ['\xff\xff', '\0\0', '   ', '\x80\x81', 'a\x07b']) assert.equal(serial(bytes(blank)), '', blank);
});

test('digits are those of all bytes unless none was written', () => {
  assert.equal(serial(bytes('\x00\xa5\xff'), 'hex'), '00A5FF');
  assert.equal(serial(bytes('\xff\xff'), 'hex'), '');
  assert.equal(serial(bytes('\x00\x00'), 'hex'), '');
  assert.equal(serial(bytes('\x11\x11'), 'hex'), '1111');
});

test('the first place that gives something is the one, and what cannot be read is passed over', () => {
  taking({
    serial: [{ address: 0x40000000, length: 4 }, { address: '0x08020000', length: 8 }, 'unique-id'],
    hardware_version: [{ address: '0x08020010', length: 1, as: 'hex' }],
  });
  assert.deepEqual(memory(), [0x40000000, 4, 0x08020000, 8, 0x08020010, 1]);
  const [, number, from, , version] = learned('00A5', [undefined, bytes('F-1\xff'), bytes('\x2b')]);
  assert.deepEqual([number, from, version], ['F-1', '8 bytes at 0x08020000', '2B']);
  assert.deepEqual(learned('00A5', [undefined, bytes('\xff'), bytes('\xff')]).slice(1), ['00A5', 'the unique id', 'hardware_version', '', '']);
});

/** A port whose application answers a line with these pieces, one a moment. */
function port(pieces) {
  const self = { opened: [], sent: '' };
  self.open = async (options) => {
    self.opened.push(options);
    let controller;
    self.readable = new ReadableStream({ start: (it) => (controller = it) });
    self.writable = new WritableStream({
      write: (chunk) => {
        self.sent += Buffer.from(chunk).toString();
        pieces.forEach((piece, at) => setTimeout(() => controller.enqueue(bytes(piece)), 10 * at));
      },
    });
  };
  self.close = async () => {
    if (self.readable.locked || self.writable.locked) throw new TypeError('a stream is locked');
    self.readable = self.writable = null;
  };
  self.setSignals = async (signals) => (self.signals = signals);
  return self;
}

const info = (pattern) => [{ send: 'info\r\n', pattern }];

test('an application is asked once for all, and its lines are waited for', async () => {
  taking({ serial: info('^serial: (\\S+)$'), installed_version: info('version: (\\S+)') });
  assert.ok(asks());
  const fan = port(['boot\r\nserial: F', '-17\r\nversion: 1.4', '.2\r\n> ']);
  assert.equal(await ask(fan, true), true);
  assert.deepEqual([fan.sent, fan.opened.length, fan.opened[0].baudRate], ['info\r\n', 1, 115_200]);
  assert.equal(fan.signals.dataTerminalReady, true);
  assert.equal(fan.readable, null, 'it was left open');
  const [, number, , , version] = learned('', []);
  assert.deepEqual([number, version], ['F-17', '1.4.2']);
  forget();
  assert.equal(learned('', [])[1], '');
});

test('an application that says nothing of it is given up after a second, and one that is silent said nothing', async () => {
  taking({ serial: info('serial: (\\S+)') });
  assert.equal(await ask(port(['what?\r\n']), false), true);
  assert.equal(learned('', [])[1], '');
  assert.equal(await ask(port([]), false), false);
});

test('what Memfault’s console command says is found by the document’s patterns, in colour, too', async () => {
  const identity = documented().find((it) => JSON.stringify(it).includes('get_device_info'));
  const said = ['S/N: F-17', 'SW type: fan-app', 'SW version: 1.0.0+6c108c4', 'HW version: fan_evt'];
  const logs = {
    plain: (line) => `[I] MFLT: ${line}\r\n`,
    'in colour': (line) => `[00:00:03.449,000] \x1b[0m<inf> mflt: ${line}\x1b[0m\r\n`,
  };
  for (const [name, log] of Object.entries(logs)) {
    taking(identity);
    assert.equal(await ask(port(['\r\n> get_device_info\r\n', ...said.map(log)]), false), true);
    const [, number, , , hardware, , , version] = learned('', []);
    assert.deepEqual([number, hardware, version], ['F-17', 'fan_evt', '1.0.0+6c108c4'], name);
  }
});
