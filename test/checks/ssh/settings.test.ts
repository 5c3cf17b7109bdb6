/** How machines are reached: settings of groups, strict, with line and field of each mistake. */

import t from 'tap';
import {
  parseSshSettings,
  SshSettingsError,
  usualSettings,
} from '../../../src/checks/ssh/settings.ts';
import type { SshDefaults } from '../../../src/checks/ssh/settings.ts';

const defaults: SshDefaults = {
  user: 'me',
  home: '/home/me',
  hasAgent: false,
  exists: (path) => path === '/home/me/.ssh/id_ecdsa' || path === '/home/me/.ssh/id_rsa',
};
const parse = (text: string): ReturnType<typeof parseSshSettings> =>
  parseSshSettings('/etc/halcyon/ssh.yaml', text, defaults);

t.test('without settings it is as with ssh', async (t) => {
  const { targetOf, knownHosts, hostKeys } = usualSettings(defaults);
  t.strictSame(targetOf('n1.savio3'), {
    ...{ name: 'n1.savio3', address: 'n1.savio3', port: 22, user: 'me' },
    keys: ['/home/me/.ssh/id_ecdsa', '/home/me/.ssh/id_rsa'],
  });
  t.strictSame(knownHosts, ['/home/me/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts']);
  t.equal(hostKeys, 'strict');
  t.equal(usualSettings({ ...defaults, hasAgent: true }).targetOf('n1').keys, 'agent');
});

t.test(
  'groups have their own user, port, keys, address and jump host; the first counts',
  async (t) => {
    const { targetOf, knownHosts, hashed, hostKeys } = parse(`
user: halcyon
keys: [id, ~/own]
known_hosts: [known_hosts]
host_keys: learn
hash_names: true
jump: { name: gw.example }
groups:
  - { machines: 'n[1-2].savio3,constructor', port: 2222, address: '{short}-mgmt.{name}' }
  - { machines: 'n1.savio3,0', user: root, keys: agent, jump: none }
`);
    const jump = {
      ...{ name: 'gw.example', address: 'gw.example', port: 22, user: 'halcyon' },
      keys: ['/etc/halcyon/id', '/home/me/own'],
    };
    t.match(targetOf('n1.savio3'), {
      ...{ name: 'n1.savio3', address: 'n1-mgmt.n1.savio3', port: 2222, user: 'halcyon' },
      jump,
    });
    t.match(targetOf('constructor'), { port: 2222 });
    t.match(targetOf('0'), { user: 'root', keys: 'agent', jump: undefined });
    t.match(targetOf('null'), { user: 'halcyon', port: 22, jump });
    t.equal(targetOf('gw.example').jump, undefined, 'not through itself');
    t.strictSame([knownHosts, hashed, hostKeys], [['/etc/halcyon/known_hosts'], true, 'learn']);
  },
);

t.test('each mistake is told with its line and field', async (t) => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ['prot: 22', /ssh\.yaml:1:1: prot: .*Did you mean "port"/],
    ['user: a\nport: 99999', /ssh\.yaml:2:7: port: /],
    ['groups:\n  - { machines: "n[3-1]" }', /ssh\.yaml:2:17: groups\[0\]\.machines: /],
    ['groups:\n  - { user: x }', /ssh\.yaml:2:5: groups\[0\]/],
    ['host_keys: maybe', /host_keys: /],
    ['keys: []', /keys: /],
    ['user: [', /ssh\.yaml:1/],
  ];
  for (const [text, message] of mistakes) {
    const failing = (): unknown => parse(text);
    t.throws(failing, { message }, text);
    t.throws(failing, SshSettingsError);
  }
});
