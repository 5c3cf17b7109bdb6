/** Facts of many hosts in one request: kept as one commit, or not at all. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ReportBody } from '../contract/hosts.ts';
import type { Done, DryRun } from '../contract/outcome.ts';
import { renderingsOfReports } from '../core/allocation/renderings.ts';
import type { ReportNodesUp } from '../core/commands/report-nodes-up.ts';
import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { Paces } from '../station/fair-use/paces.ts';
import type { Pace } from '../station/fair-use/paces.ts';
import { reportLimits, Share } from '../station/fair-use/shares.ts';
import type { Station } from '../station/station.ts';
import { pause } from '../station/time.ts';
import { admissionPaces, turnMsMax } from './admission.ts';
import { factsFrom, factsPace } from './agent-facts.ts';
import { askerOf } from './asker.ts';
import { done, run } from './commands.ts';
import { ApiError } from './errors.ts';

export class ReportsOfHosts {
  readonly #station: Station;
  readonly #share = new Share('reports of many hosts', reportLimits);
  readonly #ofAnyHost: Paces;
  readonly #ofOneHost: Paces;

  /** @param pace of hosts that one token for agents of any host reports */
  constructor(station: Station, pace: Pace = admissionPaces.reportedHosts) {
    this.#station = station;
    this.#ofAnyHost = new Paces(pace, station.time.monotonic);
    this.#ofOneHost = new Paces(factsPace, station.time.monotonic);
  }

  /**
   * Keeps a report of many hosts.
   *
   * @throws {ApiError} the first host that is refused is its field; nothing was kept
   * @throws {ShareExceededError} too many are under way
   */
  keep(request: FastifyRequest<{ Body: ReportBody }>, reply: FastifyReply): Promise<Done | DryRun> {
    const asker = askerOf(reply);
    const { credential, body } = request;
    refuseRepeated(body);
    return this.#share.during(asker.principal, async () => {
      const wait = this.#turnOf(credential!, body.hosts.length);
      if (wait > 0) await pause(this.#station.time, wait, asker.signal);
      asker.signal.throwIfAborted();
      const found = renderingsOfReports(this.#station.graph, this.#reported(body));
      const ahead = await this.#station.loads.render(found, asker);
      const command: ReportNodesUp = {
        type: 'ReportNodesUp',
        hosts: [...this.#reported(body)],
        speaksFor: credential!.host,
      };
      return run(this.#station, request, reply, command, done, false, ahead);
    });
  }

  /** Ms until a report of so many hosts may be taken. An administrator may do more than any pace. */
  #turnOf({ id, role, host }: CredentialRow, hosts: number): number {
    if (role === 'admin') return 0;
    const wait =
      host === null
        ? this.#ofAnyHost.take(id, turnMsMax, hosts)
        : this.#ofOneHost.take(id, turnMsMax);
    if (wait !== null) return wait;
    throw new ApiError('too-many-requests', 'the token reports much faster than it may', {
      retryAfter: turnMsMax / 1000,
    });
  }

  /** The hosts as the core takes them, each with what it was before and does not say now. */
  *#reported({ hosts }: ReportBody): Generator<ReportNodesUp['hosts'][number]> {
    for (const [i, { fqdn, facts }] of hosts.entries()) {
      const known = this.#station.graph.get('host', fqdn)?.facts;
      const address = facts.address ?? known?.address;
      if (address === undefined) {
        const field = `hosts[${i}].facts.address`;
        const detail = `body lacks the field ${field}: nothing says where ${fqdn} is`;
        throw new ApiError('invalid-request', detail, { field });
      }
      yield { fqdn, facts: factsFrom(facts, address, known) };
    }
  }
}

/** Which of the two is meant is not known. */
const refuseRepeated = ({ hosts }: ReportBody): void => {
  const seen = new Set<string>();
  for (const [i, { fqdn }] of hosts.entries()) {
    if (seen.has(fqdn))
      throw new ApiError('invalid-request', `body hosts[${i}].fqdn: ${fqdn} is given twice`, {
        field: `hosts[${i}].fqdn`,
      });
    seen.add(fqdn);
  }
};
