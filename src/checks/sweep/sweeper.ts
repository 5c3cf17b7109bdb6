/**
 * Looks at machines: all pings by few runs of fping, the rest so many machines at a time. Each check of a job is
 * answered once.
 */

import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { CheckDescription, Finding } from '../check.ts';
import { unknown } from '../catalogue/finding.ts';
import type { Catalogue } from '../catalogue/index.ts';
import { pingFinding } from '../catalogue/ping.ts';
import { tcpFinding } from '../catalogue/tcp.ts';
import { catalogueOf } from '../settings/settings.ts';
import { ownDefaults, readSshSettings } from '../ssh/settings.ts';
import type { SshDefaults } from '../ssh/settings.ts';
import type { CheckSettings } from '../settings/settings.ts';
import { resolveAddress } from './addresses.ts';
import { pingAll } from './fping.ts';
import { knock } from './knock.ts';
import { Lane } from './lane.ts';
import { SshLooks } from './ssh-looks.ts';
import { foundPerLine } from './protocol.ts';
import type { Found, Job } from './protocol.ts';

/** Machines that are asked for together are pinged together: so long is waited for more, ms. */
const gatherMs = 20;
/** What is found is told together: so long is waited for more, ms. */
const tellMs = 50;
/** Runs of fping at a time, and addresses of each. */
const pingRuns = 4;
const perRun = 10_000;

/** Keys and known hosts of the account that the station runs by, where the settings say nothing else. */
export const ownSshDefaults = (): SshDefaults =>
  ownDefaults(process.env, userInfo().username, existsSync);

export interface SweeperParts {
  readonly settings: CheckSettings;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  readonly tell: (found: readonly Found[]) => void;
}

interface Pinging {
  readonly machine: string;
  readonly address: string;
}

export class Sweeper {
  readonly #parts: SweeperParts;
  readonly #catalogue: Catalogue;
  readonly #pings: Lane;
  readonly #knocks: Lane;
  readonly #logins: Lane;
  readonly #ssh: SshLooks | null;
  #pinging: Pinging[] = [];
  #found: Found[] = [];

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#catalogue = catalogueOf(parts.settings.file);
    this.#pings = new Lane(pingRuns);
    const { settings, now } = parts;
    this.#knocks = new Lane(settings.parallel.tcp);
    this.#logins = new Lane(settings.parallel.ssh);
    this.#ssh =
      settings.sshFile === null
        ? null
        : new SshLooks({
            ...{ catalogue: this.#catalogue, now, agent: process.env['SSH_AUTH_SOCK'] },
            ssh: readSshSettings(settings.sshFile, ownSshDefaults()),
          });
  }

  look(jobs: readonly Job[]): void {
    for (const job of jobs) this.#begin(job);
  }

  /** Ends what is kept open. */
  close(): void {
    this.#ssh?.close();
  }

  #begin(job: Job): void {
    const { machine, address, checks } = job;
    const bySsh = this.#ssh ? checks.filter((id) => this.#isBySsh(id)) : [];
    if (bySsh.length > 0) this.#logins.add(() => this.#logIn({ ...job, checks: bySsh }));
    for (const id of checks) {
      if (bySsh.includes(id)) continue;
      const check = this.#catalogue.find(id);
      switch (check?.needs) {
        case 'ping':
          void this.#gather(machine, address);
          break;
        case 'tcp':
          this.#knocks.add(() => this.#knock(machine, address, check));
          break;
        default:
          this.#tell(machine, id, unknown('there is no way to ask for this', 'not-asked'), 0);
      }
    }
  }

  #isBySsh(id: string): boolean {
    const needs = this.#catalogue.find(id)?.needs;
    return needs === 'ssh' || needs === 'probe';
  }

  async #logIn(job: Job): Promise<void> {
    await this.#ssh!.look(job, (id, finding, ms) => this.#tell(job.machine, id, finding, ms));
  }

  /** A name server that is silent keeps only those waiting whose names it should know. */
  async #gather(machine: string, name: string): Promise<void> {
    const began = performance.now();
    const resolved = await resolveAddress(name);
    if ('trouble' in resolved) {
      const finding = unknown(resolved.trouble, 'dns');
      return this.#tell(machine, 'ping', finding, performance.now() - began);
    }
    if (this.#pinging.length === 0) setTimeout(() => this.#ping(), gatherMs);
    this.#pinging.push({ machine, address: resolved.address });
  }

  #ping(): void {
    const all = this.#pinging;
    this.#pinging = [];
    for (let from = 0; from < all.length; from += perRun) {
      const some = all.slice(from, from + perRun);
      this.#pings.add(() => this.#pingSome(some));
    }
  }

  async #pingSome(some: readonly Pinging[]): Promise<void> {
    const began = performance.now();
    const addresses = [...new Set(some.map(({ address }) => address))];
    const { timeoutSeconds } = this.#catalogue.find('ping')!;
    const options = { timeoutMs: Math.round(timeoutSeconds * 1000), intervalMs: 1 };
    const { times, trouble } = await pingAll(addresses, options);
    const took = performance.now() - began;
    for (const { machine, address } of some) {
      const ms = times.get(address);
      const finding =
        ms === undefined
          ? unknown(trouble ?? 'fping says nothing of it', 'not-asked')
          : pingFinding(ms);
      this.#tell(machine, 'ping', finding, ms ?? took);
    }
  }

  async #knock(machine: string, address: string, check: CheckDescription): Promise<void> {
    const began = performance.now();
    const resolved = await resolveAddress(address);
    const { tcpPort } = this.#parts.settings;
    const finding =
      'trouble' in resolved
        ? unknown(resolved.trouble, 'dns')
        : tcpFinding(await knock(resolved.address, tcpPort, check.timeoutSeconds * 1000), tcpPort);
    this.#tell(machine, check.id, finding, performance.now() - began);
  }

  #tell(machine: string, check: string, finding: Finding, durationMs: number): void {
    if (this.#found.length === 0) setTimeout(() => this.#flush(), tellMs);
    const observedAt = this.#parts.now();
    this.#found.push({ machine, check, ...finding, observedAt, durationMs });
    if (this.#found.length >= foundPerLine) this.#flush();
  }

  #flush(): void {
    if (this.#found.length === 0) return;
    const found = this.#found;
    this.#found = [];
    this.#parts.tell(found);
  }
}
