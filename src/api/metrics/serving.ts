/** What the station answers to whom, and whether it can. */

import { X509Certificate } from 'node:crypto';
import type { Connections } from '../connections.ts';
import { errorTable } from '../errors.ts';
import type { EventStreams } from '../event-streams.ts';
import type { AnsweredProblems } from '../problems.ts';
import type { Exposition } from './exposition.ts';

export interface Serving {
  readonly version: string;
  readonly head: () => number;
  readonly connections: Pick<Connections, 'open' | 'strangers'>;
  readonly streams: Pick<EventStreams, 'list'>;
  readonly problems: Pick<AnsweredProblems, 'counts'>;
  /** PEM; absent: plain HTTP. */
  readonly certificate: Buffer | undefined;
}

export const servingMetrics = (
  exposition: Exposition,
  { version, head, connections, streams, problems, certificate }: Serving,
): void => {
  exposition.gauges('build_info', 'Always 1; its label is the version.', ['version'], () => [
    [[version], 1],
  ]);
  exposition.gauge('connections', 'Connections that are open.', () => connections.open);
  exposition.gauge(
    'connections_without_token',
    'Open connections that have shown no valid token.',
    () => connections.strangers,
  );
  exposition.gauge(
    'event_streams',
    'Who reads the events as they come.',
    () => streams.list().length,
  );
  exposition.gauge(
    'event_stream_lag_commits',
    'How far the reader that is last is behind the log; 0: nobody is.',
    () => streams.list().reduce((lag, { revision }) => Math.max(lag, head() - revision), 0),
  );
  exposition.counters(
    'problems_total',
    'Errors that were answered to requests, by code, since the station started.',
    ['code', 'status'],
    () =>
      errorTable.map(({ code, status }) => [
        [code, String(status)],
        problems.counts.get(code) ?? 0,
      ]),
  );
  if (!certificate) return;
  const until = new X509Certificate(certificate).validToDate.getTime() / 1000;
  exposition.gauge(
    'certificate_expiry_timestamp_seconds',
    'When the certificate of the station expires.',
    () => until,
  );
};
