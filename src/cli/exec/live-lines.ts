/** Lines of many machines as they come, each with the name of its machine before it. */

import { hostPrefixes } from '../output/text.ts';
import type { Shell } from '../shell.ts';

/** A line longer than this is told in pieces, bytes. */
const lineMax = 64 * 1024;

export class LiveLines {
  readonly #shell: Shell;
  readonly #prefixOf: (host: string) => string;
  readonly #held = new Map<string, Buffer>();
  #passed = Promise.resolve();

  constructor(shell: Shell, hosts: readonly string[]) {
    this.#shell = shell;
    this.#prefixOf = hosts.length > 1 ? hostPrefixes(hosts) : () => '';
  }

  /** Resolves when they are taken: who reads slowly slows the machines down, and nothing piles up. */
  async take(host: string, from: 'stdout' | 'stderr', piece: Buffer): Promise<void> {
    const key = `${from} ${host}`;
    const held = this.#held.get(key);
    let text = held === undefined ? piece : Buffer.concat([held, piece]);
    const lines: Buffer[] = [];
    for (;;) {
      const at = text.indexOf('\n');
      const end = at < 0 && text.length > lineMax ? lineMax : at;
      if (end < 0) break;
      lines.push(text.subarray(0, end));
      text = text.subarray(at < 0 ? end : end + 1);
    }
    this.#held.set(key, text);
    await this.#pass(host, from, lines);
  }

  /** What was not ended by a line end. */
  async end(host: string): Promise<void> {
    for (const from of ['stdout', 'stderr'] as const) {
      const held = this.#held.get(`${from} ${host}`);
      this.#held.delete(`${from} ${host}`);
      if (held !== undefined && held.length > 0) await this.#pass(host, from, [held]);
    }
  }

  #pass(host: string, from: 'stdout' | 'stderr', lines: readonly Buffer[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    const prefix = Buffer.from(this.#prefixOf(host));
    const end = Buffer.from('\n');
    const all = Buffer.concat(lines.flatMap((line) => [prefix, line, end]));
    this.#passed = this.#passed.then(() => this.#shell.pass(all, from));
    return this.#passed;
  }
}
