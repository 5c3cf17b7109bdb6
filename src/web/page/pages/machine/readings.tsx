/** What the OBM tells when it is asked: sensors, its event log, inventory, identity. Each says how old it is. */

import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type {
  Age,
  Inventory,
  ObmIdentity,
  SensorList,
  SystemEventList,
} from '../../../../client/types.ts';
import { Act } from '../../parts/act.tsx';
import { Ago, Moment } from '../../parts/age.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { station } from '../../state/station.ts';
import { ShortTable } from '../../parts/short-table.tsx';

interface ReadingsProps {
  readonly fqdn: string;
  /** Why nothing can be read. */
  readonly unless: string | undefined;
}

/** Seconds that an answer may be held back, and that what was seen may be old where it is to be new. */
const [waitSeconds, freshSeconds] = [20, 3];

interface AskOptions {
  readonly signal: AbortSignal;
  readonly wait?: number;
  readonly max_age?: number;
}

interface Reading<T extends Age> {
  readonly title: string;
  readonly ask: (fqdn: string, options: AskOptions) => Promise<T>;
  readonly draw: (reply: T) => ComponentChildren;
}

const sensors: Reading<SensorList> = {
  title: 'Sensors',
  ask: (fqdn, options) => station.getSensors(fqdn, options),
  draw: ({ sensors: all, missing }) => (
    <>
      <Rows
        label={sensors.title}
        titles={['SENSOR', 'VALUE', 'STATUS', 'NOTE']}
        rows={all.map(({ name, value, unit, status, note }) => [
          name,
          value === null ? 'cannot be read' : `${value} ${unit}`.trim(),
          status,
          note ?? '',
        ])}
      />
      {missing.map((why) => (
        <p key={why} class="quiet">
          Not read: {why}
        </p>
      ))}
    </>
  ),
};

const systemEvents: Reading<SystemEventList> = {
  title: 'Event log of the OBM',
  ask: (fqdn, options) => station.getSystemEvents(fqdn, options),
  draw: ({ events }) => (
    <Rows
      label={systemEvents.title}
      titles={['WHEN (its clock)', 'SEVERITY', 'WHAT']}
      rows={events.map(({ at, severity, text }) => [
        at === null ? 'not known' : <Moment at={at} />,
        severity,
        text,
      ])}
    />
  ),
};

const inventory: Reading<Inventory> = {
  title: 'Inventory',
  ask: (fqdn, options) => station.getInventory(fqdn, options),
  draw: ({ parts }) => (
    <Rows
      label={inventory.title}
      titles={['PART', 'WHAT']}
      rows={parts.map(({ name, value }) => [name, value])}
    />
  ),
};

/** Whoever asks for what is newer than there is hears of no verdict; who it is was told to these credentials. */
const credentialWords = (valid: boolean | null, trouble: Age['trouble']): string => {
  if (valid !== null) return valid ? 'right' : 'refused';
  return trouble ? 'nobody knows now whether they are right' : 'right when it was read';
};

const identity: Reading<ObmIdentity> = {
  title: 'Identity of the OBM',
  ask: (fqdn, options) => station.identifyObm(fqdn, options),
  draw: ({ valid, trouble, manufacturer, product, serial, firmware, guid }) => (
    <Rows
      label={identity.title}
      titles={['FIELD', 'VALUE']}
      rows={[
        ['credentials', credentialWords(valid, trouble)],
        ...Object.entries({ manufacturer, product, serial, firmware, guid }).map(
          ([name, value]) => [name, value ?? 'not told'],
        ),
      ]}
    />
  ),
};

export const Readings = ({ fqdn, unless }: ReadingsProps): JSX.Element => (
  <>
    <ReadingShown reading={sensors} fqdn={fqdn} unless={unless} />
    <ReadingShown reading={systemEvents} fqdn={fqdn} unless={unless} />
    <ReadingShown reading={inventory} fqdn={fqdn} unless={unless} />
    <ReadingShown reading={identity} fqdn={fqdn} unless={unless} />
  </>
);

const ReadingShown = <T extends Age>({
  reading: { title, ask, draw },
  fqdn,
  unless,
}: ReadingsProps & { readonly reading: Reading<T> }): JSX.Element => {
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useState(0);
  const key = isOpen && unless === undefined ? `${title} ${fqdn} ${asked}` : null;
  const { data, error, isLoading } = useAnswer(key, (signal) =>
    ask(fqdn, asked === 0 ? { signal } : { signal, wait: waitSeconds, max_age: freshSeconds }),
  );
  const [last, setLast] = useState<T | undefined>();
  if (data && data !== last) setLast(data);
  const shown = data ?? last;
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen ? (
        <>
          <p>
            <Act
              right={{ action: 'operate', hosts: fqdn }}
              unless={unless ?? (isLoading && asked > 0 ? 'It is being read.' : undefined)}
              onPress={() => setAsked((before) => before + 1)}
            >
              Read it now
            </Act>{' '}
            {shown ? <Aged age={shown} /> : null}
          </p>
          {isLoading && key !== null ? <p class="quiet">Asking…</p> : null}
          <Problem error={error} />
          {shown && shown.observed_at !== null ? draw(shown) : null}
        </>
      ) : null}
    </details>
  );
};

const Aged = ({
  age: { observed_at: at, stale, refreshing, trouble },
}: {
  readonly age: Age;
}): JSX.Element => (
  <span class="quiet" role="status">
    {at === null ? (
      'It was never read.'
    ) : (
      <>
        Read <Ago at={at} />
        {stale ? ', which is old' : ''}.
      </>
    )}
    {refreshing ? ' It is being read anew.' : ''}
    {trouble ? ` It cannot be read now: ${trouble.detail || trouble.reason}.` : ''}
  </span>
);

const Rows = ({
  label,
  titles,
  rows,
}: {
  readonly label: string;
  readonly titles: readonly string[];
  readonly rows: readonly (readonly ComponentChildren[])[];
}): JSX.Element =>
  rows.length === 0 ? (
    <p>There is nothing in it.</p>
  ) : (
    <ShortTable label={label} titles={titles}>
      {rows.map((cells, index) => (
        <tr key={index}>
          {cells.map((cell, place) => (
            <td key={place}>{cell}</td>
          ))}
        </tr>
      ))}
    </ShortTable>
  );
