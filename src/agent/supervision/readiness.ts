/** Asks processes whether they are ready. */

import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Assignment, Readiness } from './assignment.ts';
import { isGate } from './gate.ts';
import { isAlive } from './proc.ts';
import type { Main } from './proc.ts';
import { runName } from './run-record.ts';
import type { Run } from './run-record.ts';
import { NotNow, saysShort } from './unknown.ts';

/** Longest time that one question may take, ms. */
const answerMs = 2_000;
/** Between two questions, ms: often while a process is young. */
const pauseMs = { young: 200, old: 1_000 };
const youngMs = 10_000;

interface Watched {
  readonly run: Run;
  readonly ready: Readiness;
  readonly endpoint: string;
  /** Undefined as long as it is not known. */
  main: Main | undefined;
  /**
   * Since when it has been seen to live, ms, monotonic. By this agent's own clock: what the kernel
   * says of a start and what a container says of the time may have different beginnings.
   */
  since: number;
  due: number;
  asking: boolean;
}

export class ReadinessProbes {
  readonly #watched = new Map<string, Watched>();
  readonly #ready: (run: Run) => void;

  /** @param ready is called once a run */
  constructor(ready: (run: Run) => void) {
    this.#ready = ready;
  }

  watch(run: Run, { ready, endpoint }: Pick<Assignment, 'ready' | 'endpoint'>): void {
    const since = performance.now();
    const watched = { run, ready, endpoint, main: undefined, since, due: since, asking: false };
    this.#watched.set(runName(run), watched);
  }

  began(run: Run, main: Main): void {
    const watched = this.#watched.get(runName(run));
    if (watched === undefined) return;
    if (watched.main !== undefined && !isDeepStrictEqual(watched.main, main))
      watched.since = performance.now();
    watched.main = main;
  }

  forget(run: Run): void {
    this.#watched.delete(runName(run));
  }

  clear(): void {
    this.#watched.clear();
  }

  tick(): void {
    const now = performance.now();
    for (const watched of this.#watched.values()) {
      if (watched.asking || now < watched.due) continue;
      watched.due = now + (now - watched.since < youngMs ? pauseMs.young : pauseMs.old);
      void this.#ask(watched);
    }
  }

  async #ask(watched: Watched): Promise<void> {
    watched.asking = true;
    // An error says neither yes nor no; it is asked again in any case.
    const yes = await isReady(watched).catch(() => false);
    watched.asking = false;
    // It may have ended, or a new run have begun, while it was asked.
    if (!yes || this.#watched.get(runName(watched.run)) !== watched) return;
    this.forget(watched.run);
    this.#ready(watched.run);
  }
}

async function isReady({ ready, endpoint, main, since }: Watched): Promise<boolean> {
  switch (ready.kind) {
    case 'alive':
      return performance.now() - since >= ready.seconds * 1000 && (!main || runs(main));
    case 'tcp':
      return (await accepting(hostsOf(endpoint), ready.port)) !== undefined;
    case 'http':
      return answersWell(ready.url);
    case 'notify':
      return false;
  }
}

/** Its end may be waiting to be heard of; and it may not have become its command yet. */
function runs(main: Main): boolean {
  return isAlive(main) && !isGate(main.pid);
}

/**
 * Whether somebody is already there where a process is going to be reached: it would be taken for
 * the process.
 *
 * @returns a phrase that says where
 * @throws {NotNow} nobody can be asked
 */
export async function strangerAt({
  ready,
  endpoint,
}: Pick<Assignment, 'ready' | 'endpoint'>): Promise<string | undefined> {
  if (ready.kind === 'tcp') return accepting(hostsOf(endpoint), ready.port);
  if (ready.kind !== 'http') return undefined;
  const { hostname, port, protocol } = new URL(ready.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return accepting([host], Number(port) || (protocol === 'https:' ? 443 : 80));
}

/** An LNet address names no host that TCP could reach, so the host itself is meant. */
function hostsOf(endpoint: string): string[] {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:@\s]+)):\d+$/.exec(endpoint) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? ['127.0.0.1', '::1'] : [host];
}

async function accepting(hosts: readonly string[], port: number): Promise<string | undefined> {
  const answers = await Promise.all(hosts.map((host) => accepts(host, port)));
  const host = hosts[answers.indexOf(true)];
  return host === undefined ? undefined : `${host} port ${port}`;
}

async function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: answerMs });
  socket.on('connect', () => resolve(true));
  socket.on('timeout', () => resolve(false));
  socket.on('error', (error) =>
    saysShort(error)
      ? reject(new NotNow(`whether somebody is at its port cannot be found out: ${error.message}`))
      : resolve(false),
  );
  socket.on('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function answersWell(url: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  // Not imported: that would load all of `fetch` too, 40 ms and some MiB that an agent never needs.
  const { get } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
  const options = { agent: false, signal: AbortSignal.timeout(answerMs) };
  const request = get(url, options, ({ statusCode = 0 }) =>
    resolve(statusCode >= 200 && statusCode <= 299),
  );
  request.on('error', reject);
  return promise.finally(() => request.destroy());
}
