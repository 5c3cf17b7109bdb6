/** What checks have confirmed, in the log and in the graph. */

import t from 'tap';
import type { Engine } from '../../src/core/engine.ts';
import type { ConfirmedChange } from '../../src/core/commands/report-checks.ts';
import type { EventData } from '../../src/core/events/catalogue.ts';
import { checkLimits } from '../../src/core/values/checks.ts';
import { checkGraph } from './invariants.ts';
import { commitOf, dataOf, newEngine, nodeDown, nodeUp, removeHost, submit } from './scenario.ts';

const fqdn = 'n1.example';
const seen = 1_790_000_000_000;

const upEngine = (): Engine => {
  const engine = newEngine();
  submit(engine, nodeUp(fqdn));
  return engine;
};

const change = (
  check: string,
  verdict: ConfirmedChange['verdict'],
  more = {},
): ConfirmedChange => ({
  ...{ fqdn, check, verdict, cause: null, text: '', seen },
  ...more,
});

t.test(
  'what is otherwise than before is an event of its machine, and what is not is none',
  async (t) => {
    const engine = upEngine();
    const report = (...changes: ConfirmedChange[]): EventData<'ChecksChanged'>[] => {
      const outcome = submit(engine, { type: 'ReportChecks', changes });
      return outcome.kind === 'committed' ? dataOf(outcome.commit, 'ChecksChanged') : [];
    };
    const refused = change('ssh', 'fail', { cause: 'refused' });
    t.match(report(change('ping', 'ok'), refused), [
      {
        fqdn,
        changes: [
          { check: 'ping', before: null, verdict: 'ok' },
          { check: 'ssh', before: null, verdict: 'fail', cause: 'refused' },
        ],
      },
    ]);
    t.same(report(change('ping', 'ok', { seen: seen + 1 })), []);
    t.match(report(change('ssh', 'ok', { seen: seen + 2 })), [
      { changes: [{ check: 'ssh', before: 'fail', verdict: 'ok' }] },
    ]);
    t.match(engine.graph.must('health', fqdn).checks, [
      { check: 'ping', verdict: 'ok', since: seen },
      { check: 'ssh', verdict: 'ok', since: seen + 2 },
    ]);
    checkGraph(engine.graph);
  },
);

t.test(
  'of a machine that is not there nothing is kept, and of one that leaves no more',
  async (t) => {
    const engine = upEngine();
    const other = change('ping', 'ok', { fqdn: 'n2.example' });
    submit(engine, { type: 'ReportChecks', changes: [other] });
    t.equal(engine.graph.count('health'), 0);
    submit(engine, { type: 'ReportChecks', changes: [change('ping', 'ok')] });
    submit(engine, nodeDown(fqdn));
    submit(engine, { type: 'RenameHost', fqdn, to: 'n9.example' });
    t.match(engine.graph.must('health', 'n9.example').checks, [{ check: 'ping' }]);
    submit(engine, removeHost('n9.example'));
    t.equal(engine.graph.count('health'), 0);
    checkGraph(engine.graph);
  },
);

t.test(
  'one commit takes so many changes, one machine so many checks, one change so much text',
  async (t) => {
    const engine = upEngine();
    const many = Array.from({ length: checkLimits.checks + 1 }, (_, i) => change(`c${i}`, 'ok'));
    for (let from = 0; from < many.length; from += checkLimits.perCommit) {
      const changes = many.slice(from, from + checkLimits.perCommit);
      submit(engine, { type: 'ReportChecks', changes });
    }
    t.equal(engine.graph.must('health', fqdn).checks.length, checkLimits.checks);
    const long = change('c0', 'fail', { text: 'x'.repeat(10_000) });
    const commit = commitOf(engine, { type: 'ReportChecks', changes: [long] });
    const [data] = dataOf(commit, 'ChecksChanged');
    t.equal(data?.changes[0]?.text.length, checkLimits.text);
    const beyond = Array.from({ length: checkLimits.perCommit + 1 }, () => change('c0', 'ok'));
    t.throws(() => submit(engine, { type: 'ReportChecks', changes: beyond }), RangeError);
  },
);
