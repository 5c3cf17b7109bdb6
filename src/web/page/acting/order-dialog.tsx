/**
 * Ordering something: what will happen is shown before, as the station plans it; the reason is written down, a grant taken
 * up and a number typed where that is asked for; then it is sent once, and followed to its end.
 */

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { randomId } from '../../../client/random-id.ts';
import type { Operation } from '../../../client/types.ts';
import { counted } from '../../../client/view/words.ts';
import { CopyCommand } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem, wordsOf } from '../parts/problem.tsx';
import { announce } from '../state/announce.ts';
import { useAnswer } from '../state/answer.ts';
import { isExpired } from '../state/station.ts';
import { useSession } from '../state/who.ts';
import { Elevate, takesGrant } from './elevate.tsx';
import { OperationProgress } from './operation-progress.tsx';
import { PlanShown } from './plan.tsx';
import type { Plan } from './plan.tsx';
import './acting.css';

/** What is given to the calls of the client. */
export interface PlanOptions {
  readonly dryRun: true;
  readonly signal: AbortSignal;
}

export interface OrderOptions {
  /** The same as long as the dialog is open: pressed twice, or sent again for want of an answer, it is done once. */
  readonly idempotencyKey: string;
  /** What is done one after another goes no further than this. */
  readonly stop: AbortSignal;
}

interface OrderDialogProps<R, P> {
  readonly title: string;
  /** On the button: `Reboot`. */
  readonly verb: string;
  /** Machines that it is about, by name; a grant is asked for on these. Absent: none that take one. */
  readonly hosts?: readonly string[] | undefined;
  readonly danger?: boolean | undefined;
  /** Whether somebody is asked why. Absent: the order takes no reason. */
  readonly reason?: 'needed' | 'welcome' | undefined;
  /** How the field of the reason is called. */
  readonly reasonLabel?: string | undefined;
  /** How many it is about: more than one are typed before anything is sent. */
  readonly count?: number | undefined;
  /** What is missing in `children` before it can be planned; undefined: nothing. */
  readonly unless?: string | undefined;
  /** What is chosen in `children`: where it changes, it is planned anew. */
  readonly chosen?: string | undefined;
  /** What would be done: a dry run of the order. Absent: it has none. The reason may be empty. */
  readonly plan?: ((reason: string, options: PlanOptions) => Promise<P>) | undefined;
  /** Draws the plan; absent: as dry runs are. */
  readonly showPlan?: ((plan: P) => ComponentChildren) | undefined;
  readonly order: (reason: string, options: OrderOptions) => Promise<R>;
  /** It is done one after another, and can be stopped in between. */
  readonly isStepwise?: boolean | undefined;
  /** The same, as it is typed. */
  readonly command?: ((reason: string) => readonly string[]) | undefined;
  /** What to tell when it was accepted and is no operation; absent: the title. */
  readonly told?: ((reply: R) => string) | undefined;
  /** Told of the answer, once. */
  readonly done?: ((reply: R) => void) | undefined;
  readonly close: () => void;
  /** What else is chosen: labels with fields. */
  readonly children?: ComponentChildren;
}

const isOperation = (reply: unknown): reply is Operation =>
  typeof reply === 'object' && reply !== null && 'kind' in reply && 'stages' in reply;

export const OrderDialog = <R, P = Plan>(props: OrderDialogProps<R, P>): JSX.Element => {
  const { title, verb, hosts = [], danger = false, close, children } = props;
  const { reason: asks, reasonLabel = 'Why', count = 1, unless, chosen = '' } = props;
  const { isStepwise = false } = props;
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [key] = useState(() => randomId());
  const [error, setError] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const [begun, setBegun] = useState<Operation | undefined>();
  const { signedIn } = useSession();
  // Whoever has signed in anew may try anew.
  useEffect(() => setError(undefined), [signedIn]);
  const said = reason.trim();
  const lacks = whatIsMissing({ ...props, said });
  const planned = usePlan(props, said, lacks === undefined && begun === undefined, chosen);
  const grantNeeded = takesGrant(error) || takesGrant(planned.error);
  const warning = useId();
  const stopping = useRef(new AbortController());

  const isReady =
    !isSending &&
    unless === undefined &&
    (asks !== 'needed' || said !== '') &&
    (count <= 1 || typed.trim() === String(count)) &&
    !grantNeeded &&
    (!props.plan || (planned.data !== undefined && planned.error === undefined));

  const send = async (): Promise<void> => {
    if (!isReady) return;
    setSending(true);
    setError(undefined);
    stopping.current = new AbortController();
    try {
      const { signal: stop } = stopping.current;
      const reply = await props.order(said, { idempotencyKey: key, stop });
      props.done?.(reply);
      if (isOperation(reply)) return setBegun(reply);
      announce(props.told?.(reply) ?? `${title}: done.`, 'good');
      close();
    } catch (refused) {
      setError(refused);
      const what = isStepwise ? 'Not all was done yet' : 'Nothing was done yet';
      if (isExpired(refused)) announce(`${what}: ${wordsOf(refused)}`, 'bad');
    } finally {
      setSending(false);
    }
  };

  if (begun) return <Begun title={title} operation={begun} close={close} />;
  return (
    <Dialog title={title} close={close} canClose={!isSending}>
      <form
        class="order"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {children}
        {asks === undefined ? null : (
          <label>
            {reasonLabel}
            {asks === 'welcome' ? ' (may be left out)' : ''}
            <input
              name="reason"
              value={reason}
              maxLength={512}
              required={asks === 'needed'}
              autofocus
              autocomplete="off"
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        )}
        {lacks === undefined ? null : <p class="quiet">{lacks}</p>}
        {planned.isLoading ? <p class="quiet">Asking what would be done…</p> : null}
        {planned.data === undefined ? null : (
          <section aria-label="What will be done" class="plan">
            <h3>What will be done</h3>
            {props.showPlan?.(planned.data) ?? <PlanShown plan={planned.data as Plan} />}
          </section>
        )}
        {grantNeeded ? (
          <Elevate
            hosts={hosts}
            reason={said}
            done={() => {
              setError(undefined);
              planned.again();
            }}
          />
        ) : (
          <Problem error={error ?? planned.error} again={error ? undefined : planned.again} />
        )}
        {count > 1 ? (
          <label>
            It is about {counted(count, 'machine')}. Type {count}
            <input
              inputMode="numeric"
              autocomplete="off"
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
        ) : null}
        <p class="buttons">
          <button type="submit" class={danger ? 'danger' : 'main'} disabled={!isReady}>
            {isSending ? 'Sending…' : verb}
          </button>
          {isSending && isStepwise ? (
            <button type="button" onClick={() => stopping.current.abort()}>
              Stop
            </button>
          ) : (
            <button type="button" onClick={close} disabled={isSending}>
              Leave it
            </button>
          )}
          {props.command ? <CopyCommand command={props.command(said)} /> : null}
        </p>
        <p id={warning} class="quiet">
          It is sent once, however often it is pressed.
        </p>
      </form>
    </Dialog>
  );
};

/** Why it cannot be planned yet. */
const whatIsMissing = ({
  unless,
  reason,
  said,
}: {
  readonly unless?: string | undefined;
  readonly reason?: 'needed' | 'welcome' | undefined;
  readonly said: string;
}): string | undefined =>
  unless ?? (reason === 'needed' && said === '' ? 'Say why before it is planned.' : undefined);

interface Planned<P> {
  readonly data: P | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly again: () => void;
}

/** What the words of the reason are makes no other plan, so it is not planned anew with each letter. */
const usePlan = <R, P>(
  { plan }: Pick<OrderDialogProps<R, P>, 'plan'>,
  said: string,
  isWanted: boolean,
  chosen: string,
): Planned<P> => {
  const latest = useRef(said);
  latest.current = said;
  const key = plan && isWanted ? `${chosen} ${said === ''}` : null;
  const { data, error, isLoading, again } = useAnswer<P>(key, (signal) =>
    plan!(latest.current, { dryRun: true, signal }),
  );
  return { data, error, isLoading: key !== null && isLoading, again };
};

const Begun = ({
  title,
  operation,
  close,
}: {
  readonly title: string;
  readonly operation: Operation;
  readonly close: () => void;
}): JSX.Element => {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <Dialog title={title} close={close}>
      {operation.kind === 'none' ? (
        <p role="status">Nothing had to be done.</p>
      ) : (
        <OperationProgress id={operation.id} begun={operation} />
      )}
      <p class="buttons">
        <button type="button" ref={button} onClick={close}>
          Close
        </button>
        <span class="quiet">It goes on without this window.</span>
      </p>
    </Dialog>
  );
};
