/** Saying that somebody works on machines that were picked, or does no more. */

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Plan } from '../../../acting/plan.tsx';
import { OrderDialog } from '../../../acting/order-dialog.tsx';
import { eachMachine } from '../../../fleet/each-machine.ts';
import type { Outcome } from '../../../fleet/each-machine.ts';
import { station } from '../../../state/station.ts';
import type { ActProps } from './act-props.ts';
import { useProgress } from './progress.tsx';

const spans = [
  { seconds: 0, words: 'until somebody says that it is over', flag: undefined },
  { seconds: 3600, words: '1 hour', flag: '1h' },
  { seconds: 4 * 3600, words: '4 hours', flag: '4h' },
  { seconds: 24 * 3600, words: '1 day', flag: '1d' },
  { seconds: 7 * 24 * 3600, words: '1 week', flag: '7d' },
] as const;

export const BeginMaintenanceDialog = (props: ActProps): JSX.Element => {
  const { hosts, nodeset, close, tell } = props;
  const [seconds, setSeconds] = useState<number>(0);
  const { progress, shown } = useProgress(hosts.length);
  const title = `Begin maintenance of ${hosts.length === 1 ? nodeset : `${hosts.length} machines`}`;
  const flag = spans.find((one) => one.seconds === seconds)?.flag;
  const body = (reason: string): { reason: string; ends_in?: number } => ({
    reason,
    ...(seconds === 0 ? {} : { ends_in: seconds }),
  });
  return (
    <OrderDialog<Outcome, Plan>
      title={title}
      verb="Begin"
      reason="needed"
      chosen={String(seconds)}
      plan={(reason, options) => station.beginMaintenance(hosts[0]!, body(reason), options)}
      showPlan={() => (
        <p>
          Nothing recovers {hosts.length === 1 ? 'it' : 'them'} meanwhile; agents and processes go
          on.
        </p>
      )}
      order={(reason, { idempotencyKey, stop }) =>
        eachMachine(
          hosts,
          idempotencyKey,
          (host, key) => station.beginMaintenance(host, body(reason), { idempotencyKey: key }),
          progress,
          stop,
        )
      }
      isStepwise={hosts.length > 1}
      told={({ done }) => `${done.length} in maintenance.`}
      done={(outcome) => (outcome.failed.length > 0 ? tell(title, outcome) : undefined)}
      command={(reason) => [
        ...['halctl', 'maintenance', 'begin', nodeset, '--reason', reason || '...'],
        ...(flag === undefined ? [] : ['--for', flag]),
      ]}
      close={close}
    >
      <p class="nodeset">{nodeset}</p>
      <label>
        For
        <select
          value={seconds}
          onChange={({ currentTarget: { value } }) => setSeconds(Number(value))}
        >
          {spans.map((one) => (
            <option key={one.seconds} value={one.seconds}>
              {one.words}
            </option>
          ))}
        </select>
      </label>
      {shown}
    </OrderDialog>
  );
};

export const EndMaintenanceDialog = (props: ActProps): JSX.Element => {
  const { hosts, nodeset, close, tell } = props;
  const { progress, shown } = useProgress(hosts.length);
  const title = `End maintenance of ${hosts.length === 1 ? nodeset : `${hosts.length} machines`}`;
  return (
    <OrderDialog<Outcome, Plan>
      title={title}
      verb="End"
      count={hosts.length}
      plan={(_reason, options) => station.endMaintenance(hosts[0]!, options)}
      showPlan={() => (
        <p>
          Those that are down are recovered then; of those that nobody works on nothing changes.
        </p>
      )}
      order={(_reason, { idempotencyKey, stop }) =>
        eachMachine(
          hosts,
          idempotencyKey,
          (host, key) => station.endMaintenance(host, { idempotencyKey: key }),
          progress,
          stop,
        )
      }
      isStepwise={hosts.length > 1}
      told={({ done }) => `${done.length} not in maintenance.`}
      done={(outcome) => (outcome.failed.length > 0 ? tell(title, outcome) : undefined)}
      command={() => ['halctl', 'maintenance', 'end', nodeset]}
      close={close}
    >
      <p class="nodeset">{nodeset}</p>
      {shown}
    </OrderDialog>
  );
};
