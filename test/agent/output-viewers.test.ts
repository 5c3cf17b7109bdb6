import { pino } from 'pino';
import t from 'tap';
import { OutputViewers, viewersMax } from '../../src/agent/output-viewers.ts';
import type { OutputMessage } from '../../src/agent/output-viewers.ts';
import type { OutputReader } from '../../src/agent/supervision/output-reader.ts';

const viewing = (
  next: OutputReader['next'],
): { viewers: OutputViewers; said: OutputMessage[]; closed: () => number } => {
  const said: OutputMessage[] = [];
  let closed = 0;
  const read = (): OutputReader => ({ next, close: () => void (closed += 1) });
  const viewers = new OutputViewers(
    read,
    (message) => said.push(message),
    pino({ level: 'silent' }),
  );
  return { viewers, said, closed: () => closed };
};

const open = (id: number): Parameters<OutputViewers['open']>[0] => ({
  type: 'output-open',
  id,
  fid: '0x7200000000000001:0x2',
  lines: null,
  follow: true,
  channels: ['stdout'],
});

t.test('a viewer too many is refused, and has room when another goes', async (t) => {
  const { viewers, said, closed } = viewing(() => new Promise(() => undefined));
  for (let id = 1; id <= viewersMax; id += 1) viewers.open(open(id));
  t.ok(said.every(({ type }) => type === 'output'));
  viewers.open(open(1000));
  t.match(said.at(-1), { type: 'output-end', id: 1000, code: 'busy' });
  viewers.close(7);
  viewers.open(open(1001));
  t.match(said.at(-1), { type: 'output', id: 1001, data: '' });
  viewers.closeAll();
  t.equal(closed(), viewersMax + 1);
});

t.test('what cannot be read is said once, and its reader is let go', async (t) => {
  const { viewers, said, closed } = viewing(() => Promise.reject(new Error('disk on fire')));
  viewers.open(open(1));
  viewers.next(1);
  await new Promise((resolve) => setImmediate(resolve));
  t.match(said.at(-1), { type: 'output-end', code: 'unreadable', message: 'disk on fire' });
  viewers.next(1);
  t.equal(said.length, 2);
  t.equal(closed(), 1);
});
