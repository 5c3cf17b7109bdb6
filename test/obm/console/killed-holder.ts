/** Takes the console of a simulated BMC, says so, and waits to be killed. */

import { createIpmi, openConsole } from '../../../src/ipmi/index.ts';

const ipmi = createIpmi();
const session = await ipmi.open({
  ...{ host: '127.0.0.1', port: Number(process.argv[2]), user: 'admin', password: 'secret' },
  ...{ suites: ['sha1-aes'], patience: { firstMs: 2_000, attempts: 4 } },
});
await openConsole(session, { data: () => undefined });
process.stdout.write('taken\n');
