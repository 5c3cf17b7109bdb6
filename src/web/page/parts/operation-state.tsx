/** The state of an operation, a stage of it or a machine of a campaign: sign, word and colour. */

import type { JSX } from 'preact';
import type { Tone } from '../../../checks/view/columns.ts';
import { State } from './state.tsx';

const looks: Readonly<Record<string, { readonly sign: string; readonly tone: Tone }>> = {
  queued: { sign: '◷', tone: 'faint' },
  waiting: { sign: '◷', tone: 'faint' },
  'to-come': { sign: '◷', tone: 'faint' },
  running: { sign: '▸', tone: 'busy' },
  succeeded: { sign: '✓', tone: 'good' },
  done: { sign: '✓', tone: 'good' },
  failed: { sign: '✗', tone: 'bad' },
  cancelled: { sign: '–', tone: 'faint' },
  skipped: { sign: '–', tone: 'faint' },
  'left-out': { sign: '–', tone: 'faint' },
  interrupted: { sign: '?', tone: 'busy' },
};

const unknown = { sign: '?', tone: 'plain' } as const;

export const OperationState = ({ state }: { readonly state: string }): JSX.Element => {
  const { sign, tone } = looks[state] ?? unknown;
  return <State sign={sign} word={state} tone={tone} />;
};
