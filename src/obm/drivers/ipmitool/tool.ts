/** `ipmitool` as a process. Its password is in a file that only we can read, for as long as the process runs. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ObmError } from '../../errors.ts';
import type { ObmReason } from '../../errors.ts';
import type { Surroundings } from '../driver.ts';
import { environment, linesOf, run } from '../program.ts';
import type { Ended } from '../program.ts';
import { suitesOf } from './settings.ts';
import type { IpmitoolInfo } from './settings.ts';

/** Seconds after which a packet is sent again, how often it is sent, and how long all of it may take. */
interface Patience {
  readonly again: number;
  readonly times: number;
  readonly limitSeconds: number;
  /** It does not say why it fails. */
  readonly isQuiet: boolean;
}

/** What may be sent again. */
const reading: Patience = { again: 1, times: 4, limitSeconds: 15, isQuiet: false };
/** What must not. */
const ordering: Patience = { again: 10, times: 1, limitSeconds: 45, isQuiet: false };

export interface Said {
  readonly ok: boolean;
  /** Whole lines. */
  readonly out: readonly string[];
  /** Why it failed, null where that is not known: it may have been carried out. */
  readonly error: ObmError | null;
}

export class Tool {
  readonly #info: IpmitoolInfo;
  readonly #surroundings: Surroundings;
  readonly #suites: readonly number[];
  /** Of the suites, the one that was accepted last. */
  #suite = 0;

  constructor(info: IpmitoolInfo, surroundings: Surroundings) {
    this.#info = info;
    this.#surroundings = surroundings;
    this.#suites = suitesOf(info);
  }

  /** @throws {ObmError} it could not be read */
  async read(
    words: readonly string[],
    signal: AbortSignal,
    patience = reading,
  ): Promise<readonly string[]> {
    const { ok, out, error } = await this.#say(words, patience, signal);
    if (ok) return out;
    throw error ?? new ObmError('no-answer', 'the BMC did not answer');
  }

  /**
   * The same for words that print otherwise where ipmitool is to say why it fails. Whether there is a way in, and why
   * not, is found out before.
   */
  async readQuietly(words: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    await this.read(['chassis', 'power', 'status'], signal);
    return this.read(words, signal, { ...reading, isQuiet: true });
  }

  /**
   * Sends what must not be sent twice, once.
   *
   * @throws {ObmError} it was certainly not sent
   */
  order(words: readonly string[], signal: AbortSignal): Promise<Said> {
    return this.#say(words, ordering, signal);
  }

  /** The next suite is tried where one is refused, which is before anything is sent. */
  async #say(words: readonly string[], patience: Patience, signal: AbortSignal): Promise<Said> {
    for (let tries = 1; ; tries++) {
      const { code, wasEnded, stdout, stderr } = await this.#run(words, patience, signal);
      if (code === 0) return { ok: true, out: linesOf(stdout), error: null };
      const lines = linesOf(stderr);
      const error = wasEnded ? null : failure(lines);
      if (wasEnded || !lines.includes(notOpened)) return { ok: false, out: [], error };
      // No session, so nothing was sent in one.
      if (error?.reason !== 'unsupported-suite' || tries >= this.#suites.length) throw error!;
      this.#suite = (this.#suite + 1) % this.#suites.length;
    }
  }

  async #run(words: readonly string[], patience: Patience, signal: AbortSignal): Promise<Ended> {
    const { time, random, privateDirectory } = this.#surroundings;
    const { pass } = this.#info;
    const file = join(privateDirectory, random(16).toString('hex'));
    // An empty password is none, and ipmitool takes none from a file.
    const password = pass === '' ? ['-P', ''] : ['-f', file];
    if (pass !== '') writeFileSync(file, pass, { mode: 0o600, flag: 'wx' });
    try {
      const args = [...this.#place(patience), ...password, ...words];
      const env = environment([], { HOME: privateDirectory });
      const { limitSeconds } = patience;
      return await run({ program: 'ipmitool', args, env, limitSeconds }, time, signal);
    } finally {
      rmSync(file, { force: true });
    }
  }

  #place({ again, times, isQuiet }: Patience): readonly string[] {
    const { addr, port, user, privilege = 'operator' } = this.#info;
    return [
      ...(isQuiet ? [] : ['-v']),
      ...['-Z', '-I', 'lanplus', '-C', String(this.#suites[this.#suite]!)],
      ...['-N', String(again), '-R', String(times), '-L', privilege.toUpperCase()],
      ...['-H', addr, '-U', user],
      ...(port === undefined ? [] : ['-p', String(port)]),
    ];
  }
}

/** What it says where there is no session, and nothing was sent in one. */
const notOpened = 'Error: Unable to establish IPMI v2 / RMCP+ session';
/** Whole lines of its, and what they mean. What the BMC says is not among them. */
const meanings: readonly (readonly [RegExp, ObmReason, string])[] = [
  [/^> RAKP 2 HMAC is invalid$/, 'credentials-refused', 'the password was refused'],
  [
    /^RAKP [24] message indicates an error : (unauthorized name|invalid integrity check value)$/,
    'credentials-refused',
    'the user or the password was refused',
  ],
  [
    /^(RAKP [24] message indicates an error|Error in open session response message) : insufficient resources/,
    'no-session-left',
    'the BMC has no session left',
  ],
  [
    /^RAKP [24] message indicates an error : .*(role|privilege)/,
    'privilege',
    'the user may not have such a session',
  ],
  [/^Error in open session response message : /, 'unsupported-suite', 'the suite was refused'],
  [/^Address lookup for .* failed$/, 'network', 'the address cannot be resolved'],
  [/ failed: Insufficient privilege level$/, 'privilege', 'the user may not do this'],
  [/ failed: Node busy$/, 'busy', 'the BMC is busy'],
  [
    /^(Set Chassis Power Control to .*|Get Chassis Power Status|.* failed): /,
    'refused',
    'the BMC refused it',
  ],
];

/** The BMC took it, and does not know itself what became of it. */
const doubtful = /^Set Chassis Power Control to .* failed: (Timeout|Unspecified error|Unknown.*)$/;

/** null where nothing says that it was not carried out. */
const failure = (lines: readonly string[]): ObmError | null => {
  if (lines.some((line) => doubtful.test(line))) return null;
  for (const [line, reason, words] of meanings)
    if (lines.some((one) => line.test(one))) return new ObmError(reason, words);
  return lines.includes(notOpened) ? new ObmError('no-answer', 'the BMC does not answer') : null;
};
