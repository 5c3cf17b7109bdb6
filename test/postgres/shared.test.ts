/** Several stations have one log on PostgreSQL open. */

import t from 'tap';
import { sharedLogContract } from '../log/shared-contract.ts';
import { TcpProxy } from '../network/tcp-proxy.ts';
import { init, open } from './ready.ts';
import { startServer, urlOf } from './servers.ts';

const server = await startServer(t);
let schemas = 0;

sharedLogContract(t, 'postgres', async (t) => {
  const schema = `schema=shared_${++schemas}`;
  await init(server.url(schema));
  const proxy = await TcpProxy.start(t, () => server.port);
  const one = await open(urlOf([proxy], schema));
  const other = await open(server.url(schema));
  t.teardown(() => Promise.all([one.close(), other.close()]));
  return {
    ...{ one, other },
    cut: () => {
      proxy.refuses = true;
      proxy.cut();
    },
    mend: () => void (proxy.refuses = false),
  };
});
