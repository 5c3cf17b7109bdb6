/** The policy of the site: its rules, what is wrong with its file, trying a text, and asking who may what. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Policy, PolicyChecked, PolicyRule } from '../../../../client/types.ts';
import { counted } from '../../../../client/view/words.ts';
import { OrderDialog } from '../../acting/order-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useChanges } from '../../state/changes.ts';
import { station } from '../../state/station.ts';
import { CanForm } from './can-form.tsx';
import { Shown } from './shown.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

const administer = { action: 'administer' } as const;

export const PolicyOfSite = (): JSX.Element => {
  const round = useChanges('policy', ['PolicySet']);
  const answered = useAnswer('policy', (signal) => station.getPolicy({ signal }), round);
  const [isReloading, setReloading] = useState(false);
  return (
    <>
      <p class="buttons">
        <Act right={administer} onPress={() => setReloading(true)}>
          Read the file again…
        </Act>
        <CopyCommand command={['halctl', 'auth', 'policy', 'show']} />
      </p>
      <Shown answered={answered} what="the policy">
        {(policy) => <InForce policy={policy} />}
      </Shown>
      <h2>May somebody do something?</h2>
      <CanForm />
      <h2>Try a text</h2>
      <CheckForm />
      {isReloading ? (
        <OrderDialog<Policy, unknown>
          title="Read the policy file again"
          verb="Read it"
          order={() => station.reloadPolicy()}
          command={() => ['halctl', 'auth', 'policy', 'reload']}
          told={({ rules }) => `${counted(rules.length, 'rule')} in force.`}
          done={answered.again}
          close={() => setReloading(false)}
        >
          <p>All of it counts, or nothing: where anything is wrong, the policy stays as it is.</p>
        </OrderDialog>
      ) : null}
    </>
  );
};

const InForce = ({ policy }: { readonly policy: Policy }): JSX.Element => {
  const { file, revision, rules, problems } = policy;
  return (
    <>
      <dl>
        <dt>File</dt>
        <dd>{file === null ? 'none: what the roles allow holds' : <code>{file}</code>}</dd>
        {revision === null ? null : (
          <>
            <dt>In force since</dt>
            <dd>revision {revision}</dd>
          </>
        )}
      </dl>
      {problems.length === 0 ? null : (
        <div class="refusal" role="alert">
          <p>The file is wrong; what was in force before still is:</p>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <Rules rules={rules} />
    </>
  );
};

const Rules = ({ rules }: { readonly rules: readonly PolicyRule[] }): JSX.Element =>
  rules.length === 0 ? (
    <p>There are no rules.</p>
  ) : (
    <ShortTable
      label="Rules of the policy"
      titles={['Rule', 'Does', 'Who', 'What', 'Machines', 'Projects', 'Only if']}
    >
      {rules.map(({ name, effect, who, actions, machines, projects, only_if: onlyIf }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{effect}</td>
          <td>{who.join(', ')}</td>
          <td>{actions.join(', ')}</td>
          <td>{machines ?? 'all'}</td>
          <td>{projects?.join(', ') ?? ''}</td>
          <td>
            {Object.entries(onlyIf)
              .map(([condition, value]) => `${condition}: ${String(value)}`)
              .join(', ')}
          </td>
        </tr>
      ))}
    </ShortTable>
  );

/** Nothing is changed by it. */
const CheckForm = (): JSX.Element => {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  const [checked, setChecked] = useState<PolicyChecked | undefined>();
  const check = (): void => {
    setError(undefined);
    setChecked(undefined);
    station.checkPolicy({ name: 'policy.yaml', text }).then(setChecked).catch(setError);
  };
  return (
    <div class="asked">
      <label>
        Text of a policy (YAML)
        <textarea
          rows={8}
          value={text}
          spellcheck={false}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <Act
        right={administer}
        unless={text.trim() === '' ? 'There is no text yet.' : undefined}
        onPress={check}
      >
        Check it
      </Act>
      <Problem error={error} />
      {checked ? (
        <div role="status">
          <p>Nothing is wrong with it. Nothing was changed.</p>
          <Rules rules={checked.rules} />
        </div>
      ) : null}
    </div>
  );
};
