/** The host whose processes are looked at: how it is, what it should have, and what can be done with its node. */

import type { JSX } from 'preact';
import type { Host } from '../../../../client/types.ts';
import { MachineLink } from '../../parts/link.tsx';
import { ProcessState } from '../../parts/process-state.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { station } from '../../state/station.ts';
import { Acts } from './acts.tsx';

interface HostShownProps {
  readonly host?: string | undefined;
  readonly node?: string | undefined;
  readonly role?: string | undefined;
  readonly at: string | undefined;
  readonly round: number;
}

export const HostShown = ({ host, node, role, at, round }: HostShownProps): JSX.Element => {
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['host', host, node, at]),
    async (signal) => {
      const fqdn = host ?? (await station.getNode(node!, { at, signal })).host;
      return station.getHost(fqdn, { at, signal });
    },
    round,
  );
  return (
    <section aria-label="The host">
      <Problem error={error} again={again} />
      {data ? (
        <>
          <p>
            <MachineLink fqdn={data.fqdn} /> <ProcessState state={data.state} />{' '}
            {data.node === null ? 'It is no node.' : `Node ${data.node}.`}
          </p>
          <Lacks host={data} />
          <Acts host={data.fqdn} node={data.node ?? undefined} role={role} />
        </>
      ) : null}
    </section>
  );
};

/** Declared roles that wait, or of which processes are gone. */
const Lacks = ({ host: { roles, problem, missing } }: { readonly host: Host }): JSX.Element => {
  const waiting = roles.filter(({ pending }) => pending).map(({ name }) => name);
  return (
    <>
      {waiting.length > 0 ? (
        <p class="busy">
          Waiting to be given: {waiting.join(', ')}
          {problem === '' ? '' : ` (${problem})`}
        </p>
      ) : null}
      {missing.map(({ role, declared, present }) => (
        <p key={role} class="busy">
          Missing: it has {present} of {role}
          {declared === null ? '' : `, of ${declared} that were declared`}; the next load of the
          facts adds them again.
        </p>
      ))}
    </>
  );
};
