/** Facts and roles as files: read, planned as a diff, and loaded exactly as planned. */

import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { loadedFields, missingText } from '../../../../client/view/load-plan.ts';
import { counted } from '../../../../client/view/words.ts';
import { ApiError } from '../../../../client/errors.ts';
import type { Loaded } from '../../../../client/types.ts';
import { Act } from '../../parts/act.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { Link } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem, wordsOf } from '../../parts/problem.tsx';
import { saveText } from '../../parts/save.ts';
import { announce } from '../../state/announce.ts';
import { useMoment } from '../../state/moment.ts';
import { useRight } from '../../state/rights.ts';
import { station } from '../../state/station.ts';
import { useFilesDraft } from './draft.ts';
import { Errors } from './errors.tsx';
import { FileFields } from './file-fields.tsx';
import { whatIsWrong } from './files.ts';
import type { Files } from './files.ts';
import { Kept, PlanDiff } from './plan.tsx';
import { useLoad } from './use-load.ts';
import type { Load } from './use-load.ts';

export const Page = (): JSX.Element => {
  const [files, setFiles] = useFilesDraft();
  const [prune, setPrune] = useState(false);
  const fields = useRef(new Map<string, HTMLTextAreaElement>());
  const load = useLoad();
  const change = (next: Files): void => {
    setFiles(next);
    load.forget();
  };
  const select = (file: string, offset: number): void => {
    const field = fields.current.get(file);
    field?.focus();
    field?.setSelectionRange(offset, offset + 1);
  };
  const errors = load.error instanceof ApiError ? load.error.problem.errors : undefined;
  const command = [
    ...['halctl', 'cluster', 'load', '-f', files.facts.name],
    ...files.roles.flatMap(({ name }) => ['-r', name]),
    ...(prune ? ['--prune'] : []),
  ];
  return (
    <>
      <PageTitle title="Facts and roles as files">
        <CopyCommand command={command} />
      </PageTitle>
      <p>
        Facts say which hosts there are and what they have; files of roles say what that is.{' '}
        <Link to="/roles">The roles that are loaded</Link>
      </p>
      <Present files={files} change={change} />
      <FileFields files={files} change={change} fields={fields} />
      {/\bpassword_file\b/.test(files.facts.text) ? (
        <p class="banner stale">
          These facts name files of passwords. The page cannot read them: load with halctl, or leave
          such OBMs as they are by leaving out their passwords.
        </p>
      ) : null}
      <label class="choice">
        <input
          type="checkbox"
          checked={prune}
          onChange={({ currentTarget }) => {
            setPrune(currentTarget.checked);
            load.forget();
          }}
        />{' '}
        Prune: remove what the files do not declare any more
      </label>
      {prune ? (
        <p class="banner stale">
          Hosts, roles, pools and settings that these files do not name go, with the processes of
          what goes; what runs is stopped first. Look at the plan.
        </p>
      ) : null}
      <p class="buttons">
        <Act
          right={{ action: 'administer' }}
          unless={load.isBusy ? 'It is being looked at.' : whatIsWrong(files)}
          onPress={() => void load.plan({ files, prune })}
        >
          {load.isOutdated ? 'Plan it again' : 'Plan it'}
        </Act>
      </p>
      {errors ? (
        <Errors errors={errors} kind="error" files={files} goTo={select} />
      ) : (
        <Refused load={load} />
      )}
      <Plan load={load} files={files} goTo={select} />
      {load.loaded ? <Outcome loaded={load.loaded} /> : null}
    </>
  );
};

interface PresentProps {
  readonly files: Files;
  readonly change: (files: Files) => void;
}

/** What is loaded, as files. */
const Present = ({ files, change }: PresentProps): JSX.Element => {
  const at = useMoment();
  const may = useRight({ action: 'operate' });
  const [error, setError] = useState<unknown>();
  const hasText = files.facts.text !== '' || files.roles.length > 0;
  const fetch = async (use: (dump: Files) => void): Promise<void> => {
    setError(undefined);
    try {
      use(await station.dump({ at }));
    } catch (failed) {
      setError(failed);
    }
  };
  const save = ({ facts, roles }: Files): void => {
    for (const { name, text } of [facts, ...roles])
      saveText(name.split('/').at(-1)!, text, 'application/yaml');
    announce(`${counted(1 + roles.length, 'file')} were handed to your browser.`);
  };
  if (may.why !== undefined)
    return <p class="quiet">What is loaded is shown as files to operators only.</p>;
  return (
    <>
      <p class="buttons">
        <button
          type="button"
          disabled={hasText}
          title={hasText ? 'There is something in the fields already' : undefined}
          onClick={() => void fetch(change)}
        >
          {at === undefined ? 'Begin with what is loaded' : 'Show what was loaded then'}
        </button>
        <button type="button" onClick={() => void fetch(save)}>
          Download it
        </button>
        <CopyCommand
          command={[
            ...['halctl', 'cluster', 'dump', '-f', 'FOLDER'],
            ...(at === undefined ? [] : ['--at', at]),
          ]}
        />
      </p>
      <Problem error={error} />
    </>
  );
};

const Refused = ({ load: { error, isOutdated, planned } }: { readonly load: Load }): JSX.Element =>
  isOutdated ? (
    <div class="refusal" role="alert">
      <p>
        The cluster has changed since it was planned at revision {planned?.plan.revision}; nothing
        was loaded. Plan it again, and look whether it still says the same.
      </p>
      <p class="quiet">{wordsOf(error)}</p>
    </div>
  ) : (
    <Problem error={error} />
  );

interface PlanProps {
  readonly load: Load;
  readonly files: Files;
  readonly goTo: (file: string, offset: number) => void;
}

const Plan = ({ load, files, goTo }: PlanProps): JSX.Element | null => {
  const [typed, setTyped] = useState('');
  const { planned, isBusy, isOutdated } = load;
  if (!planned) return null;
  const { plan, isSame } = planned;
  const { remove } = plan.counts;
  const isCounted = remove <= 1 || typed.trim() === String(remove);
  const unless = isBusy
    ? 'It is being loaded.'
    : isOutdated
      ? 'The cluster has changed: plan it again.'
      : plan.events.length === 0
        ? 'There is nothing to load.'
        : isCounted
          ? undefined
          : `Type how many are removed: ${remove}.`;
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">What would happen</h2>
      {isSame === undefined ? null : (
        <p>
          {isSame
            ? 'It is the same as it was planned before.'
            : 'It is another than it was planned before: look at it again.'}
        </p>
      )}
      <Errors errors={plan.warnings} kind="warning" files={files} goTo={goTo} />
      <PlanDiff plan={plan} />
      <Kept kept={plan.kept} />
      {remove > 1 ? (
        <label>
          {counted(remove, 'removal')}. Type {remove}{' '}
          <input
            inputMode="numeric"
            autocomplete="off"
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
      ) : null}
      <p class="buttons">
        <Act
          right={{ action: 'administer' }}
          unless={unless}
          danger={remove > 0}
          onPress={() => void load.apply()}
        >
          Load it as planned
        </Act>
      </p>
    </section>
  );
};

const Outcome = ({ loaded }: { readonly loaded: Loaded }): JSX.Element => {
  const { changed, revision, waiting, missing, kept } = loaded;
  return (
    <section aria-label="What was loaded">
      <p role="status" class="good">
        {changed
          ? `Loaded; revision ${revision}.`
          : `Already loaded: nothing to change at revision ${revision}.`}
      </p>
      <dl>
        {loadedFields(loaded).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {waiting.length > 0 ? (
        <p class="busy">{counted(waiting.length, 'host')} wait for the agent to report.</p>
      ) : null}
      {missing.map((one) => (
        <p key={one.host} class="busy">
          Missing: {missingText(one)}
        </p>
      ))}
      <Kept kept={kept} />
      <p>
        <Link to="/processes">See the processes</Link>
      </p>
    </section>
  );
};
