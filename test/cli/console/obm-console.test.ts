/** `halctl obm console`: a person with a terminal of his own, a station, an OBM daemon and a machine, all real. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../ipmi/simulator.ts';
import { temporary } from '../../station/harness.ts';
import { ObmdProxy } from '../../station/obmd-proxy.ts';
import { host, seated, setUp, sit } from './place.ts';

t.test('one sits at a console as if before the machine, until ~.', async (t) => {
  const { machine, env, halctl } = await setUp(t);
  const { screen, types, ended } = await seated(sit(t, env));
  await until('he may type', async () => {
    types('x');
    return machine.typed.includes('x');
  });
  types('\rls -l\x03\x04\r');
  await screen.until((text) => text.includes('ls -l'));
  await until('it is typed', () => machine.typed.includes('ls -l\x03\x04\r'));
  types('~?');
  await screen.until((text) => text.includes('~b  send a break'));
  const listed = await halctl(`obm console ${host} --list`);
  t.match(listed, { code: 0, out: /ID +FOR +TOKEN +MODE +UNTIL +FROM/ });
  t.match(listed.out, /bootstrap +\w{12} +read-write +\S+ +127\.0\.0\.1/);
  types('\r~.');
  t.same(await ended, [0, null]);
  t.match(screen.text, /restored/, 'the terminal is as it was');
  t.notMatch(machine.typed.toString('latin1'), '~');
  const { out } = await halctl(`obm console ${host} --json`);
  t.match(JSON.parse(out), { host, mode: 'read-write', url: /\?ticket=/, ca: null });
  t.match(await halctl(`obm console ${host} --list --take`), { code: 2 });
});

t.test(
  '10: whoever is put out, or loses his right, is told so and gets his terminal back',
  async (t) => {
    const { machine, halctl, member, env } = await setUp(t);
    const [operator, viewer] = [await member('operator'), await member('viewer')];
    const looking = await seated(sit(t, viewer.env));
    await looking.screen.until((text) => text.includes('you may only look'));
    const typing = await seated(sit(t, operator.env));
    await until('he may type', async () => {
      typing.types('y');
      return machine.typed.includes('y');
    });
    await looking.screen.until((text) => text.includes('y'));
    const taking = await seated(sit(t, env, '--take'));
    await typing.screen.until((text) =>
      /bootstrap token:\w+ \(.*\) types now; ~t takes it/.test(text),
    );
    taking.types('\r~.');
    t.same(await taking.ended, [0, null]);

    const { out } = await halctl(`obm console ${host} --list --json`);
    const { connections } = JSON.parse(out) as { connections: { id: string; token: string }[] };
    const { id } = connections.find(({ token }) => token === viewer.id)!;
    t.match(await halctl(`obm console ${host} --revoke ${id} --dry-run`), {
      ...{ code: 0, out: /ConsoleConnectionEnded/ },
    });
    t.match(await halctl(`obm console ${host} --revoke ${id}`), { code: 0, out: /Nobody is at/ });
    t.same(await looking.ended, [6, null]);
    await halctl(`project expel climate ${operator.id}`);
    t.same(await typing.ended, [6, null]);
    for (const { screen } of [looking, typing])
      t.match(screen.text, /the console of n1\.example: the right has ended[^]*restored/);
    const again = await halctl(`obm console ${host}`, operator.env);
    t.match(again, { code: 3, err: /there is no host n1\.example/ });
    await halctl(`obm disable ${host}`);
    t.match(await halctl(`obm console ${host}`), { code: 4, err: /halctl obm enable/ });
  },
);

t.test('a console whose daemon was killed is had again, and one types on', async (t) => {
  const { machine, daemon, env } = await setUp(t);
  const { screen, types, ended } = await seated(sit(t, env));
  machine.say('one\r\n');
  await screen.until((text) => text.includes('one\r'));
  await daemon.process.stop('SIGKILL');
  await screen.until((text) => text.includes('trying again'));
  await daemon.run();
  await until('the console', () => machine.isConnected);
  machine.say('two\r\n');
  await screen.until((text) => text.includes('two\r'));
  t.equal(screen.text.split('one\r').length, 2, 'nothing twice');
  await until('he may type', async () => {
    types('z');
    return machine.typed.includes('z');
  });
  types('\r~.');
  t.same(await ended, [0, null]);
});

/** A certificate of one's own making for this machine. */
const certificate = (folder: string, name: string): { cert: string; key: string } => {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const about = ['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...made, ...about, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
};

t.test('whoever trusts the station can trust the daemon that it names', async (t) => {
  const folder = temporary(t);
  const [station, obmd] = [certificate(folder, 'station'), certificate(folder, 'obmd')];
  const tls = ({ cert, key }: { cert: string; key: string }): string[] => [
    ...['--tls-cert', cert, '--tls-key', key],
  ];
  const { machine, env, halctl } = await setUp(t, {
    ...{ station: [...tls(station), '--obmd-ca', obmd.cert], obmd: tls(obmd), ca: station.cert },
  });
  const { screen, types, ended } = await seated(sit(t, env));
  await until('he may type', async () => {
    types('x');
    return machine.typed.includes('x');
  });
  types('\r~.');
  t.same(await ended, [0, null]);
  t.match(screen.text, /restored/);
  const { out } = await halctl(`obm console ${host} --json`);
  t.match(JSON.parse(out), { url: /^https:/, ca: /BEGIN CERTIFICATE/ });
});

t.test('where the daemon cannot be had from here, that is said, and what to do', async (t) => {
  const { daemon, halctl } = await setUp(t);
  // It hands on what the station asks for, and no WebSocket.
  const proxy = await ObmdProxy.start(t, () => daemon.url);
  proxy.takesSockets = false;
  for (const words of [
    ...[`obm disable ${host}`, `obm unregister ${host}`],
    `obm register ${host} --obmd ${proxy.url} --admin-token-file obmd.token --type dummy`,
    `obm enable ${host}`,
  ])
    t.match(await halctl(words), { code: 0 }, words);
  const { code, err } = await halctl(`obm console ${host}`);
  t.equal(code, 5);
  t.match(err, `this machine must reach ${proxy.url}`);
});
