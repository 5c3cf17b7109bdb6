import t from 'tap';
import * as agent from '../../src/agent/protocol.ts';
import * as contract from '../../src/contract/agent-protocol.ts';
import type { StationMessage } from '../../src/contract/agent-protocol.ts';

t.test('the agent speaks the contract of the station', async (t) => {
  t.equal(agent.agentProtocol, contract.agentProtocol);
  t.equal(agent.agentProtocolMinor, contract.agentProtocolMinor);
  t.same(agent.agentProtocolsSpoken, contract.agentProtocolsSpoken);
  t.same(agent.closeCodes, contract.closeCodes);
});

t.test(
  'every message of a station is understood, with fields of newer ones left out',
  async (t) => {
    const messages: StationMessage[] = [
      { type: 'welcome', protocol: 1, version: '9.9.9', heartbeat_ms: 30_000 },
      { type: 'taken', id: 7, revision: 12 },
      { type: 'refused', id: 7, code: 'host-claimed', message: 'another machine is that host' },
      { type: 'welcome', protocol: 1, minor: 7, version: '9.9.9', heartbeat_ms: 30_000 },
      { type: 'pace', heartbeat_ms: 100_000 },
      { type: 'output-open', id: 3, fid: '0x1:0x2', lines: 7, follow: true, channels: ['stderr'] },
      { type: 'output-open', id: 3, fid: '0x1:0x2', lines: null, follow: false, channels: [] },
      { type: 'output-next', id: 3 },
      { type: 'output-close', id: 3 },
      { type: 'trace', enabled: true },
    ];
    for (const message of messages)
      t.same(agent.readStationMessage(JSON.stringify({ ...message, later: [1] })), message);
  },
);

t.test('T65: a message of a type that this agent does not know is ignored', async (t) => {
  t.equal(agent.readStationMessage('{"type":"assignment","processes":[]}'), undefined);
});

t.test('what is no message is told apart, with what is wrong with it', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /not JSON/],
    ['{"type"', /not JSON/],
    ['null', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['"welcome"', /not a JSON object/],
    ['{}', /"type".*not a string/],
    ['{"type":1}', /"type".*not a string/],
    ['{"type":"pace"}', /"heartbeat_ms".*whole number/],
    ['{"type":"pace","heartbeat_ms":"30"}', /"heartbeat_ms".*whole number/],
    ['{"type":"pace","heartbeat_ms":1.5}', /"heartbeat_ms".*whole number/],
    ['{"type":"taken","id":1}', /"revision".*whole number/],
    ['{"type":"refused","id":1,"code":"x"}', /"message".*not a string/],
  ];
  for (const [text, message] of cases)
    t.throws(() => agent.readStationMessage(text), { name: 'MalformedMessage', message }, text);
});
