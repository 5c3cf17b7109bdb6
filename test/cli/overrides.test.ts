/** `--set`. */

import t from 'tap';
import { readOverrides } from '../../src/cli/overrides.ts';

const one = (setting: string): unknown => readOverrides(['r'], [setting]).get('r');

t.test('values are read as JSON where they are JSON, else as text', async (t) => {
  t.same(one('multiplicity=4'), { multiplicity: 4 });
  t.same(one('x=-1.5'), { x: -1.5 });
  t.same(one('x=true'), { x: true });
  t.same(one('x=null'), { x: null });
  t.same(one('x=[1,1]'), { x: [1, 1] });
  t.same(one('x="4"'), { x: '4' });
  t.same(one('lnid=10.0.0.9@tcp'), { lnid: '10.0.0.9@tcp' });
  t.same(one('x=a=b'), { x: 'a=b' });
  t.same(one('x='), { x: '' });
  t.same(one('x=truest'), { x: 'truest' });
  t.same(one('x=007'), { x: '007' });
  for (const odd of ['12345678901234567890', '9007199254740992', '1.10', '1e400', '1e3', '-0', '-'])
    t.same(one(`x=${odd}`), { x: odd });
});

t.test('a setting is for all roles, or for the one that it names', async (t) => {
  const overrides = readOverrides(['a', 'b'], ['x=1', 'b:y=2', 'b:x=3']);
  t.same(overrides.get('a'), { x: 1 });
  t.same(overrides.get('b'), { x: 3, y: 2 });
});

t.test('what says nothing is refused', async (t) => {
  for (const setting of [
    '',
    'x',
    '=1',
    '1x=2',
    'other:x=1',
    'x=[1,',
    'x={',
    'x=[1.10]',
    'x={"a": 1e400}',
    'x=\uFFFD',
  ])
    t.throws(() => one(setting), { name: 'Failure' }, setting);
});
