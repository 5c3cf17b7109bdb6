/** Files of known hosts: read again when they change, and added to by one writer at a time. */

import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HeldElsewhereError, hold } from '../../disk/held.ts';
import type { Held } from '../../disk/held.ts';
import { makeFolderSync } from '../../disk/lasting-file.ts';
import {
  joinKnownHosts,
  knownHostLine,
  knownOf,
  parseKnownHosts,
  standingOf,
} from './known-hosts.ts';
import type { KnownHosts } from './known-hosts.ts';
import { pause } from './time.ts';
import type { Time } from './time.ts';

/** A file longer than this is refused, bytes: a line of each of 65,536 hosts, and three keys each. */
export const knownHostsBytesMax = 64 * 1024 * 1024;
/** How long a second writer waits for the first, ms. */
const patienceMs = 5_000;

interface Read {
  readonly stamp: string;
  readonly known: KnownHosts;
}

export interface KnownHostsFiles {
  /** Absolute paths. What is learnt goes to the first; each may be missing. */
  readonly paths: readonly string[];
  /** Whether names that are learnt are written as hashes; absent: as they are. */
  readonly hashed?: boolean;
}

export class KnownHostsStore {
  readonly #files: KnownHostsFiles;
  readonly #time: Time;
  readonly #random: (bytes: number) => Buffer;
  readonly #reads = new Map<string, Read>();
  #joined: { stamp: string; known: KnownHosts } | undefined;

  constructor(files: KnownHostsFiles, time: Time, random: (bytes: number) => Buffer) {
    this.#files = files;
    this.#time = time;
    this.#random = random;
  }

  /**
   * All that is known now.
   *
   * @throws a file is there and cannot be read: what it would have said must not be passed over
   */
  known(): KnownHosts {
    const reads = this.#files.paths.map((path) => this.#read(path));
    const stamp = reads.map((read) => read.stamp).join('\n');
    if (this.#joined?.stamp !== stamp)
      this.#joined = {
        stamp,
        known: joinKnownHosts(reads.map(({ known }) => known)),
      };
    return this.#joined.known;
  }

  #read(path: string): Read {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { stamp: 'missing', known: parseKnownHosts('') };
    if (stat.size > knownHostsBytesMax)
      throw new Error(`${path} has ${stat.size} bytes; at most ${knownHostsBytesMax} are read`);
    const stamp = `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    const before = this.#reads.get(path);
    if (before?.stamp === stamp) return before;
    const read = { stamp, known: parseKnownHosts(readFileSync(path, 'utf8')) };
    this.#reads.set(path, read);
    return read;
  }

  /**
   * Trusts a host by this key from now on, unless another was written for it in the meantime.
   *
   * @param host as `hostPattern` has it
   * @returns whether it is known by this key now
   * @throws the file cannot be written, or somebody holds it for too long
   */
  async learn(host: string, key: Buffer, signal: AbortSignal): Promise<boolean> {
    const [path] = this.#files.paths;
    if (path === undefined) throw new Error('there is no file to write known hosts to');
    makeFolderSync(dirname(path), 0o700);
    const held = await this.#hold(`${path}.lock`, signal);
    try {
      // Whoever held it before may have learnt the same host.
      this.#reads.delete(path);
      const standing = standingOf(knownOf(this.known(), host), key);
      if (standing !== 'unknown') return standing === 'known';
      const salt = this.#files.hashed === true ? this.#random(20) : undefined;
      appendLine(path, knownHostLine(host, key, salt));
      return true;
    } finally {
      held.release();
    }
  }

  async #hold(path: string, signal: AbortSignal): Promise<Held> {
    const until = this.#time.monotonic() + patienceMs;
    for (;;) {
      signal.throwIfAborted();
      try {
        return hold(path);
      } catch (error) {
        if (!(error instanceof HeldElsewhereError) || this.#time.monotonic() > until) throw error;
        await pause(this.#time, 10 + this.#random(1).readUInt8(0) / 8, signal);
      }
    }
  }
}

/**
 * One write at the end of the file, as long as there is room: a reader sees all of the line or nothing; ssh appends the
 * same way. What a full disk leaves of it says nothing to whoever reads, and the next line begins behind it.
 */
const appendLine = (path: string, line: string): void => {
  const file = openSync(path, 'a+', 0o600);
  try {
    const text = readFileSync(path, 'latin1');
    const begin = text === '' || text.endsWith('\n') ? '' : '\n';
    writeFileSync(file, `${begin}${line}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
