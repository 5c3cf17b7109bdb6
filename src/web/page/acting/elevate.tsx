/**
 * Taking up a right for a while, within what it is needed for: how long, on which machines, and the password or a code
 * once more where the station asks for it.
 */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { counted } from '../../../client/view/words.ts';
import type { Grant } from '../../../client/types.ts';
import { ApiError } from '../../../client/errors.ts';
import { Problem } from '../parts/problem.tsx';
import { forgetRights } from '../state/rights.ts';
import { station } from '../state/station.ts';

interface ElevateProps {
  /** Machines that it is for, by name. */
  readonly hosts: readonly string[];
  /** What it is for, where that was written down already. */
  readonly reason?: string | undefined;
  readonly done: (grant: Grant) => void;
}

/** Whether something is refused for want of a grant. */
export const takesGrant = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'step-up-needed';

const minute = 60;
const durations = [
  { seconds: 15 * minute, words: '15 minutes' },
  { seconds: 60 * minute, words: '1 hour' },
  { seconds: 240 * minute, words: '4 hours' },
  { seconds: 480 * minute, words: '8 hours' },
] as const;

/** What the station asked for, the last time. */
type Proof = 'password' | 'code' | null;

const proofAskedBy = (error: unknown, last: Proof): Proof => {
  if (!(error instanceof ApiError)) return last;
  if (error.code === 'password-needed') return 'password';
  return error.code === 'code-needed' ? 'code' : last;
};

const isAsking = (error: unknown): boolean =>
  error instanceof ApiError && /^(password|code)-needed$/.test(error.code);

export const Elevate = ({ hosts, reason: given = '', done }: ElevateProps): JSX.Element => {
  const [own, setOwn] = useState<string | undefined>();
  const [seconds, setSeconds] = useState<number>(durations[0].seconds);
  const [proof, setProof] = useState<Proof>(null);
  const [secret, setSecret] = useState('');
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const reason = own ?? given;
  const take = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const grant = await station.giveGrant({
        ...{ actions: ['power'], hosts: [...hosts], reason: reason.trim(), seconds },
        ...(proof === null ? {} : { [proof]: proof === 'code' ? secret.trim() : secret }),
      });
      forgetRights();
      done(grant);
    } catch (refused) {
      // A code is good once, and what was wrong is not tried again.
      setSecret('');
      const next = proofAskedBy(refused, proof);
      setProof(next);
      if (!isAsking(refused) || proof !== null) setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <fieldset class="elevate">
      <legend>This takes a grant</legend>
      <p>
        A grant is the right to do it, taken up for a while on{' '}
        {hosts.length === 1 ? hosts[0] : counted(hosts.length, 'machine')}. It is in the log, with
        your reason.
      </p>
      <label>
        Why you need it
        <input
          value={reason}
          maxLength={512}
          onInput={({ currentTarget }) => setOwn(currentTarget.value)}
        />
      </label>
      <label>
        For
        <select
          value={seconds}
          onChange={({ currentTarget }) => setSeconds(Number(currentTarget.value))}
        >
          {durations.map((one) => (
            <option key={one.seconds} value={one.seconds}>
              {one.words}
            </option>
          ))}
        </select>
      </label>
      {proof === null ? null : (
        <Secret key={proof} proof={proof} value={secret} change={setSecret} />
      )}
      <Problem error={error} />
      <button
        type="button"
        disabled={isBusy || reason.trim() === '' || (proof !== null && secret === '')}
        onClick={() => void take()}
      >
        {isBusy ? 'Asking…' : 'Take up the grant'}
      </button>
    </fieldset>
  );
};

interface SecretProps {
  readonly proof: Exclude<Proof, null>;
  readonly value: string;
  readonly change: (value: string) => void;
}

/** Where the password or a code is written; whoever is asked for it writes there next. */
const Secret = ({ proof, value, change }: SecretProps): JSX.Element => {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const common = {
    ref: field,
    value,
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
      change(currentTarget.value),
  };
  return (
    <label>
      {proof === 'password' ? 'Your password once more' : 'A code of your authenticator'}
      {proof === 'password' ? (
        <input type="password" autocomplete="current-password" {...common} />
      ) : (
        <input type="text" autocomplete="one-time-code" spellcheck={false} {...common} />
      )}
    </label>
  );
};
