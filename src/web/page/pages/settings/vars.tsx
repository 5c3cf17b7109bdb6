/** The numbers that the cluster goes by: what each means, its range, and setting it with its plan first. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { VarList } from '../../../../client/types.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { useMoment } from '../../state/moment.ts';
import { station } from '../../state/station.ts';
import { Field } from './fields.tsx';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

type Var = VarList['items'][number];

const administer = { action: 'administer' } as const;

export const Vars = (): JSX.Element => {
  const at = useMoment();
  const round = useChanges('vars', ['VarSet']);
  const answered = useAnswer(`vars ${at ?? ''}`, (signal) => station.vars({ at, signal }), round);
  const [chosen, setChosen] = useState<Var | undefined>();
  return (
    <>
      <p class="buttons">
        <CopyCommand command={['halctl', 'cluster', 'vars', 'get']} />
      </p>
      <Shown answered={answered} what="the settings">
        {({ items }) => (
          <ShortTable
            label="Settings of the cluster"
            titles={['Name', 'Value', 'Range', 'Meaning', 'Set it']}
          >
            {items.map((one) => (
              <Row key={one.name} of={one} set={() => setChosen(one)} />
            ))}
          </ShortTable>
        )}
      </Shown>
      {chosen ? <SetDialog of={chosen} close={() => setChosen(undefined)} /> : null}
    </>
  );
};

const Row = ({ of, set }: { readonly of: Var; readonly set: () => void }): JSX.Element => {
  const { name, value, default: usual, unit, min, max, description } = of;
  return (
    <tr>
      <th scope="row">
        <code>{name}</code>
      </th>
      <td>
        {value} {unit} {value === usual ? null : <span class="quiet">(default {usual})</span>}
      </td>
      <td>
        {min} to {max}
      </td>
      <td>{description}</td>
      <td>
        <Act right={administer} onPress={set}>
          Set {name}…
        </Act>
      </td>
    </tr>
  );
};

const SetDialog = ({
  of,
  close,
}: {
  readonly of: Var;
  readonly close: () => void;
}): JSX.Element => {
  const { name, value, default: usual, unit, min, max, description } = of;
  const [text, setText] = useState(String(value));
  const next = text.trim() === '' ? NaN : Number(text);
  const isGood = next >= min && next <= max;
  return (
    <OrderDialog
      title={`Set ${name}`}
      verb="Set it"
      chosen={text}
      unless={isGood ? undefined : `Write a number of ${min} to ${max}.`}
      plan={(_, options) => station.setVars({ [name]: next }, options)}
      order={(_, options) => station.setVars({ [name]: next }, options)}
      command={() => ['halctl', 'cluster', 'vars', 'set', `${name}=${text.trim()}`]}
      told={() => `${name} is ${next} ${unit}.`}
      close={close}
    >
      <p>{description}</p>
      <Field
        label={`Value (${unit}; ${min} to ${max}, default ${usual})`}
        value={text}
        change={setText}
      />
    </OrderDialog>
  );
};
