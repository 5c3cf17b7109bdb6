/** The page of one machine, without JavaScript. */

import t from 'tap';
import type { Test } from 'tap';
import { actions, isReboot } from '../../src/checks/suggestions/actions.ts';
import { rebootCommands } from '../../src/checks/view/suggestion-words.ts';
import { host, openStation } from '../station/harness.ts';
import type { Element } from '../web/html.ts';
import { attribute, byId, cellValue, documentIn, named, textOf } from '../web/html.ts';
import { alertOf, browserOf } from './text-browser.ts';
import { free, ours, theirs, traces, twoProjects } from './two-projects.ts';

const hostile = '<script>alert(1)</script> "quoted" & more';

/** The cells of a table, without its titles. */
const rowsOf = (html: string, id: string): string[][] =>
  named(byId(documentIn(html), id), 'tr')
    .slice(1)
    .map((row) => named(row, 'th', 'td').map(cellValue));

const linkIn = (html: string, words: string): Element | undefined =>
  named(documentIn(html), 'a').find((one) => textOf(one) === words);

const withMachine = async (t: Test) => {
  const opened = await openStation(t);
  const { ask, station, tokenOf } = opened;
  await opened.fill();
  await ask('POST', '/processes', { host, role: 'clovis-app' });
  await ask('POST', `/hosts/${host}/notes`, { text: hostile });
  const observedAt = station.now() - 90_000;
  const seen = { machine: host, observedAt, durationMs: 5 } as const;
  station.observations.record([
    { ...seen, check: 'ssh', verdict: 'fail', value: false, text: hostile, cause: 'timeout' },
    { ...seen, check: 'memory', verdict: 'warn', value: 0.96, text: '' },
  ]);
  return { ...opened, browser: browserOf(opened, await tokenOf('viewer')) };
};

t.test('58: a machine’s page has its state, checks, processes, notes and history', async (t) => {
  const { browser, ask } = await withMachine(t);
  const { status, text } = await browser.get(`/machines/${host}`);
  t.equal(status, 200);
  const document = documentIn(text);
  t.equal(textOf(byId(document, 'state')), '✓ up');
  t.same(named(document, 'script'), []);

  const { machine } = (await ask('GET', `/hosts/${host}/status`)).body;
  const found = rowsOf(text, 'found');
  t.same(found.map(([check]) => check).toSorted(), Object.keys(machine.checks).toSorted());
  const [, verdict, value, words] = found.find(([check]) => check === 'ssh')!;
  t.same([verdict, value, words], ['fail', 'false', hostile]);
  const memory = found.find(([check]) => check === 'memory')!;
  t.same(memory.slice(0, 4), ['memory', 'warn', '0.96', '']);
  t.ok(Number(memory[4]) >= 90, 'and how old that is');

  const notes = (await ask('GET', `/hosts/${host}/notes`)).body.notes;
  t.match(rowsOf(text, 'noted'), [[/Z$/, notes[0].by, hostile]]);
  const history = (await ask('GET', `/hosts/${host}/history?limit=50`)).body.entries;
  t.same(
    rowsOf(text, 'happened').map(([, ...said]) => said),
    history.map((one: { kind: string; by: string; text: string }) => [one.kind, one.by, one.text]),
  );
  const processes = (await ask('GET', `/processes?host=${host}`)).body.items;
  t.ok(processes.length > 0);
  t.same(
    rowsOf(text, 'processes-of-it').map(([fid, state]) => [fid, state]),
    processes.map((one: { fid: string; state: string }) => [one.fid, one.state]),
  );
  t.match(textOf(byId(document, 'suggestion').parentNode!), /Suggested: none\./);
  t.match(textOf(byId(document, 'power').parentNode!), /Not shown: .*OBM/, 'it has none');
});

t.test('58: a link shows the configuration of a process, as the API has it', async (t) => {
  const { browser, ask } = await withMachine(t);
  const [process] = (await ask('GET', `/processes?host=${host}&role=clovis-app`)).body.items;
  const { text } = await browser.get(`/machines/${host}`);
  const link = attribute(linkIn(text, process.fid)!, 'href')!;
  t.match(link, /^\.\.\/machines\/.*#configuration$/);
  const opened = await browser.get(link.replace('..', '').replace('#configuration', ''));
  t.equal(opened.status, 200);
  const { environment } = (await ask('GET', `/processes/${process.fid}/configuration`)).body;
  t.ok(Object.keys(environment).length > 0);
  t.same(rowsOf(opened.text, 'environment'), Object.entries(environment));
  const elsewhere = await browser.get(`/machines/node1.halcyon.example?process=${process.fid}`);
  t.equal(elsewhere.status, 404, 'of another machine');
  t.notMatch(elsewhere.text, process.endpoint);
});

t.test('58: the history goes on with older entries, each once', async (t) => {
  const { browser, ask } = await withMachine(t);
  for (let i = 0; i < 60; i += 1) await ask('POST', `/hosts/${host}/notes`, { text: `note ${i}` });
  const seen: string[] = [];
  let path: string | undefined = `/machines/${host}`;
  for (let pages = 0; path !== undefined && pages < 10; pages += 1) {
    const { status, text } = await browser.get(path);
    t.equal(status, 200);
    seen.push(...rowsOf(text, 'happened').map((row) => row[3]!));
    t.equal(linkIn(text, 'Newest') !== undefined, pages > 0);
    const older = linkIn(text, 'Older');
    path = older && attribute(older, 'href')!.replace('..', '').replace('#history', '');
  }
  const { entries } = (await ask('GET', `/hosts/${host}/history?limit=1000`)).body;
  t.ok(entries.length > 60);
  t.same(
    seen,
    entries.map(({ text }: { text: string }) => text),
  );
});

t.test('what is no machine is not found, and said so', async (t) => {
  const { browser } = await withMachine(t);
  const none = ['n0.example', 'node%5B1-2%5D.halcyon.example', '%40all', 'a%2Cb', '..%2Ffleet'];
  for (const name of [...none, 'NODE3.halcyon.example']) {
    const { status, text } = await browser.get(`/machines/${name}`);
    t.ok([400, 404].includes(status), `${name}: ${status}`);
    t.match(alertOf(text), /./);
    t.match(text, 'href="../fleet"');
  }
  const wrong = await browser.get(`/machines/${host}?histroy=1`);
  t.equal(wrong.status, 400);
  t.match(alertOf(wrong.text), /there is no field histroy/);
});

t.test('58: a member sees the machines of the project, and no page of others', async (t) => {
  const two = await twoProjects(t);
  const browser = browserOf(two, two.viewer);
  const own = await browser.get(`/machines/${ours}`);
  t.equal(own.status, 200);
  for (const trace of traces(two)) t.notMatch(own.text, trace);
  const answers = [];
  for (const name of [theirs, free, 'no.such.machine']) {
    const { status, text } = await browser.get(`/machines/${name}`);
    answers.push([
      status,
      alertOf(text)
        .replaceAll(name, 'it')
        .replace(/; did you mean.*"\?/, ''),
    ]);
  }
  t.same(new Set(answers.map((one) => JSON.stringify(one))).size, 1, 'all alike');
  t.equal(answers[0]![0], 404);
  const process = await browser.get(`/machines/${ours}?process=${two.theirProcess}`);
  t.equal(process.status, 200);
  t.match(process.text, /Not shown: there is no process/);
  t.notMatch(process.text, theirs);
});

t.test('who has not signed in is led to do so, and back to the machine', async (t) => {
  const opened = await withMachine(t);
  const sent = await browserOf(opened).get(`/machines/${host}?history=7`);
  const back = encodeURIComponent(`machines/${host}?history=7`);
  t.match(sent, { status: 303, headers: { location: `../sign-in?back=${back}` } });
});

t.test('where a reboot is suggested, the commands for it stand there to be copied', (t) => {
  for (const action of actions) {
    const commands = rebootCommands(host, { action });
    const isDone = isReboot(action) && action !== 'drain-reboot';
    t.equal(commands.length > 0, isDone, action);
    if (isDone) t.equal(commands.at(-1), `halctl reboot ${host}`);
  }
  t.same(rebootCommands('a; rm -rf .', { action: 'reboot' }), [], 'never what a shell would run');
  t.end();
});
