/** What a body says is what is recorded, or the request is refused with the field. */

import t from 'tap';
import { openStation } from '../station/harness.ts';

const roles = `- role: r
  processes:
    - name: r
      endpoint: "{{ lnid }}:12345:41:301"
      ownership: independent
      environment: { VALUE: "{{ value | default: 'none' }}" }
`;

const facts = `cluster: c
hosts: [{ fqdn: n1.example, roles: [], variables: { lnid: 10.0.0.1@tcp, odd: "\\x9B\\x7F\\uFEFF", exact: 1.10 } }]
`;

t.test('numbers of a body arrive as sent or are refused', { timeout: 120_000 }, async (t) => {
  const { ask, app, admin, station } = await openStation(t);
  const files = {
    facts: { name: 'facts.yaml', text: facts },
    roles: [{ name: 'roles.yaml', text: roles }],
  };
  t.equal((await ask('POST', '/load', files)).status, 200);
  await ask('PUT', '/hosts/n1.example/facts', { cores: 2, memory_mib: 1024, address: '10.0.0.1' });
  const add = async (value: string | Buffer): Promise<{ status: number; body: unknown }> => {
    const [before, after] = ['{"host":"n1.example","role":"r","overrides":{"value":', '}}'];
    const { statusCode, body } = await app.inject({
      method: 'POST',
      url: '/api/v1/processes',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      payload: Buffer.concat([before, value, after].map((part) => Buffer.from(part as string))),
    });
    return { status: statusCode, body: JSON.parse(body) as unknown };
  };
  const valueOfLast = async (): Promise<unknown> => {
    const last = [...station.graph.all('process')].at(-1)!;
    const { body } = await ask('GET', `/processes/${last.fid}/configuration`);
    return body.environment.VALUE;
  };

  for (const number of ['1', '-7', '0.5', '9007199254740991']) {
    t.equal((await add(number)).status, 201, number);
  }
  const refused = [
    '9007199254740992',
    '9007199254740993',
    '1e+21',
    '1e400',
    '0.1000000000000000055',
    '1.10',
    '1e3',
    '-0',
  ];
  const before = (await ask('GET', '/status')).body.revision as number;
  for (const number of [
    ...refused,
    '[1, {"a": 1.10}]',
    '"\\ud800"',
    Buffer.from([0x22, 0xff, 0x22]),
  ])
    t.match(
      await add(number),
      { status: 400, body: { code: 'invalid-request', detail: /overrides|UTF-8/ } },
      String(number),
    );
  t.equal((await ask('GET', '/status')).body.revision, before, 'nothing was recorded');
  for (const text of ['9007199254740993', '1e400', '1.10', '\u{1F600}']) {
    t.equal((await add(JSON.stringify(text))).status, 201);
    t.equal(await valueOfLast(), text);
  }
  const vars = await ask('PUT', '/vars', '{"keepalive_timeout": 9007199254740993}');
  t.match(vars, { status: 400, body: { field: 'keepalive_timeout' } });
  const dump = await ask('GET', '/dump');
  t.match((await ask('POST', '/load', dump.body)).body, { changed: false }, 'as dumped');
});

t.test('a key with a backslash is refused, by its place', async (t) => {
  const { ask, station } = await openStation(t);
  const before = station.head;
  const body = (key: string): string => `{"host":"a.example","role":"b","overrides":{${key}:1}}`;
  for (const key of ['"\\\\"', '"c\\u005cd"', '"c\\u005Cd"'])
    t.match(
      await ask('POST', '/processes', body(key)),
      {
        status: 400,
        body: { code: 'invalid-request', field: /^overrides\./, detail: /backslash/ },
      },
      key,
    );
  t.notMatch((await ask('POST', '/processes', body('"c\\"d"'))).text, /backslash/);
  t.equal(station.head, before);
});

t.test('a key that is given twice is refused, by its place', async (t) => {
  const { ask, station } = await openStation(t);
  const before = station.head;
  for (const [text, field] of [
    ['{"fqdn":"a.example","fqdn":"b.example"}', 'fqdn'],
    ['{"fqdn":"a.example", "\\u0066qdn" :"a.example"}', 'fqdn'],
    ['{"a":{"b":[{"c":1},{"c":1,"d":{"c":2},"c" \n :3}]}}', 'a.b[1].c'],
    ['{"a":"}{,\\"a\\":","b":"\\\\","a":1}', 'a'],
    [`{"a":1,${' '.repeat(70_000)}"a"${' '.repeat(70_000)}:1}`, 'a'],
    ['{"":1,"":2}', ''],
  ] as const)
    t.match(
      await ask('POST', '/hosts', text),
      { status: 400, body: { code: 'invalid-request', field, detail: /is given twice$/ } },
      text.slice(0, 80),
    );
  t.equal(station.head, before);
  const once =
    '{"facts":{"name":"name","text":"\\"name\\":1,\\"name\\":2"},"roles":[{"name":"a","text":"name"},{"name":"b","text":""}]}';
  t.notMatch((await ask('POST', '/load', once)).text, /twice/, 'in different objects and in texts');
});
