/** Looks at machines over ssh: one connection each, and one script for all that is asked of it. */

import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/index.ts';
import { sectionFinding, sshFailed, sshWorks } from '../catalogue/ssh.ts';
import { skipped } from '../catalogue/finding.ts';
import type { Finding, ProbeCheck } from '../check.ts';
import { Connections } from '../ssh/connections.ts';
import { systemDial } from '../ssh/dial.ts';
import { SshFailure } from '../ssh/failure.ts';
import { KnownHostsStore } from '../ssh/known-hosts-file.ts';
import { Probes } from '../ssh/probe.ts';
import type { SshSettings } from '../ssh/settings.ts';
import type { Target } from '../ssh/target.ts';
import { systemTime } from '../ssh/time.ts';
import { planOf } from './plan.ts';
import type { Plan } from './plan.ts';
import type { Job } from './protocol.ts';

/** Connections that are kept: each takes some of the memory of the process. */
const keptMost = 4096;
/** Beyond what its sections may take, ms: what hangs on our side ends too. */
const graceMs = 30_000;

export interface SshLooksParts {
  readonly catalogue: Catalogue;
  readonly ssh: SshSettings;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Socket of the ssh agent; undefined: there is none. */
  readonly agent: string | undefined;
}

export class SshLooks {
  readonly #parts: SshLooksParts;
  readonly #connections: Connections;
  readonly #probes: Probes;
  /** By the ids that are asked together: few, as checks are due together. */
  readonly #plans = new Map<string, Plan>();

  constructor(parts: SshLooksParts) {
    const { ssh, catalogue, agent } = parts;
    this.#parts = parts;
    this.#connections = new Connections({
      ...{ time: systemTime, dial: systemDial, random: randomBytes, agent },
      knownHosts: new KnownHostsStore(
        { paths: ssh.knownHosts, hashed: ssh.hashed },
        systemTime,
        randomBytes,
      ),
      hostKeys: ssh.hostKeys,
      limits: { kept: keptMost, connectMs: catalogue.find('ssh')!.timeoutSeconds * 1000 },
    });
    this.#probes = new Probes(this.#connections);
  }

  /** Answers every check of the job: of what cannot be asked it says why. */
  async look(job: Job, tell: (id: string, finding: Finding, ms: number) => void): Promise<void> {
    const began = performance.now();
    const plan = this.#planOf(job.checks);
    const allowedMs = plan.sections.reduce((all, one) => all + one.timeoutSeconds * 1000, graceMs);
    try {
      const signal = AbortSignal.timeout(allowedMs);
      const answer = await this.#probes.run(this.#targetOf(job), plan.sections, signal);
      const { sections, wasKept, durationMs } = answer;
      if (job.checks.includes('ssh')) tell('ssh', sshWorks(durationMs, wasKept), durationMs);
      for (const check of plan.checks) {
        const section = sections.get(plan.sectionOf.get(check.probe)!)!;
        // Others may have taken long after it, and what it says of the time is of then.
        const then = this.#parts.now() - (systemTime.monotonic() - section.endedAt);
        tell(check.id, sectionFinding(check, section, then), section.durationMs);
      }
    } catch (error) {
      const failure =
        error instanceof SshFailure
          ? error
          : new SshFailure('timeout', (error as Error).message, { cause: error });
      const took = performance.now() - began;
      if (job.checks.includes('ssh')) tell('ssh', sshFailed(failure), took);
      const { reason: cause } = failure;
      for (const { id } of plan.checks) tell(id, { ...skipped('no ssh'), cause }, took);
    }
  }

  close(): void {
    this.#connections.close();
  }

  /** Where the settings say nothing else, it is reached at the address of its agent. */
  #targetOf({ machine, address }: Job): Target {
    const target = this.#parts.ssh.targetOf(machine);
    return target.address === machine && !target.jump ? { ...target, address } : target;
  }

  #planOf(ids: readonly string[]): Plan {
    const key = ids.join(' ');
    const before = this.#plans.get(key);
    if (before) return before;
    const checks = ids.flatMap((id): ProbeCheck[] => {
      const check = this.#parts.catalogue.find(id);
      return check?.needs === 'probe' ? [check as ProbeCheck] : [];
    });
    const plan = planOf(checks);
    if (this.#plans.size >= plansMax) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }
}

const plansMax = 256;
