/** Whether somebody may do something, which rule decides, and what is missing. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Can } from '../../../../client/types.ts';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { station } from '../../state/station.ts';
import { asTheyAre, Field, Select } from './fields.tsx';

const actions = ['look', 'note', 'operate', 'power', 'administer'] as const;

export const CanForm = (): JSX.Element => {
  const [action, setAction] = useState<(typeof actions)[number]>('power');
  const [hosts, setHosts] = useState('');
  const [as, setAs] = useState('');
  const [suggested, setSuggested] = useState(false);
  const [can, setCan] = useState<Can | undefined>();
  const [error, setError] = useState<unknown>();
  const ask = (): void => {
    setError(undefined);
    setCan(undefined);
    station
      .whetherAllowed({
        ...{ action, suggested },
        hosts: hosts.trim() || undefined,
        as: as.trim() || undefined,
      })
      .then(setCan)
      .catch(setError);
  };
  return (
    <form
      class="asked"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <Select label="What" value={action} choices={asTheyAre(actions)} change={setAction} />
      <Field
        label="Machines (none: the cluster as a whole)"
        value={hosts}
        change={setHosts}
        placeholder="n[0001-0040].example"
      />
      <Field label="Which user (administrators; none: you)" value={as} change={setAs} />
      <label>
        <input
          type="checkbox"
          checked={suggested}
          onChange={({ currentTarget }) => setSuggested(currentTarget.checked)}
        />{' '}
        As if Halcyon suggested it
      </label>
      <button type="submit">Ask</button>
      <Problem error={error} />
      {can ? <Answers can={can} /> : null}
    </form>
  );
};

const Answers = ({ can }: { readonly can: Can }): JSX.Element => (
  <ul role="status">
    {can.answers.map(({ hosts, allowed, rule, lack, grant }) => (
      <li key={`${hosts ?? ''} ${rule}`}>
        {hosts ?? 'the cluster as a whole'}:{' '}
        <State
          sign={allowed ? '✓' : '✗'}
          word={allowed ? 'yes' : 'no'}
          tone={allowed ? 'good' : 'bad'}
        />{' '}
        ({rule}){lack === null ? '' : `; it takes ${lack}`}
        {grant === null ? '' : `; by grant ${grant}`}
      </li>
    ))}
  </ul>
);
