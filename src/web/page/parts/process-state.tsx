/** The state of a host or a process, as `halctl` colours it. */

import type { JSX } from 'preact';
import { signOfState, toneOfState } from '../../../client/view/states.ts';
import { State } from './state.tsx';

export const ProcessState = ({ state }: { readonly state: string }): JSX.Element => (
  <State sign={signOfState(state)} word={state} tone={toneOfState(state)} />
);
