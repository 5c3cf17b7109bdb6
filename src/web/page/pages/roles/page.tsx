/** Roles: what there is for machines to have, which have it, and what is left to be given. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../../../../client/errors.ts';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Pages } from '../../parts/pages.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import { useAnswerAsItChanges } from '../../state/as-it-changes.ts';
import { useChanges } from '../../state/changes.ts';
import { useMoment } from '../../state/moment.ts';
import { goTo, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { AddDialog } from '../processes/add-dialog.tsx';
import { hostColumns, processesPath, roleColumns, rolePath } from './columns.tsx';

const roleEvents = ['RoleDefined', 'DeclarationWithdrawn', 'HostDeclared', 'ProcessAdded'] as const;
const goneEvents = ['ProcessRemoved', 'ProcessStateChanged', 'ClusterReset'] as const;
const events = [...roleEvents, ...goneEvents];
const rolesMax = 1000;
const hostsMax = 200;

export const Page = (): JSX.Element => {
  const { query } = usePlace();
  const role = query.get('role') ?? undefined;
  const at = useMoment();
  const round = useChanges('roles', events);
  const past = at === undefined ? [] : ['--at', at];
  return (
    <>
      <PageTitle title={role === undefined ? 'Roles' : `Role ${role}`}>
        {role === undefined ? null : <Link to="/roles">All roles</Link>}
        <Link to="/facts">Facts and roles as files</Link>
        <CopyCommand command={['halctl', 'cluster', 'dump', '-f', 'FOLDER', ...past]} />
      </PageTitle>
      {role === undefined ? (
        <Roles at={at} round={round} />
      ) : (
        <OneRole name={role} at={at} round={round} after={query.get('after') ?? undefined} />
      )}
    </>
  );
};

interface Asked {
  readonly at: string | undefined;
  readonly round: number;
}

const Roles = ({ at, round }: Asked): JSX.Element => {
  const { data, error, again } = useAnswerAsItChanges(
    JSON.stringify(['roles', at]),
    (signal) => station.listRoles({ at, signal, limit: rolesMax }),
    round,
  );
  return (
    <>
      <Problem error={error} again={again} />
      {data ? (
        <Table
          label="roles"
          rows={data.items}
          columns={roleColumns}
          keyOf={({ name }) => name}
          open={({ name }) => goTo(rolePath(name))}
          empty="No roles are loaded yet."
        />
      ) : null}
      {data && data.next !== null ? (
        <p class="quiet">There are more; these are the first {rolesMax}.</p>
      ) : null}
    </>
  );
};

const isForbidden = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'forbidden';

interface OneRoleProps extends Asked {
  readonly name: string;
  readonly after: string | undefined;
}

const OneRole = ({ name, at, round, after }: OneRoleProps): JSX.Element => {
  const [isAdding, setAdding] = useState(false);
  const role = useAnswerAsItChanges(
    JSON.stringify(['role', name, at]),
    (signal) => station.getRole(name, { at, signal }),
    round,
  );
  const hosts = useAnswerAsItChanges(
    JSON.stringify(['hosts of role', name, at, after]),
    (signal) => station.roleHosts(name, { at, signal, cursor: after, limit: hostsMax }),
    round,
  );
  return (
    <>
      {isForbidden(role.error) ? (
        <p class="quiet">
          Its templates are shown to those who see all of the cluster.{' '}
          <Link to={processesPath({ role: name })}>Its processes on your machines</Link>
        </p>
      ) : (
        <Problem error={role.error} again={role.again} />
      )}
      {role.data ? (
        <>
          <p>
            {role.data.file}:{role.data.line}, {role.data.format}.{' '}
            {role.data.requires.length === 0 ? '' : `It requires ${role.data.requires.join(', ')}. `}
            <Link to={processesPath({ role: name })}>Its processes</Link>
          </p>
          <div class="bar">
            <Act right={{ action: 'operate' }} onPress={() => setAdding(true)}>
              Add processes…
            </Act>
          </div>
          <details>
            <summary>Its templates, as they were loaded</summary>
            <pre tabindex={0} aria-label="Templates of the role">
              {role.data.text}
            </pre>
          </details>
        </>
      ) : null}
      <h2>Machines that have it, or should</h2>
      <Problem error={hosts.error} again={hosts.again} />
      {hosts.data ? (
        <>
          <Table
            label="machines"
            rows={hosts.data.items}
            columns={hostColumns(name)}
            keyOf={({ host }) => host}
            open={({ host }) => goTo(processesPath({ host, role: name }))}
            empty="No machine has it, and none should."
          />
          <Pages
            label="machines"
            after={after}
            next={hosts.data.next}
            count={hosts.data.items.length}
          />
        </>
      ) : null}
      {isAdding ? <AddDialog role={name} close={() => setAdding(false)} /> : null}
    </>
  );
};
