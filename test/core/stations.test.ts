/** Stations that are known, and which of them leads. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import { Graph } from '../../src/core/graph/graph.ts';
import { knownStations, leadership } from '../../src/core/graph/leadership.ts';
import { GraphView } from '../../src/core/graph/view.ts';
import {
  isStationName,
  isStationUrl,
  stationsMax,
  stationUrlMax,
} from '../../src/core/values/stations.ts';
import { commitOf, given, newEngine, noon, rejectionOf } from './scenario.ts';

const at = (station: string, url = `https://${station}:7400`) => ({ station, url });
const add = (station: string, url?: string): Command => ({
  type: 'AddStation',
  ...at(station, url),
});
const retire = (station: string): Command => ({ type: 'RetireStation', station });
const lead = (term: number, station: string, url?: string): Command => ({
  type: 'LeadStation',
  term,
  ...at(station, url),
});

const names = ({ graph }: Engine): string[] => knownStations(graph).map(({ name }) => name);

t.test('a cluster of one station has none that is known, and none leads by its log', async (t) => {
  const graph = new Graph();
  t.equal(leadership(graph), null);
  t.same(knownStations(graph), []);
});

t.test('the first station of all adds itself as it begins to lead, in one commit', async (t) => {
  const engine = given()
    .when(lead(1, 'head1'), { at: noon + 5 })
    .then(t, [
      { type: 'StationAdded', data: at('head1') },
      { type: 'StationLed', data: { term: 1, ...at('head1') } },
    ]);
  t.same(leadership(engine.graph), { term: 1, station: 'head1', at: noon + 5 });
  t.match(knownStations(engine.graph), [{ name: 'head1', added: noon + 5 }]);
});

t.test('one that was added leads in a later term, and nobody knows of two that lead', async (t) => {
  const { when, engine } = given(lead(1, 'head1'), add('head2'));
  when(lead(4, 'head2')).then(t, [{ type: 'StationLed', data: { term: 4, ...at('head2') } }]);
  t.match(leadership(engine.graph), { term: 4, station: 'head2' });
  t.equal(engine.graph.count('leadership'), 1);
  t.equal(engine.graph.one('leads', 'head1'), undefined);
  t.match(engine.graph.one('leads', 'head2'), { term: 4 });
  when(lead(4, 'head1')).thenRejected(t, { code: 'older-term', subject: 'term' });
});

t.test('the same station may lead again, in another term', async (t) => {
  const { when } = given(lead(1, 'head1'));
  when(lead(2, 'head1')).then(t, [{ type: 'StationLed', data: { term: 2, ...at('head1') } }]);
});

t.test('a station that is found elsewhere says so as it begins to lead', async (t) => {
  const { when, engine } = given(lead(1, 'head1'));
  const moved = 'https://head1.example/halcyon';
  when(lead(2, 'head1', moved), { at: noon + 9 }).then(t, [
    { type: 'StationAdded', data: at('head1', moved) },
    { type: 'StationLed', data: { term: 2, ...at('head1', moved) } },
  ]);
  t.match(knownStations(engine.graph), [{ name: 'head1', url: moved, added: noon }]);
});

t.test('to add a station again is to add it once, and its URL may change', async (t) => {
  const { when } = given(lead(1, 'head1'), add('head2'));
  when(add('head2')).thenNothing(t);
  const moved = 'http://10.0.0.2:7400';
  when(add('head2', moved)).then(t, [{ type: 'StationAdded', data: at('head2', moved) }]);
});

t.test('the one that leads may be retired: then nobody does, and the term stays', async (t) => {
  const { when, engine } = given(lead(3, 'head1'), add('head2'));
  when(retire('head1')).then(t, [{ type: 'StationRetired', data: { station: 'head1' } }]);
  t.match(leadership(engine.graph), { term: 3, station: null });
  t.same(names(engine), ['head2']);
  when(lead(4, 'head1')).thenRejected(t, { code: 'unknown-station' });
  when(lead(3, 'head2')).thenRejected(t, { code: 'older-term' });
  commitOf(engine, lead(4, 'head2'));
  commitOf(engine, add('head1'));
  t.match(leadership(engine.graph), { term: 4, station: 'head2' }, 'one that comes back follows');
});

t.test('one that follows is retired without a change of who leads', async (t) => {
  const { when, engine } = given(lead(3, 'head1'), add('head2'));
  when(retire('head2')).then(t, [{ type: 'StationRetired', data: { station: 'head2' } }]);
  t.match(leadership(engine.graph), { term: 3, station: 'head1' });
  when(retire('head1')).thenRejected(t, { code: 'last-station' });
});

t.test('a view keeps who led when it was opened', async (t) => {
  const { engine } = given(lead(1, 'head1'), add('head2'));
  const view = new GraphView(engine.graph);
  commitOf(engine, lead(2, 'head2'));
  commitOf(engine, retire('head1'));
  t.match(leadership(view), { term: 1, station: 'head1' });
  t.same(
    knownStations(view).map(({ name }) => name),
    ['head1', 'head2'],
  );
  t.match(view.one('leads', 'head1'), { term: 1 });
  view.close();
});

t.test('of stations there are so many, and one that goes makes room', async (t) => {
  const engine = newEngine();
  for (let i = 1; i <= stationsMax; i += 1) commitOf(engine, add(`head${i}`));
  t.equal(rejectionOf(engine, add('more')).code, 'too-many-stations');
  commitOf(engine, add('head1', 'https://other:7400'));
  commitOf(engine, retire('head1'));
  commitOf(engine, add('more'));
});

t.test('a station is called like a host, and found at a URL', async (t) => {
  const label = 'a'.repeat(63);
  for (const name of [
    'head1',
    'HEAD-1.example',
    '1',
    `${label}.${label}.${label}.${'b'.repeat(61)}`,
  ])
    t.ok(isStationName(name), name);
  for (const name of ['', '-a', 'a-', 'a..b', '.a', 'a.', 'a b', 'a/b', 'é', `${label}a`, 'a\n'])
    t.notOk(isStationName(name), name);
  t.notOk(isStationName(`${label}.${label}.${label}.${'b'.repeat(62)}`), 'of 254 characters');
  const longest = `https://head1/${'p'.repeat(stationUrlMax - 14)}`;
  for (const url of ['http://head1', 'https://[fe80::1]:7400', 'https://head1/a/b', longest])
    t.ok(isStationUrl(url), url);
  for (const url of ['head1:7400', 'ftp://head1', 'https://', 'https://u:p@head1', `${longest}p`])
    t.notOk(isStationUrl(url), url);
  for (const end of ['/', '?a=1', '#a', ' ', '\n'])
    t.notOk(isStationUrl(`https://head1${end}`), end);
});
