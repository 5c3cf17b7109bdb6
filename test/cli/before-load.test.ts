/** What halctl says before any cluster was loaded. */

import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment } from './station.ts';
import type { Ran } from './station.ts';
import { typed } from './typed.ts';

t.test(
  'T61: before a load, status says so and all is well; the rest says what to do',
  async (t) => {
    const folder = folderOf(t, {});
    const { url, token } = await stationHere(t);
    const env = environment(folder, { HALCYON_STATION: url, HALCYON_TOKEN: token });
    const halctl = (line: string): Promise<Ran> => typed(`halctl ${line}`, folder, env);
    const status = await halctl('cluster status');
    t.match(status, {
      code: 0,
      out: /^No cluster is loaded yet\. Load one with: halctl cluster load/,
    });
    const json = await halctl('cluster status --json');
    t.equal(json.code, 0);
    t.match(JSON.parse(json.out), { cluster: null, hosts: [] });
    for (const line of ['cluster start', 'cluster stop', 'cluster process add --host a --role b'])
      t.match(
        await halctl(line),
        { code: 4, err: /no facts are loaded yet.*halctl cluster load/s },
        line,
      );
    for (const line of ['cluster node list', 'cluster process list', 'cluster vars get'])
      t.match(await halctl(line), { code: 0, err: '' }, line);
    const { out } = await halctl('system info eq');
    t.match(out, /^head +revision 1$/m, 'nothing of that is in the log, and the station goes on');
  },
);
