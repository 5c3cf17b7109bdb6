/** Names from elsewhere are matched to machines, and never to the wrong one. */

import t from 'tap';
import { MachineNames } from '../../../src/checks/groups/machine-names.ts';

t.test(
  'a name means the machine of that name, or the only one that goes on with a dot',
  async (t) => {
    const names = new MachineNames([
      ...['n1.savio2.example', 'n1.savio3.example', 'n2.savio2.example', 'bare', '0', 'null'],
      'constructor.example',
    ]);
    const meanings: readonly (readonly [string, string | undefined])[] = [
      ['n1.savio2.example', 'n1.savio2.example'],
      ['N1.Savio2.example', 'n1.savio2.example'],
      ['n1.savio3', 'n1.savio3.example'],
      ['n2', 'n2.savio2.example'],
      ['n1', undefined],
      ['n2.savio3', undefined],
      ['bare.example', 'bare'],
      ['0', '0'],
      ['null', 'null'],
      ['constructor', 'constructor.example'],
      ['toString', undefined],
      ['', undefined],
    ];
    for (const [name, host] of meanings) t.equal(names.match(name), host, name);
    t.ok(names.isAmbiguous('n1'));
    t.notOk(names.isAmbiguous('n2'));
  },
);
