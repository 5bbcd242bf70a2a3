// Where things are.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const world = fileURLToPath(new URL('./', import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

/** A program of the workspace. */
export const built = (name) => join(target, 'debug', name);

/** The page. */
export const app = join(root, 'dist');

/** Pictures of the page, for people to look at. */
export const screenshots = join(target, 'screenshots');

let library;

/** The library that makes a pseudo-terminal pass as a serial port; compiled at its first use. */
export function ptyPortLibrary() {
  if (!library) {
    mkdirSync(target, { recursive: true });
    library = join(target, 'pty_port.so');
    execFileSync('cc', ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', library, join(world, 'pty_port.c')]);
  }
  return library;
}
