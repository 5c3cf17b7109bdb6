/** Tokens: issued and shown once, and revoked. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IssuedToken, Token, TokenBody } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Table } from '../../parts/table.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { allPages } from '../../state/all-pages.ts';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import { asTheyAre, Field, Select } from './fields.tsx';
import { ShownOnce } from './shown-once.tsx';
import { Shown } from './shown.tsx';

const administer = { action: 'administer' } as const;

const columnsWith = (revoke: (token: Token) => void): readonly TableColumn<Token>[] => [
  {
    id: 'id',
    title: 'ID',
    value: ({ id }) => id,
    cell: ({ id }) => <code>{id}</code>,
    width: '9rem',
  },
  { id: 'name', title: 'NAME', value: ({ name }) => name, cell: ({ name }) => name, width: '2fr' },
  { id: 'role', title: 'ROLE', value: ({ role }) => role, cell: ({ role }) => role },
  {
    id: 'of',
    title: 'OF',
    value: ownerOf,
    cell: ownerOf,
    width: '2fr',
  },
  {
    id: 'expires',
    title: 'EXPIRES',
    value: ({ expires }) => expires,
    cell: ({ expires }) => (expires === null ? 'never' : <Moment at={expires} />),
    width: '13rem',
  },
  {
    id: 'revoke',
    title: '',
    cell: (token) => (
      <Act right={administer} onPress={() => revoke(token)}>
        Revoke {token.id}…
      </Act>
    ),
    width: '13rem',
  },
];

/** What it is bound to. */
const ownerOf = ({ user, host, process, projects }: Token): string =>
  [user, process, host, ...projects.map(({ name, role }) => `${name} (${role})`)]
    .filter((one) => one !== null)
    .join(', ');

export const Tokens = (): JSX.Element => {
  const answered = useAnswer('tokens', (signal) =>
    allPages((page) => station.listTokens({ ...page, signal })),
  );
  const [isIssuing, setIssuing] = useState(false);
  const [issued, setIssued] = useState<IssuedToken | undefined>();
  const [revoked, setRevoked] = useState<Token | undefined>();
  return (
    <>
      <p class="buttons">
        <Act right={administer} onPress={() => setIssuing(true)}>
          Issue a token…
        </Act>
        <CopyCommand command={['halctl', 'auth', 'token', 'list']} />
      </p>
      <Shown answered={answered} what="the tokens">
        {({ items, isCut }) => (
          <>
            {isCut ? <p>There are more than {items.length}: these are the first.</p> : null}
            <Table
              label="tokens"
              rows={items}
              columns={columnsWith(setRevoked)}
              keyOf={({ id }) => id}
              empty="There are none."
            />
          </>
        )}
      </Shown>
      {isIssuing ? (
        <IssueDialog
          issued={(token) => {
            setIssued(token);
            answered.again();
          }}
          close={() => setIssuing(false)}
        />
      ) : null}
      {issued ? (
        <ShownOnce
          title={`Token ${issued.id}`}
          what="the token"
          secret={issued.token}
          close={() => setIssued(undefined)}
        >
          <p>
            {issued.name}: {issued.role}
            {issued.expires === null ? '' : <>, until {<Moment at={issued.expires} />}</>}. Whoever
            has it may do what it allows.
          </p>
        </ShownOnce>
      ) : null}
      {revoked ? (
        <OrderDialog
          title={`Revoke token ${revoked.id}`}
          verb="Revoke the token"
          danger
          plan={(_, options) => station.revokeToken(revoked.id, options)}
          order={(_, options) => station.revokeToken(revoked.id, options)}
          command={() => ['halctl', 'auth', 'token', 'revoke', revoked.id]}
          told={() => `Token ${revoked.id} is not good any more.`}
          done={answered.again}
          close={() => setRevoked(undefined)}
        >
          <p>
            {revoked.name} ({revoked.role}): it stops working at once, with the sessions that it has
            opened.
          </p>
        </OrderDialog>
      ) : null}
    </>
  );
};

const roles = [
  'viewer',
  'note-taker',
  'power-intern',
  'operator',
  'admin',
  'member',
  'agent',
] as const;
const placeRoles = ['viewer', 'operator'] as const;

const lasting = [
  { value: '1h', words: '1 hour', seconds: 3600 },
  { value: '24h', words: 'a day', seconds: 86_400 },
  { value: '30d', words: '30 days', seconds: 30 * 86_400 },
  { value: '365d', words: 'a year', seconds: 365 * 86_400 },
  { value: 'ever', words: 'until it is revoked', seconds: undefined },
] as const;

interface IssueDialogProps {
  readonly issued: (token: IssuedToken) => void;
  readonly close: () => void;
}

const IssueDialog = ({ issued, close }: IssueDialogProps): JSX.Element => {
  const [name, setName] = useState('');
  const [role, setRole] = useState<(typeof roles)[number]>('viewer');
  const [user, setUser] = useState('');
  const [host, setHost] = useState('');
  const [project, setProject] = useState('');
  const [placeRole, setPlaceRole] = useState<(typeof placeRoles)[number]>('viewer');
  const [lasts, setLasts] = useState<(typeof lasting)[number]['value']>('30d');
  const seconds = lasting.find(({ value }) => value === lasts)?.seconds;
  const body: TokenBody = {
    ...{ name: name.trim(), role },
    ...(user.trim() === '' || role === 'agent' || role === 'member' ? {} : { user: user.trim() }),
    ...(role === 'agent' ? { host: host.trim() } : {}),
    ...(role === 'member' ? { projects: [{ name: project.trim(), role: placeRole }] } : {}),
    ...(seconds === undefined ? {} : { expires_in: seconds }),
  };
  return (
    <OrderDialog<IssuedToken, unknown>
      title="Issue a token"
      verb="Issue it"
      unless={whatLacks(body)}
      order={(_, options) => station.issueToken(body, options)}
      command={() => [
        ...['halctl', 'auth', 'token', 'create', body.name],
        ...['--role', role === 'member' ? placeRole : role],
        ...(body.projects ?? []).flatMap((place) => ['--project', place.name]),
        ...(body.user === undefined ? [] : ['--user', body.user]),
        ...(typeof body.host === 'string' ? ['--host', body.host] : []),
        ...(seconds === undefined ? [] : ['--expires', lasts]),
      ]}
      told={({ id }) => `Token ${id} is issued.`}
      done={issued}
      close={close}
    >
      <Field label="What it is for" value={name} change={setName} placeholder="backup" />
      <Select label="Role" value={role} choices={asTheyAre(roles)} change={setRole} />
      {role === 'agent' ? (
        <Field label="Host" value={host} change={setHost} placeholder="n0001.example" />
      ) : null}
      {role === 'member' ? (
        <>
          <Field label="Project" value={project} change={setProject} />
          <Select
            label="Role there"
            value={placeRole}
            choices={asTheyAre(placeRoles)}
            change={setPlaceRole}
          />
        </>
      ) : null}
      {role === 'agent' || role === 'member' ? null : (
        <Field label="Of the user (may be left out)" value={user} change={setUser} />
      )}
      <Select label="It lasts" value={lasts} choices={lasting} change={setLasts} />
    </OrderDialog>
  );
};

const whatLacks = ({ name, host, projects }: TokenBody): string | undefined => {
  if (name === '') return 'Say what it is for.';
  if (host === '') return 'Say of which host.';
  return projects?.some((place) => place.name === '') ? 'Say of which project.' : undefined;
};
