/** Looks at machines by itself, each in its turn; what is found is judged and kept. */

import type { CheckDescription, Need } from '../../checks/check.ts';
import type { Catalogue } from '../../checks/catalogue/index.ts';
import { catalogueOf } from '../../checks/settings/settings.ts';
import type { CheckSettings } from '../../checks/settings/settings.ts';
import type { Found, Job } from '../../checks/sweep/protocol.ts';
import { Rota } from '../../checks/sweep/rota.ts';
import type { Commit } from '../../core/events/commit.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { EventLog } from '../../log/log.ts';
import { Checker } from '../checks/checker.ts';
import { InFlight } from '../checks/in-flight.ts';
import { Judge } from '../checks/judge.ts';
import type { Confirmed } from '../checks/judge.ts';
import { ConfirmedChanges } from '../checks/confirmed-changes.ts';
import type { OwnCommands } from './own-commands.ts';
import { knownChecks, knownFinding } from '../checks/known.ts';
import { CheckRuns } from '../checks/runs.ts';
import type { StationLogger } from '../logger.ts';
import type { Observations } from '../observations/observations.ts';
import type { Cancel, Time } from '../time.ts';
import type { Duty } from './duty.ts';

export interface ChecksParts {
  readonly log: EventLog;
  readonly graph: () => Graph;
  readonly time: Time;
  readonly logger: StationLogger;
  readonly observations: Observations;
  readonly own: Pick<OwnCommands, 'submit'>;
  readonly settings: CheckSettings;
}

/** How often it is looked who is due, ms. */
const tickMs = 250;
/** How often it is looked which machines there are, ms. */
const machinesMs = 5_000;
/** Jobs that are told at once. */
const jobsPerLine = 500;

/** After one of these something is known at once. */
const telling: ReadonlySet<string> = new Set([
  ...['NodeUp', 'NodeDown', 'HostRegistered', 'HostDeclared'],
  ...['ObmPowerChanged', 'ObmReachable', 'ObmUnreachable', 'ObmRegistered', 'ObmUnregistered'],
]);

/** Checks that are asked together. */
interface Round {
  readonly checks: readonly CheckDescription[];
  readonly periodSeconds: number;
  readonly rota: Rota;
}

/** What is asked in one turn. */
class Asking {
  readonly known: Found[] = [];
  readonly jobs: Job[] = [];
}

export class Checks implements Duty {
  readonly catalogue: Catalogue;
  readonly settings: CheckSettings;
  readonly inFlight: InFlight;
  readonly runs: CheckRuns;
  readonly #parts: ChecksParts;
  readonly #judge: Judge;
  readonly #checker: Checker | null;
  readonly #rounds: readonly Round[];
  readonly #changes: ConfirmedChanges;
  #cancels: Cancel[] = [];
  #unsubscribe: (() => void) | null = null;
  #unforget: (() => void) | null = null;

  constructor(parts: ChecksParts) {
    const { settings, time, logger } = parts;
    this.#parts = parts;
    this.settings = settings;
    this.catalogue = catalogueOf(settings.file);
    this.inFlight = new InFlight(time.monotonic);
    this.runs = new CheckRuns({ time, ask: (machine, ids) => this.ask(machine, ids) });
    this.#changes = new ConfirmedChanges((command) => parts.own.submit(command));
    this.#judge = new Judge({
      damping: settings.damping,
      remembered: (machine, check) =>
        parts
          .graph()
          .get('health', machine)
          ?.checks.find((one) => one.check === check)?.verdict ?? null,
    });
    const enabled = settings.enabled.map((id) => this.catalogue.find(id)!);
    this.#rounds = roundsOf(enabled);
    this.#checker = enabled.every(({ id }) => knownChecks.has(id))
      ? null
      : new Checker({
          ...{ settings, time, logger },
          found: (found) => this.take(found),
          lost: () => {
            this.inFlight.clear();
            this.runs.lost();
          },
        });
  }

  /** Of the process that looks at machines; null: there is none now. */
  get pid(): number | null {
    return this.#checker?.pid ?? null;
  }

  start(): void {
    const { log, time, observations } = this.#parts;
    this.#unsubscribe = log.subscribe(log.head(), (commit) => this.#hear(commit));
    this.#unforget = observations.changed((changes) => {
      for (const machine of changes.forgotten) this.#judge.forget(machine);
      this.runs.take(changes);
    });
    this.#checker?.start();
    this.#countMachines();
    this.#cancels = [
      time.every(machinesMs, () => this.#countMachines()),
      time.every(tickMs, () => {
        this.#tick();
        this.runs.tick();
      }),
    ];
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#unsubscribe?.();
    this.#unforget?.();
    this.runs.close();
    await this.#checker?.stop();
    await this.#changes.settled();
    this.inFlight.clear();
  }

  /** Why a check cannot be asked by this station at all; null: it can. */
  lackOf({ id, needs }: CheckDescription): string | null {
    if (knownChecks.has(id)) return null;
    if (needs === 'scheduler') return 'it is told by the scheduler, and not asked';
    if (!this.#checker) return 'the station was started without --checks FILE, and sends nothing';
    const isBySsh = needs === 'ssh' || needs === 'probe';
    if (isBySsh && this.settings.sshFile === null)
      return 'the file of checks does not say under "ssh" how machines are reached';
    return null;
  }

  /**
   * Asks now what is not asked already.
   *
   * @returns false where nobody can be asked now
   */
  ask(machine: string, ids: readonly string[]): boolean {
    if (!this.#checker?.isReady && ids.some((id) => !knownChecks.has(id))) return false;
    const asking = new Asking();
    this.#collect(asking, machine, ids);
    this.#begin(asking);
    return true;
  }

  #tick(): void {
    const now = this.#parts.time.monotonic();
    const asking = new Asking();
    for (const { checks, periodSeconds, rota } of this.#rounds)
      for (const { machine, at, turn } of rota.due(now)) {
        const isDue = (check: CheckDescription): boolean =>
          turn % Math.max(1, Math.round(check.periodSeconds / periodSeconds)) === 0;
        const ids = checks.filter(isDue).map(({ id }) => id);
        this.#collect(asking, machine, ids, at);
      }
    this.#begin(asking);
  }

  /** What the graph knows is an answer; the rest is a job, unless somebody asks for it already. */
  #collect(asking: Asking, machine: string, ids: readonly string[], at?: number): void {
    const { graph, time } = this.#parts;
    const host = graph().get('host', machine);
    if (!host) return;
    const checks: string[] = [];
    for (const check of ids)
      if (knownChecks.has(check)) {
        const finding = knownFinding(graph(), machine, check);
        asking.known.push({ machine, check, ...finding, observedAt: time.now(), durationMs: 0 });
      } else if (this.#checker?.isReady && this.inFlight.begin(machine, check, at))
        checks.push(check);
    if (checks.length === 0) return;
    asking.jobs.push({ machine, address: host.facts?.address ?? machine, checks });
  }

  #begin({ known, jobs }: Asking): void {
    if (known.length > 0) this.take(known);
    for (let from = 0; from < jobs.length; from += jobsPerLine)
      this.#checker?.look(jobs.slice(from, from + jobsPerLine));
  }

  /** Takes what was found, at most `foundPerLine` at once. */
  take(found: readonly Found[]): void {
    const graph = this.#parts.graph();
    const here = found.filter(({ machine }) => graph.get('host', machine));
    const changes: Confirmed[] = [];
    const confirmed = (change: Confirmed): void => {
      // What the graph has is in the log already.
      if (!knownChecks.has(change.found.check)) changes.push(change);
    };
    const judged = here.map((one) => this.#judge.judge(one, confirmed));
    this.#changes.add(changes);
    this.#parts.observations.record(judged);
    for (const one of found) this.inFlight.end(one);
  }

  #hear({ events }: Commit): void {
    const known = this.settings.enabled.filter((id) => knownChecks.has(id));
    const asking = new Asking();
    for (const { type, data } of events) {
      if (!telling.has(type)) continue;
      const { fqdn } = data as { fqdn?: string };
      if (fqdn !== undefined) this.#collect(asking, fqdn, known);
    }
    this.#begin(asking);
  }

  #countMachines(): void {
    const machines = new Set<string>();
    for (const { fqdn, removing } of this.#parts.graph().all('host'))
      if (!removing) machines.add(fqdn);
    for (const { rota } of this.#rounds) rota.set(machines);
  }
}

/** What one connection, one run of fping or one look into the graph serves is asked together. */
const togetherOf = (need: Need): string => {
  if (need === 'agent' || need === 'ipmi') return 'known';
  return need === 'probe' ? 'ssh' : need;
};

const roundsOf = (enabled: readonly CheckDescription[]): Round[] =>
  [...Map.groupBy(enabled, ({ needs }) => togetherOf(needs)).values()].map((checks) => {
    const periodSeconds = Math.min(...checks.map((check) => check.periodSeconds));
    return { checks, periodSeconds, rota: new Rota(periodSeconds * 1000, tickMs) };
  });
