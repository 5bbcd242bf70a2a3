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

/** The texts that people read. */
export const languages = join(root, 'languages');

/** Pictures of the page, for people to look at. */
export const screenshots = join(target, 'screenshots');

/** Pictures of every state of it, with a page that shows them. */
export const shots = join(target, 'shots');

const libraries = {};

/** A library of this folder's C that makes something simulated pass as a device; compiled at its first use. */
export function library(name) {
  if (!libraries[name]) {
    mkdirSync(target, { recursive: true });
    libraries[name] = join(target, `${name}.so`);
    const source = join(world, `${name}.c`);
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', libraries[name], source]);
  }
  return libraries[name];
}
