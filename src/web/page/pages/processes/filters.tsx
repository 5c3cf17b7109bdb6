/** Which processes are shown: a form whose fields stand in the address. */

import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { processStates } from '../../../../client/view/states.ts';
import { useKeys } from '../../state/keys.ts';
import { changeQuery } from '../../state/router.ts';
import type { QueryChange } from '../../state/router.ts';
import { groupings, narrowed } from './asked.ts';
import type { ProcessesAsked } from './asked.ts';

/** Groups are of the whole cluster. */
const groupedBy = (group: string): QueryChange => ({
  ...{ host: null, role: null, node: null, state: null, sort: null },
  group,
});

export const Filters = ({ asked }: { readonly asked: ProcessesAsked }): JSX.Element => {
  const { host = '', role = '', state = '', node = '' } = asked;
  const first = useRef<HTMLInputElement>(null);
  useKeys([{ keys: '/', what: 'Filter the list', run: () => first.current?.focus() }]);
  const isFiltered = [host, role, state, node].some((one) => one !== '');
  return (
    <form
      class="bar"
      role="search"
      aria-label="Filter processes"
      // Another address fills the fields anew.
      key={JSON.stringify([host, role, state, node])}
      onSubmit={(event) => {
        event.preventDefault();
        const said = new FormData(event.currentTarget);
        const text = (name: string): string => ((said.get(name) as string | null) ?? '').trim();
        changeQuery(
          narrowed({
            host: text('host').toLowerCase(),
            role: text('role'),
            node: text('node'),
            state: text('state'),
            group: null,
          }),
        );
      }}
    >
      <label>
        Host <input ref={first} name="host" defaultValue={host} autocomplete="off" />
      </label>
      <label>
        Role <input name="role" defaultValue={role} autocomplete="off" />
      </label>
      <label>
        Node <input name="node" defaultValue={node} autocomplete="off" placeholder="0x6e…:0x2" />
      </label>
      <label>
        State{' '}
        <select name="state" defaultValue={state}>
          <option value="">any</option>
          {processStates.map((one) => (
            <option key={one} value={one} selected={one === state}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <label>
        Group by{' '}
        <select
          value={asked.group ?? ''}
          onChange={({ currentTarget }) => changeQuery(narrowed(groupedBy(currentTarget.value)))}
        >
          <option value="">nothing</option>
          {groupings.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Filter</button>
      {isFiltered ? (
        <button
          type="button"
          onClick={() => changeQuery(narrowed({ host: null, role: null, node: null, state: null }))}
        >
          Show all
        </button>
      ) : null}
    </form>
  );
};
