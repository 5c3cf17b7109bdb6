/** The station: itself, its log, its engine and rules, its agents and OBM daemons, and what it does again and again. */

import type { JSX } from 'preact';
import { formatBytes, formatSeconds } from '../../../../checks/view/quantities.ts';
import type { EngineInfo, LogInfo, StationInfo } from '../../../../client/types.ts';
import { counted } from '../../../../client/view/words.ts';
import { Ago, Moment } from '../../parts/age.tsx';
import { CopyCommand } from '../../parts/copy.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Problem } from '../../parts/problem.tsx';
import { State } from '../../parts/state.tsx';
import { useAnswer } from '../../state/answer.ts';
import { useEvery } from '../../state/every.ts';
import { station } from '../../state/station.ts';
import { Agents } from './agents.tsx';
import { Obmds } from './obmds.tsx';
import { Standing, Stations } from './standing.tsx';
import { ShortTable } from '../../parts/short-table.tsx';

/** How often it is asked how it does, ms. */
const everyMs = 5000;
/** Later than this by so many ms, work that is done again and again is said to be late. */
const lateMs = 5000;

export const Page = (): JSX.Element => {
  const round = useEvery(everyMs);
  const info = useAnswer('station', (signal) => station.station({ signal }), round);
  const log = useAnswer('log', (signal) => station.log({ signal }), round);
  const engine = useAnswer('engine', (signal) => station.engine({ signal }), round);
  return (
    <>
      <PageTitle title="Station">
        <CopyCommand command={['halctl', 'system', 'station', 'info']} />
      </PageTitle>
      <Problem error={info.error} again={info.again} />
      {info.data ? <Standing info={info.data} /> : null}
      {info.data ? <About info={info.data} /> : null}
      <Stations round={round} />
      <h2>Log</h2>
      <Problem error={log.error} again={log.again} />
      {log.data ? <Log log={log.data} /> : null}
      {info.data ? <Periodic info={info.data} /> : null}
      <Agents />
      <Obmds />
      <h2>Engine</h2>
      <Problem error={engine.error} again={engine.again} />
      {engine.data ? <Engine engine={engine.data} /> : null}
    </>
  );
};

const About = ({ info }: { readonly info: StationInfo }): JSX.Element => (
  <dl>
    <dt>Version</dt>
    <dd>
      {info.version}, Node.js {info.node}
    </dd>
    <dt>Runs</dt>
    <dd>
      for {formatSeconds(info.uptime_seconds)}, since <Moment at={info.started} />, process{' '}
      {info.pid}
    </dd>
    <dt>About</dt>
    <dd>
      {counted(info.hosts, 'host')}, {counted(info.processes, 'process')},{' '}
      {counted(info.agents_connected, 'agent')} connected
    </dd>
    <dt>Memory</dt>
    <dd>{formatBytes(info.memory_bytes)}</dd>
    <dt>Directory</dt>
    <dd>
      <code>{info.directory}</code>
    </dd>
  </dl>
);

const Log = ({ log }: { readonly log: LogInfo }): JSX.Element => (
  <>
    <dl>
      <dt>Revision</dt>
      <dd>{log.head}</dd>
      <dt>Size</dt>
      <dd>{formatBytes(log.bytes)}</dd>
      <dt>Durability</dt>
      <dd>{log.durability}</dd>
      <dt>Digest</dt>
      <dd>
        <code>{log.digest}</code>
      </dd>
      <dt>Snapshots</dt>
      <dd>
        {log.snapshots.length === 0 ? 'none yet' : null}
        {log.snapshots.map(({ revision, bytes, at }) => (
          <span key={revision} class="item">
            revision {revision}, {formatBytes(bytes)}, <Ago at={at} />
          </span>
        ))}
      </dd>
      <dt>Readers</dt>
      <dd>
        {log.subscribers.length === 0 ? 'none' : null}
        {log.subscribers.map(({ name, lag }) => (
          <span key={name} class="item">
            {name}
            {lag > 0 ? (
              <State sign="!" word={`${counted(lag, 'revision')} behind`} tone="busy" />
            ) : null}
          </span>
        ))}
      </dd>
    </dl>
  </>
);

const Periodic = ({ info }: { readonly info: StationInfo }): JSX.Element => (
  <>
    <h2>What is done again and again</h2>
    <ShortTable
      label="What is done again and again"
      titles={['Work', 'Where', 'Every', 'Items', 'Due', 'Late by']}
    >
      {info.periodic.map(({ work, where, period_ms: period, items, due, lag_ms: lag }) => (
        <tr key={`${work} ${where}`}>
          <th scope="row">{work}</th>
          <td>{where}</td>
          <td>{period === 0 ? 'not unasked' : formatSeconds(period / 1000)}</td>
          <td>{items}</td>
          <td>{due}</td>
          <td>
            {lag > lateMs ? (
              <State sign="!" word={formatSeconds(lag / 1000)} tone="busy" />
            ) : (
              <State sign="✓" word="in time" tone="good" />
            )}
          </td>
        </tr>
      ))}
    </ShortTable>
  </>
);

const Engine = ({ engine }: { readonly engine: EngineInfo }): JSX.Element => (
  <>
    <p>
      {engine.commits} commits since it started, {engine.commits_per_second.toFixed(1)} a second
      lately; {counted(engine.events, 'event')}, {counted(engine.rejections, 'rejection')}. Rules of
      version {engine.rules_version}.
    </p>
    <details>
      <summary>{counted(engine.rules.length, 'rule')}</summary>
      <ShortTable label="Rules" titles={['Rule', 'What it does', 'On', 'Fired']}>
        {engine.rules.map(({ name, description, on, firings }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{description}</td>
            <td>{on.join(', ')}</td>
            <td>{firings}</td>
          </tr>
        ))}
      </ShortTable>
    </details>
  </>
);
