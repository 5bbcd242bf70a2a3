// Tables for spreadsheets.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csv } from '../../src/technician/csv.js';

test('cells stand in quotation marks, rows end with CRLF', () => {
  assert.equal(csv([['unit', 'says'], [1, 'a "quoted", word\nand a line']]), '"unit","says"\r\n"1","a ""quoted"", word\nand a line"\r\n');
});

test('no text becomes a formula', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
    assert.equal(csv([[text]]), `"'${text}"\r\n`);
  }
  assert.equal(csv([[-1.5]]), '"-1.5"\r\n', 'a number is none');
  assert.equal(csv([['a=1']]), '"a=1"\r\n');
});
