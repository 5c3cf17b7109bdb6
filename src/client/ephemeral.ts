/**
 * A client that comes and goes: a process is there, under a lease, for as long as some work takes.
 *
 * Where the worker dies without a word, the lease runs out, and the station removes the process.
 */

import { createClient } from './client.ts';
import type { Client } from './client.ts';
import { ApiError } from './errors.ts';
import type { ClientOptions } from './transport.ts';
import type { Added, Configuration } from './types.ts';

export interface EphemeralOptions extends ClientOptions {
  /** Where the process is to be. */
  readonly host: string;
  /** A role that gives one independent process. */
  readonly role: string;
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  /** For how long the station may hear nothing, 5 to 86,400; default 30. */
  readonly leaseSeconds?: number | undefined;
  /** Told what goes wrong beside the work: the station is away, the lease is lost. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** What the work knows of its process besides the configuration. */
export interface EphemeralContext {
  /** Given when the station has removed the process: its endpoint may soon be somebody else's. */
  readonly lost: AbortSignal;
}

/** The role gives no process, a managed one, or several. Nothing of it was kept. */
export class UnsuitableRoleError extends Error {
  override readonly name = 'UnsuitableRoleError';
}

type AddedProcess = Added['processes'][number];

export const defaultLeaseSeconds = 30;
/** After a renewal that nobody took, the next one comes sooner, ms. */
const retryMs = 1000;
const reasonMax = 1024;

/**
 * Adds a process, does the work with its configuration, and removes the process. It is reported online
 * before the work, and after it offline, or failed where the work throws.
 *
 * @returns what the work returns; what the work throws is thrown again
 * @throws {UnsuitableRoleError | ApiError | UnreachableError} it could not be added; the work was not begun
 */
export const runEphemeral = async <T>(
  options: EphemeralOptions,
  body: (configuration: Configuration, context: EphemeralContext) => Promise<T>,
): Promise<T> => {
  const { host, role, overrides = {}, leaseSeconds = defaultLeaseSeconds } = options;
  const warn = options.warn ?? (() => undefined);
  const client = createClient(options);
  // Under its lease from the first moment: whatever happens now, nothing is left behind.
  const added = await client
    .addProcess({ host, role, overrides: { ...overrides }, tokens: true, lease: leaseSeconds })
    .catch((error: unknown) => {
      throw unsuitable(error, role) ?? error;
    });
  const process = await onlyOne(client, added, role);
  const { token, ...configuration } = process;
  const { fid } = configuration;
  // Its own token: that of whoever adds it may end before the work does.
  const instance = crypto.randomUUID();
  const timeoutMs = Math.min(options.timeoutMs ?? 10_000, leaseSeconds * 500);
  // What is waited for in a request must not outlast the lease that it renews.
  const busyMs = Math.min(options.busyMs ?? timeoutMs, leaseSeconds * 500);
  const own = createClient({ ...options, token, timeoutMs, busyMs });
  try {
    await own.reportState(fid, { state: 'online', instance });
  } catch (error) {
    await end(
      client,
      own,
      fid,
      { state: 'failed', reason: 'not begun', instance },
      () => undefined,
    );
    throw error;
  }

  const renewals = new Renewals(own, fid, instance, leaseSeconds, warn);
  const finish = async (state: 'offline' | 'failed', reason: string): Promise<void> => {
    await renewals.stop();
    if (renewals.lost.aborted) return;
    const last = { state, reason: reason.slice(0, reasonMax), instance };
    await end(client, own, fid, last, (error) =>
      warn(
        `could not report the end of ${fid}: ${messageOf(error)}; ` +
          `its lease of ${leaseSeconds} s runs out, and the station removes it`,
      ),
    );
  };
  let result: T;
  try {
    result = await body(configuration, { lost: renewals.lost });
  } catch (error) {
    await finish('failed', messageOf(error));
    throw error;
  }
  await finish('offline', '');
  return result;
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The refusal of a lease, in the words of who needs one. */
const unsuitable = (error: unknown, role: string): UnsuitableRoleError | undefined =>
  error instanceof ApiError && error.code === 'process-managed'
    ? new UnsuitableRoleError(`the role ${role} gives managed processes: Halcyon runs them itself`)
    : undefined;

/** The one process of the role. Where it cannot be run like this, what was added is removed again. */
const onlyOne = async (client: Client, added: Added, role: string): Promise<AddedProcess> => {
  const own = added.processes.filter((process) => process.role === role);
  const [first] = own;
  if (first && own.length === 1) return first;
  // From the last to the first: what others require was added before them.
  for (const { fid } of added.processes.toReversed())
    await client.act({ verb: 'remove', process: fid }, { force: true });
  throw new UnsuitableRoleError(
    first === undefined
      ? `the role ${role} gives no process`
      : `the role ${role} gives ${own.length} processes; one is needed`,
  );
};

const end = async (
  client: Client,
  own: Client,
  fid: string,
  last: {
    readonly state: 'offline' | 'failed';
    readonly reason: string;
    readonly instance: string;
  },
  failed: (error: unknown) => void,
): Promise<void> => {
  try {
    await own.reportState(fid, last);
    await client.act({ verb: 'remove', process: fid }, { force: true });
  } catch (error) {
    failed(error);
  }
};

/** Says a third of the lease apart that somebody is there. */
class Renewals {
  readonly #own: Client;
  readonly #fid: string;
  readonly #instance: string;
  readonly #seconds: number;
  readonly #warn: (message: string) => void;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  #timer: ReturnType<typeof setTimeout>;
  #running: Promise<void> = Promise.resolve();
  #isAway = false;

  constructor(
    own: Client,
    fid: string,
    instance: string,
    seconds: number,
    warn: (message: string) => void,
  ) {
    this.#own = own;
    this.#fid = fid;
    this.#instance = instance;
    this.#seconds = seconds;
    this.#warn = warn;
    this.#timer = this.#after(this.#pauseMs);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends them; afterwards none is on its way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  get #pauseMs(): number {
    return (this.#seconds * 1000) / 3;
  }

  #after(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#running = this.#renew();
    }, ms);
  }

  async #renew(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      await this.#own.leaseProcess(this.#fid, this.#seconds, { signal, instance: this.#instance });
      this.#isAway = false;
    } catch (error) {
      if (signal.aborted) return;
      if (isGone(error)) return this.#giveUp(whyGone(error));
      if (!this.#isAway)
        this.#warn(`could not renew the lease of ${this.#fid}: ${messageOf(error)}; trying again`);
      this.#isAway = true;
    }
    if (signal.aborted) return;
    this.#timer = this.#after(this.#isAway ? Math.min(retryMs, this.#pauseMs) : this.#pauseMs);
  }

  #giveUp(why: string): void {
    const message = `${this.#fid} is ${why}; its endpoint may soon be another's`;
    this.#warn(message);
    this.#lost.abort(new Error(message));
  }
}

/** Whether the process is no longer this run's: its token ends with it, and another run may have begun. */
const isGone = (error: unknown): boolean =>
  error instanceof ApiError && (gone.includes(error.code) || error.status === 401);

const gone: readonly string[] = ['unknown-process', 'older-instance'];

const whyGone = (error: unknown): string =>
  error instanceof ApiError && error.code === 'older-instance'
    ? 'run by somebody else by now'
    : 'no longer there: its lease ran out, or somebody removed it';
