// Images to update with.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { root } from './places.mjs';

/** A raw image of this many KiB for this address, whose vector table is right for most chips. */
export function image(kib, address = 0x08000000) {
  const bytes = execFileSync(process.execPath, [join(root, 'scripts/sample-image.mjs'), `${kib}`]);
  bytes.writeUInt32LE(address + 0x201, 4);
  return bytes;
}

/** The same as Intel HEX, without its blank lines of 16 bytes, as linkers write it. */
export function intelHex(bytes, address = 0x08000000) {
  const lines = [];
  const record = (offset, type, data) => {
    const body = Buffer.from([data.length, offset >> 8, offset & 0xff, type, ...data]);
    const sum = body.reduce((sum, byte) => sum + byte, 0);
    lines.push(`:${Buffer.from([...body, -sum & 0xff]).toString('hex').toUpperCase()}`);
  };
  for (let at = 0; at < bytes.length; at += 16) {
    const here = address + at;
    if (at === 0 || here % 0x10000 === 0) record(0, 4, [here >>> 24, (here >>> 16) & 0xff]);
    const data = bytes.subarray(at, at + 16);
    if (data.some((byte) => byte !== 0xff)) record(here & 0xffff, 0, data);
  }
  record(0, 1, []);
  return `${lines.join('\r\n')}\r\n`;
}
