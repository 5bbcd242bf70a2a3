// When the next unit of many starts by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Row } from '../../src/technician/row.js';

const device = {
  stage: 'start', outcome: '', code: '', says: '', chip: 'STM32F405', uniqueId: 'A', serial: 'A', hardwareVersion: 'mp',
  softwareType: 'stm32-fw', version: '', hash: '', older: false, usb: false, percent: 0,
};
const release = { version: '2.0.0', hash: 'cafe' };

/** A row, its time in ms, and what happens to it. */
class Bench {
  now = 1_000_000;
  started = 0;
  row = new Row();

  /** The page shows these stages of a unit, one after the other. */
  shows(unit, ...stages) {
    for (const stage of stages) {
      this.now += 1000;
      const offered = ['ready', 'downloading', 'updating', 'ended'].includes(stage) ? { ...release, ...unit.offered } : {};
      if (this.row.see({ ...device, ...unit, ...offered, stage, outcome: '', code: '' }, this.now)) this.started += 1;
    }
  }

  ends(unit, outcome, code = '') {
    this.now += 1000;
    this.row.see({ ...device, ...release, ...unit, ...unit.offered, stage: 'ended', outcome, code }, this.now);
  }

  /** A person updates a unit. */
  byHand(unit) {
    this.shows(unit, 'connecting', 'asking', 'ready', 'downloading', 'updating');
    this.ends(unit, 'updated');
  }

  /** A unit is plugged in and shows up to its offer. Says whether it was connected. */
  plug(unit) {
    this.now += 10_000;
    this.row.unplugged(this.now);
    const connects = this.row.plugged(this.now);
    if (connects) this.shows(unit, 'connecting', 'asking', 'ready');
    return connects;
  }
}

test('nothing starts by itself before one unit was updated by hand', () => {
  const bench = new Bench();
  assert.equal(bench.plug({}), false);
  bench.shows({}, 'connecting', 'asking', 'ready');
  assert.equal(bench.started, 0);
  assert.equal(bench.row.state, 'first');
});

test('after the first unit each next one of the same kind starts by itself', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  assert.equal(bench.row.state, 'done');
  for (const uniqueId of ['B', 'C']) {
    assert.equal(bench.plug({ uniqueId }), true);
    bench.shows({ uniqueId }, 'downloading', 'updating');
    bench.ends({ uniqueId }, 'updated');
  }
  assert.equal(bench.started, 2);
  const { updated, failed, average } = bench.row.tally();
  assert.deepEqual({ updated, failed }, { updated: 3, failed: 0 });
  // By hand from the download on: 2 s; by itself from the plug on: 6 s.
  assert.equal(average.toFixed(2), '4.67');
});

test('a unit that was just updated counts as the first one when the row is turned on', () => {
  const bench = new Bench();
  bench.row.turnOn({ ...device, ...release, stage: 'ended', outcome: 'updated' });
  assert.equal(bench.plug({ uniqueId: 'A' }), true);
  assert.equal(bench.started, 0, 'it was updated before');
  assert.equal(bench.plug({ uniqueId: 'B' }), true);
  assert.equal(bench.started, 1);
});

test('a unit of an earlier row gets a newer release', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  const offered = { version: '2.1.0', hash: 'beef' };
  bench.row = new Row(bench.row.units);
  bench.byHand({ uniqueId: 'B', offered });
  assert.equal(bench.plug({ uniqueId: 'A', offered }), true);
  assert.equal(bench.started, 1);
});

for (const [what, unit, reason] of [
  ['another release', { offered: { version: '2.1.0' } }, 'other-release'],
  ['another file under the same version', { offered: { hash: 'beef' } }, 'other-release'],
  ['another hardware version', { hardwareVersion: 'evt' }, 'other-product'],
  ['another software type', { softwareType: 'loader' }, 'other-product'],
  ['a step back', { older: true }, 'older'],
]) {
  test(`${what} stops the row and asks, and the next unit waits until someone has looked`, () => {
    const bench = new Bench();
    bench.byHand({ uniqueId: 'A' });
    assert.equal(bench.plug({ uniqueId: 'B', ...unit }), true);
    assert.equal(bench.started, 0);
    assert.deepEqual([bench.row.state, bench.row.reason], ['asks', reason]);
    assert.equal(bench.plug({ uniqueId: 'C' }), false);
    bench.row.goOn();
    assert.equal(bench.plug({ uniqueId: 'C' }), true);
    assert.equal(bench.started, 1);
  });
}

for (const stage of ['details', 'permission']) {
  test(`a unit that needs ${stage} stops the row and asks`, () => {
    const bench = new Bench();
    bench.byHand({ uniqueId: 'A' });
    bench.now += 10_000;
    assert.equal(bench.row.plugged(bench.now), true);
    bench.shows({ uniqueId: 'B' }, 'connecting', stage);
    assert.deepEqual([bench.row.state, bench.row.reason], ['asks', stage]);
  });
}

test('another release that was confirmed by hand is the one from then on', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  const offered = { version: '2.1.0', hash: 'beef' };
  bench.plug({ uniqueId: 'B', offered });
  bench.shows({ uniqueId: 'B', offered }, 'downloading', 'updating');
  bench.ends({ uniqueId: 'B', offered }, 'updated');
  assert.equal(bench.plug({ uniqueId: 'C', offered }), true);
  assert.equal(bench.started, 1);
});

test('a unit that was connected by hand is not updated by itself', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  bench.shows({ uniqueId: 'B' }, 'connecting', 'asking', 'ready');
  assert.equal(bench.started, 0);
  assert.deepEqual([bench.row.state, bench.row.reason], ['asks', 'by-hand']);
  bench.shows({ uniqueId: 'B' }, 'downloading', 'updating');
  bench.ends({ uniqueId: 'B' }, 'updated');
  assert.equal(bench.row.state, 'done');
});

test('a unit that failed is counted by its code and the next one starts', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  bench.plug({ uniqueId: 'B' });
  bench.shows({ uniqueId: 'B' }, 'downloading', 'updating');
  bench.ends({ uniqueId: 'B' }, 'failed', 'unplugged');
  bench.row.unplugged(bench.now);
  assert.equal(bench.row.state, 'failed', 'as it is to be seen');
  assert.equal(bench.plug({ uniqueId: 'C' }), true);
  assert.deepEqual(bench.row.tally().codes, { unplugged: 1 });
});

test('a unit that has to be reset stops the row, whatever is plugged in next', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  bench.plug({ uniqueId: 'B' });
  bench.shows({ uniqueId: 'B' }, 'downloading', 'updating');
  bench.ends({ uniqueId: 'B' }, 'failed', 'needs-reset');
  assert.deepEqual([bench.row.state, bench.row.reason], ['asks', 'reset']);
  assert.equal(bench.plug({ uniqueId: 'B' }), false);
  bench.row.goOn();
  assert.equal(bench.plug({ uniqueId: 'B' }), true);
});

test('three failures one after the other stop the row', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  for (const uniqueId of ['B', 'C', 'D']) {
    assert.equal(bench.plug({ uniqueId }), true);
    bench.ends({ uniqueId }, 'failed', 'no-answer');
  }
  assert.deepEqual([bench.row.state, bench.row.reason], ['asks', 'failures']);
});

test('a cancelled unit stops the row', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  bench.plug({ uniqueId: 'B' });
  bench.ends({ uniqueId: 'B' }, 'cancelled');
  assert.deepEqual([bench.row.state, bench.row.reason], ['asks', 'cancelled']);
});

test('a unit that was updated in this row is not updated once more', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  assert.equal(bench.plug({ uniqueId: 'A' }), true);
  assert.equal(bench.started, 0);
  assert.equal(bench.row.state, 'known');
  assert.equal(bench.row.units.length, 1);
});

test('an application that comes up on USB after its update is not the next unit', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A', usb: true });
  bench.now += 500;
  bench.row.unplugged(bench.now);
  bench.now += 1000;
  assert.equal(bench.row.plugged(bench.now), false);
  assert.equal(bench.row.state, 'done', 'it is still to be unplugged');
  assert.equal(bench.plug({ uniqueId: 'B', usb: true }), true);
});

test('what is in update mode is the next unit, however soon it comes', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A', usb: true });
  bench.now += 1000;
  assert.equal(bench.row.plugged(bench.now, true), true);
});

test('what is plugged in while a unit is at work does not disturb it', () => {
  const bench = new Bench();
  bench.byHand({ uniqueId: 'A' });
  bench.plug({ uniqueId: 'B' });
  bench.shows({ uniqueId: 'B' }, 'downloading');
  assert.equal(bench.row.plugged(bench.now), false);
  bench.row.unplugged(bench.now);
  assert.equal(bench.row.state, 'working');
});
