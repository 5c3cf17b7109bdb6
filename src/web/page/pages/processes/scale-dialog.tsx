/** How many processes of a role a host shall have: what is missing is added, the youngest are removed. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { forcing } from '../../../../client/view/forcing.ts';
import { isUnderWay } from '../../../../client/view/operation-words.ts';
import { Forced } from '../../acting/action-dialog.tsx';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { useDraft } from '../../parts/draft.ts';
import { station } from '../../state/station.ts';
import { HostField, RoleField } from './fields.tsx';
import { settingsOf, VariablesField } from './variables-field.tsx';

interface ScaleDialogProps {
  readonly host?: string | undefined;
  readonly role?: string | undefined;
  readonly close: () => void;
}

const mostOfARole = 10_000;

export const ScaleDialog = ({ host: given, role: first, close }: ScaleDialogProps): JSX.Element => {
  const [host, setHost] = useState(given ?? '');
  const [role, setRole] = useState(first ?? '');
  const [count, setCount] = useState('');
  const [text, setText] = useState('');
  const [isForced, setForced] = useState(false);
  const { overrides, words, wrong } = settingsOf(role, text);
  const to = /^\d{1,5}$/.test(count) ? Number(count) : NaN;
  const body = { role, to, overrides };
  const isSaid = host !== '' && role !== '' && to >= 0 && to <= mostOfARole;
  const unless = isSaid ? wrong : `Say how many (0 to ${mostOfARole}) of which role of which host.`;
  return (
    <OrderDialog
      title="Scale a role"
      verb="Scale"
      unless={unless}
      chosen={JSON.stringify([host, body, isForced])}
      plan={(_, options) => station.scale(host, body, { ...options, force: isForced })}
      order={async (_, options) => {
        const reply = await station.scale(host, body, { ...options, force: isForced });
        // What was only added is there at once.
        return isUnderWay(reply) || reply.state !== 'succeeded'
          ? reply
          : { changed: reply.changed };
      }}
      told={({ changed }) => `${host} has ${to} of ${role}${changed ? '' : ' already'}.`}
      command={() => [
        ...['halctl', 'cluster', 'process', 'scale', '--host', host, '--role', role],
        ...['--to', count, ...words, ...(isForced ? ['--force'] : [])],
      ]}
      close={close}
    >
      <HostField value={host} change={setHost} />
      <RoleField value={role} change={setRole} />
      <label>
        How many
        <input
          inputMode="numeric"
          autocomplete="off"
          {...useDraft(count, (text) => setCount(text.trim()))}
        />
      </label>
      <VariablesField value={text} change={setText} />
      <Forced although={forcing.scale} isForced={isForced} setForced={setForced} />
    </OrderDialog>
  );
};
