/** What to do about machines, from what is at hand. Nothing is asked, sent or written for it. */

import type { Experience } from '../../checks/suggestions/confidence.ts';
import { incidentsOf } from '../../checks/suggestions/incidents.ts';
import type { Silent } from '../../checks/suggestions/incidents.ts';
import { mayReboot } from '../../checks/suggestions/may-reboot.ts';
import type { RebootAnswer } from '../../checks/suggestions/may-reboot.ts';
import type { Rules } from '../../checks/suggestions/rules.ts';
import { suggest } from '../../checks/suggestions/suggest.ts';
import type { Suggestion } from '../../checks/suggestions/suggest.ts';
import type { Incident, Symptoms } from '../../checks/suggestions/symptoms.ts';
import { builtInRules } from '../../checks/suggestions/table.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { RebootNote } from '../../core/values/reboots.ts';
import type { Observations } from '../observations/observations.ts';
import { LastingFindings } from './lasting.ts';
import { neighboursOf, sizeOf, symptomsOf } from './machine-symptoms.ts';
import { noScheduling } from './scheduling.ts';
import { Reboots } from './reboots.ts';
import type { Scheduling } from './scheduling.ts';

/** For so long a suggestion is not made again while nothing about its machine is new, ms: waits come to their ends. */
const keptMs = 15_000;
/** Machines between which others may have a turn. */
const machinesAtOnce = 32;

export interface SuggestionsParts {
  readonly graph: Graph;
  readonly observations: Observations;
  /** Absent: there is no scheduler. */
  readonly scheduling?: Scheduling;
  /** Absent: those that come with it. */
  readonly rules?: Rules | undefined;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** How far a reboot is that is about to send something. */
export interface RebootSoFar {
  /** The scheduler has drained the machine for it. */
  readonly drains: boolean;
  /** The machine was told before, in another way: what it looks like since speaks neither for it nor against it. */
  readonly isTried: boolean;
}

interface Kept {
  readonly key: string;
  readonly until: number;
  readonly suggestion: Suggestion;
}

interface KnownIncidents {
  readonly key: string;
  readonly all: readonly Incident[];
  readonly byMachine: ReadonlyMap<string, Incident>;
}

/** Kinds of rows that change what may be done about a machine. */
const watched = new Set(['maintenance', 'order', 'procedure', 'recovery']);

/** Of a machine that was told to start anew and has not, more is not to be asked than what people have said since. */
const aboutTheWhole: ReadonlySet<string> = new Set([
  ...['no-suggestion', 'not-confirmed', 'flapping', 'loop-guard'],
]);

export class Suggestions {
  readonly #parts: SuggestionsParts & { readonly scheduling: Scheduling; readonly rules: Rules };
  readonly #lasting: LastingFindings;
  /** One of each machine at most. */
  readonly #kept = new Map<string, Kept>();
  readonly #reboots: Reboots;
  #incidents: KnownIncidents | undefined;

  constructor(parts: SuggestionsParts) {
    const { scheduling = noScheduling, rules = builtInRules } = parts;
    this.#parts = { ...parts, scheduling, rules };
    this.#lasting = new LastingFindings(parts.observations);
    this.#reboots = new Reboots(parts.graph);
    parts.observations.changed(({ forgotten }) => {
      for (const machine of forgotten) this.#kept.delete(machine);
    });
    parts.graph.watch((kind, _key, before, after) => {
      if (!watched.has(kind)) return;
      for (const row of [before, after])
        if (row && 'host' in row && row.host) this.#kept.delete(row.host);
    });
  }

  get rules(): Rules {
    return this.#parts.rules;
  }

  /** What is suggested about a machine of the cluster. */
  of(machine: string): Suggestion {
    const { observations, scheduling, now } = this.#parts;
    const incidents = this.#incidentsNow();
    const incident = incidents.byMachine.get(machine)?.id ?? '';
    const key = `${observations.versionOf(machine)} ${scheduling.version} ${incident}`;
    const at = now();
    const kept = this.#kept.get(machine);
    if (kept?.key === key && at < kept.until) return kept.suggestion;
    const suggestion = this.#fresh(this.#symptomsOf(machine));
    this.#kept.set(machine, { key, until: at + keptMs, suggestion });
    return suggestion;
  }

  /** Those of machines with which something is the matter, in no order; undefined: others may have a turn. */
  *all(): Generator<Suggestion | undefined> {
    let looked = 0;
    for (const machine of this.#parts.observations.machines) {
      if (++looked % machinesAtOnce === 0) yield undefined;
      if (this.#isWell(machine)) continue;
      const suggestion = this.of(machine);
      if (suggestion.symptom !== null || suggestion.vetoes.length > 0) yield suggestion;
    }
  }

  /** Machines that fell silent together, the latest first. */
  incidents(): readonly Incident[] {
    return this.#incidentsNow().all;
  }

  /** Whether it may be rebooted, by what is known at this moment. */
  mayReboot(machine: string, drains: boolean): RebootAnswer & { readonly suggestion: Suggestion } {
    const symptoms = this.#symptomsOf(machine);
    const suggestion = this.#fresh(symptoms);
    return { suggestion, ...mayReboot(symptoms, suggestion, this.rules, drains) };
  }

  /** Why a reboot that waited must not be sent: something forbids it that did not, or nothing is the matter any more. */
  mayNotSend(
    machine: string,
    { symptom, overridden }: RebootNote,
    { drains, isTried }: RebootSoFar,
  ): string | null {
    const { vetoes } = this.mayReboot(machine, drains);
    const fresh = vetoes.filter(
      ({ code }) =>
        // The reboot itself is what is under way.
        code !== 'under-way' && !overridden.includes(code) && !(isTried && aboutTheWhole.has(code)),
    );
    const [first] = fresh;
    if (!first) return null;
    const isWell = symptom !== null && first.code === 'no-suggestion';
    return isWell ? `${machine} recovered by itself` : `${first.code}: ${first.text}`;
  }

  #fresh(symptoms: Symptoms): Suggestion {
    return suggest(symptoms, this.#experience(), this.rules);
  }

  /** Of all that is remembered; each machine remembers a few orders. */
  #experience(): Experience {
    return this.#reboots.experience(this.#parts.now());
  }

  #isWell(machine: string): boolean {
    const { observations, scheduling, graph } = this.#parts;
    if (!graph.get('host', machine)) return true;
    return (
      (scheduling.of(machine)?.reason ?? '') === '' &&
      observations.allOf(machine).every(({ verdict }) => verdict !== 'fail' && verdict !== 'warn')
    );
  }

  #symptomsOf(machine: string): Symptoms {
    const { graph, observations, scheduling, now } = this.#parts;
    return symptomsOf(machine, {
      graph,
      scheduling,
      observations: observations.allOf(machine),
      sinceOf: (observation) => this.#lasting.sinceOf(observation),
      incident: this.#incidentsNow().byMachine.get(machine) ?? null,
      attempts: this.#reboots.of(machine, now()),
      at: now(),
    });
  }

  #incidentsNow(): KnownIncidents {
    const { graph, observations, scheduling, rules } = this.#parts;
    const key = `${observations.version} ${scheduling.version}`;
    if (this.#incidents?.key === key) return this.#incidents;
    const silent = [...this.#lasting.silent].flatMap((machine) => this.#silence(machine) ?? []);
    const all = incidentsOf(
      silent,
      (neighbour) => sizeOf(graph, scheduling, neighbour),
      rules,
    ).sort((a, b) => b.first - a.first);
    const byMachine = new Map(
      all.flatMap((incident) => incident.machines.map((machine) => [machine, incident] as const)),
    );
    this.#incidents = { key, all, byMachine };
    return this.#incidents;
  }

  /** Since when nothing that was asked of a machine answers; undefined: something does. */
  #silence(machine: string): Silent | undefined {
    const { graph, observations, scheduling } = this.#parts;
    const ways = (['ping', 'ssh', 'tcp', 'agent'] as const)
      .flatMap((check) => observations.of(machine, check) ?? [])
      .filter(({ verdict }) => verdict !== 'unknown' && verdict !== 'skipped');
    if (ways.length === 0 || ways.some(({ verdict }) => verdict !== 'fail')) return undefined;
    const network = ways.filter(({ check }) => check !== 'agent');
    const since = Math.min(...network.map((seen) => this.#lasting.sinceOf(seen)));
    return { machine, since, neighbours: neighboursOf(graph, scheduling, machine) };
  }
}
