/** What can be done with one process, by whoever may. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { forcing } from '../../../../client/view/forcing.ts';
import type { Process } from '../../../../client/types.ts';
import { ActionDialog } from '../../acting/action-dialog.tsx';
import { Act } from '../../parts/act.tsx';
import { OverrideDialog } from './override-dialog.tsx';

const verbs = ['start', 'stop', 'restart', 'remove'] as const;
type Verb = (typeof verbs)[number];

const words: Readonly<Record<Verb, { readonly title: string; readonly although?: string }>> = {
  start: { title: 'Start' },
  stop: { title: 'Stop', although: forcing.stopProcesses },
  restart: { title: 'Restart' },
  remove: { title: 'Remove', although: forcing.removeProcesses },
};

const isRunning = ({ state }: Process): boolean =>
  /^(starting|online|quiescing|stopping)$/.test(state);

/** Why it makes no sense; the station has the last word. */
const senseless = (verb: Verb, process: Process): string | undefined => {
  const { ownership, state } = process;
  if (ownership === 'independent' && verb !== 'remove')
    return 'It is independent: whoever started it stops it.';
  if (ownership === 'independent' && isRunning(process)) return 'It runs: its owner ends it first.';
  if (verb === 'start' && state === 'online') return 'It is online already.';
  return undefined;
};

interface ActionsProps {
  readonly process: Process;
  /** Whether it was removed meanwhile: nothing more can be done with it. */
  readonly isGone: boolean;
  /** Told of what was ordered. */
  readonly done: () => void;
}

export const Actions = ({ process, isGone, done }: ActionsProps): JSX.Element => {
  const [open, setOpen] = useState<Verb | 'override' | null>(null);
  const { fid, name, host } = process;
  const close = (): void => setOpen(null);
  const what = `${name} on ${host}`;
  return (
    <div class="bar" role="group" aria-label="What can be done with it">
      {isGone ? null : (
        <>
          {verbs.map((verb) => (
            <Act
              key={verb}
              right={{ action: 'operate', hosts: host }}
              unless={senseless(verb, process)}
              danger={verb === 'remove'}
              onPress={() => setOpen(verb)}
            >
              {words[verb].title}…
            </Act>
          ))}
          <Act right={{ action: 'administer' }} onPress={() => setOpen('override')}>
            Set its state…
          </Act>
        </>
      )}
      {open === null || open === 'override' ? null : (
        <ActionDialog
          title={`${words[open].title} ${what}`}
          verb={words[open].title}
          action={{ verb: open, process: fid }}
          although={words[open].although}
          danger={open === 'remove'}
          command={['halctl', 'cluster', 'process', open, fid]}
          done={done}
          close={close}
        />
      )}
      {open === 'override' ? <OverrideDialog process={process} done={done} close={close} /> : null}
    </div>
  );
};
