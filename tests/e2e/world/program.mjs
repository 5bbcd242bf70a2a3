// A program that is told one line and answers one line.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How long an answer may take, in ms, before the program counts as stuck. */
const PATIENCE = 20_000;

export class Program {
  #child;
  #lines;
  #errors = '';
  #ended;

  /** Starts it; what it says on standard error is kept for the error that ends a test. */
  constructor(command, args, env = {}) {
    this.command = command;
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
    this.#child.stderr.on('data', (text) => (this.#errors += text));
    // A program that ended cannot be told anything; that it ended is found out by the missing answer.
    this.#child.stdin.on('error', () => {});
    this.#ended = once(this.#child, 'close').catch((error) => (this.#errors += error.message));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line of its standard output. */
  async line() {
    let timer;
    const stuck = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.command} says nothing: ${this.#errors}`)), PATIENCE);
    });
    const { value, done } = await Promise.race([this.#lines.next(), stuck]).finally(() => clearTimeout(timer));
    if (done) throw new Error(`${this.command} ended: ${this.#errors}`);
    return value;
  }

  /** Tells it a line and gives back its answer. */
  async ask(line) {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.line();
    if (answer.startsWith('error:')) throw new Error(`${this.command}, told to ${line}: ${answer}`);
    return answer;
  }

  /** Ends it as Ctrl-C would, or with the end of its input, and gives back its exit code. */
  async stop(signal) {
    this.#child.stdin.end();
    if (signal) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    await this.#ended.finally(() => clearTimeout(timer));
    return this.#child.exitCode;
  }
}
