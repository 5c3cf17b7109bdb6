/**
 * Secrets of several stations, sealed with the key that all of them have, in the register `secrets`
 * beside their log. Each station has a copy in memory and looks every few seconds whether another
 * has put a new one there.
 *
 * With them is the term in which they were written. Whoever begins to lead writes his own there before
 * his duties begin. From then on whoever led before is refused: he may write only behind what he has
 * seen, and of what he sees then the term is later than his.
 */

import { SealedTable } from '../../disk/sealed-table.ts';
import { AppendFailedError, OutcomeUnknownError } from '../../log/log.ts';
import type { Register } from '../../log/register.ts';
import { registerBytesMax } from '../../log/register.ts';
import { StationUnavailableError } from '../result.ts';
import type { Keys } from './keys.ts';
import type { Secret, Secrets } from './secrets.ts';

/** How often it is looked for what others have changed, ms. */
const lookMs = 5_000;
/** How often a change is tried that others come before. */
const triesMax = 32;
/** What only the right key opens; no secret has such a name. */
const proof = 'key of the cluster';
const proven: Secret = { user: '', password: '' };
/** The term in which they were written last; no secret has such a name either. */
const termOf = 'term of the cluster';
const own: ReadonlySet<string> = new Set([proof, termOf]);

export interface SharedSecretsParts {
  readonly register: Register;
  readonly keys: Keys;
  /** Has something done again and again, until what it returns is called. */
  readonly every: (ms: number, work: () => void) => () => void;
  /** Told when what others changed cannot be read, and when it can be again. */
  readonly told: (trouble: Error | null) => void;
  /** What whoever writes is told where another station has begun a later term. */
  readonly notLeading: () => Error & { readonly code: string };
  /** What is put there where nothing is. */
  readonly first: ReadonlyMap<string, Secret>;
}

export class SharedSecrets implements Secrets {
  readonly #parts: SharedSecretsParts;
  #table: SealedTable<Secret>;
  #version = 0;
  /** In which this station has led last; 0: never. */
  #term = 0;
  #looking: Promise<void> | undefined;
  #isLost = false;
  /** Whether this station has put there what is first in it. */
  isFirst = false;
  readonly #cancel: () => void;

  private constructor(parts: SharedSecretsParts) {
    this.#parts = parts;
    this.#table = SealedTable.empty(parts.keys.keyFor('secret store'));
    this.#cancel = parts.every(lookMs, () => void this.look());
  }

  /**
   * Reads what is there, and proves that the key is the one of the cluster. The first station of all
   * leaves the proof.
   *
   * @throws {StationUnavailableError} the key is another one; or what is there cannot be read now
   */
  static async open(parts: SharedSecretsParts): Promise<SharedSecrets> {
    const secrets = new SharedSecrets(parts);
    try {
      await secrets.#read();
      // Where another was first, this finds out whether it has the same key.
      if (secrets.#version === 0) await secrets.#begin();
      secrets.#prove();
      return secrets;
    } catch (error) {
      secrets.close();
      if (error instanceof StationUnavailableError) throw error;
      const why = `the secrets of the cluster cannot be read: ${(error as Error).message}; try again`;
      throw new StationUnavailableError(why, { cause: error });
    }
  }

  trouble(): undefined {
    return undefined;
  }

  get(name: string): Secret | undefined {
    return this.#table.get(name);
  }

  get names(): readonly string[] {
    return this.#table.names.filter((name) => !own.has(name));
  }

  async put(secrets: ReadonlyMap<string, Secret>): Promise<void> {
    await this.change(secrets, []);
  }

  async change(put: ReadonlyMap<string, Secret>, forget: readonly string[]): Promise<void> {
    await this.#write((table) => table.changed(this.#newIn(put), forget));
  }

  async update(
    name: string,
    change: (present: Secret | undefined) => Secret | null,
  ): Promise<void> {
    await this.#write((table) => {
      const next = change(table.get(name));
      return next ? table.changed(this.#newIn(new Map([[name, next]])), []) : table;
    });
  }

  /** Looks now for what others have changed; joins a look that is under way. Never rejects. */
  look(): Promise<void> {
    return (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  /** Joins no look that is under way, which may have read before. */
  async catchUp(term: number): Promise<void> {
    await this.#read();
    this.#term = term;
    const secret: Secret = { user: '', password: String(term) };
    await this.#replace((table) => table.changed(this.#newIn(new Map([[termOf, secret]])), []));
  }

  close(): void {
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { told } = this.#parts;
    try {
      await this.#read();
      if (this.#isLost) told(null);
      this.#isLost = false;
    } catch (error) {
      // What is known goes on to be right, or is tried again where it is not.
      if (!this.#isLost) told(error as Error);
      this.#isLost = true;
    }
  }

  async #read(): Promise<void> {
    const entry = await this.#parts.register.read();
    // One that was read before a change of our own came there says nothing new.
    if (!entry || entry.version <= this.#version) return;
    this.#table = this.#parsed(entry.value);
    this.#version = entry.version;
  }

  /** All at once, so that no station ever finds a part of it. */
  async #begin(): Promise<void> {
    const { register, first } = this.#parts;
    const next = this.#table.changed(new Map([...first, [proof, proven]]), []);
    const version = await register.replace(0, Buffer.from(next.toString()));
    if (version === undefined) return this.#read();
    [this.#table, this.#version, this.isFirst] = [next, version, true];
  }

  async #write(change: (table: SealedTable<Secret>) => SealedTable<Secret>): Promise<void> {
    try {
      await this.#replace(change);
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (error instanceof StationUnavailableError || code === 'not-leading') throw error;
      const why = `the secrets of the cluster cannot be written: ${(error as Error).message}`;
      throw new AppendFailedError(why, { cause: error });
    }
  }

  /** Changes what is there now, as often as another comes first. An outcome that is unknown is looked at. */
  async #replace(change: (table: SealedTable<Secret>) => SealedTable<Secret>): Promise<void> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      this.#mustNotBeDeposed();
      const next = change(this.#table);
      if (next === this.#table) return;
      const text = next.toString();
      const value = Buffer.from(text);
      if (value.length > registerBytesMax)
        throw new Error(`they are more than ${registerBytesMax} bytes`);
      const seen = this.#version;
      try {
        const version = await this.#parts.register.replace(seen, value);
        if (version !== undefined) {
          // A look may have brought it, or what came after it, before the answer did.
          if (version > this.#version) [this.#table, this.#version] = [next, version];
          return;
        }
      } catch (error) {
        if (!(error instanceof OutcomeUnknownError)) throw error;
      }
      await this.#read();
      // It was written after all: nothing is ever sealed twice to the same.
      if (this.#version > seen && this.#table.toString() === text) return;
    }
    throw new Error(`others have changed them ${triesMax} times meanwhile; try again`);
  }

  /** @throws {NotLeadingError} another station has begun a later term, and has written that there */
  #mustNotBeDeposed(): void {
    if (Number(this.get(termOf)?.password ?? 0) > this.#term) throw this.#parts.notLeading();
  }

  /** What is not there as it is to be. */
  #newIn(put: ReadonlyMap<string, Secret>): ReadonlyMap<string, Secret> {
    const changed = [...put].filter(([name, { user, password }]) => {
      const present = this.get(name);
      return present?.user !== user || present.password !== password;
    });
    return new Map(changed);
  }

  #parsed(value: Buffer): SealedTable<Secret> {
    const key = this.#parts.keys.keyFor('secret store');
    return SealedTable.parse<Secret>(key, value.toString('utf8'));
  }

  #prove(): void {
    let isProven = false;
    try {
      isProven = this.get(proof) !== undefined;
    } catch {
      // Sealed with another key.
    }
    if (!isProven)
      throw new StationUnavailableError(
        'this station.key is not that of the cluster: copy station.key of another station into the ' +
          'data directory (mode 0600)',
      );
  }
}
