/** `halctl events` and `halctl why`: what happened, and what came of what. */

import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { gather, show, withExamples, withJson, withWork, wholeNumber } from '../command.ts';
import type { JsonFlag } from '../command.ts';
import { eventLine, eventTable, whyLines } from '../output/events.ts';
import { formatJson, jsonLine } from '../output/text.ts';
import { connect } from '../session.ts';
import type { GlobalFlags } from '../session.ts';
import { printLines } from '../shell.ts';
import type { Shell } from '../shell.ts';

interface EventsFlags extends GlobalFlags, JsonFlag {
  readonly follow?: true;
  readonly from?: number;
  readonly type?: readonly string[];
  readonly limit?: number;
}

export const eventsCommands = (program: Command, shell: Shell): void => {
  const events = program
    .command('events')
    .description('show what happened, from the first event or after a revision; or follow it live')
    .option('-F, --follow', 'show events as they happen, until Ctrl-C')
    .option('--from <revision>', 'only what happened after this revision', wholeNumber)
    .option('--type <type>', 'only events of this type; repeatable', gather)
    .option('--limit <number>', 'stop after about so many events', wholeNumber);
  const run = async (flags: EventsFlags): Promise<void> => {
    const client = await connect(shell, flags);
    await (flags.follow ? follow(shell, client, flags) : list(shell, client, flags));
  };
  withExamples(
    withWork(withJson(events), run),
    'halctl events --type ProcessAdded --type NodeUp',
    'halctl events --follow --from 1742',
    'halctl events --follow --json | jq -r \'select(.type == "NodeDown") | .data.fqdn\'',
  );
  whyCommand(program, shell);
};

/** Pages are printed as they come: a log is long. As JSON, each page is one reply of the API. */
const list = async (shell: Shell, client: Client, flags: EventsFlags): Promise<void> => {
  const { type: types, limit } = flags;
  let from = flags.from;
  let left = limit ?? Number.POSITIVE_INFINITY;
  for (let isFirst = true; ; isFirst = false) {
    const size = Math.min(left, 1000);
    const page = await client.listEvents({ from, limit: size, types, signal: shell.signal });
    if (flags.json) shell.print(formatJson(page));
    else {
      const lines = eventTable(page.events, shell.width, shell.palette);
      printLines(shell, isFirst ? lines : lines.slice(1));
    }
    left -= page.events.length;
    if (page.next === null || left <= 0) return;
    from = page.next;
  }
};

/** As JSON, one event a line: a stream has no end that would close a list. */
const follow = async (shell: Shell, client: Client, flags: EventsFlags): Promise<void> => {
  let left = flags.limit ?? Number.POSITIVE_INFINITY;
  const stream = client.followEvents({
    from: flags.from,
    types: flags.type,
    signal: shell.signal,
    onRetry: (why, waitMs) =>
      shell.say(`halctl: ${why}; trying again in ${Math.ceil(waitMs / 1000)} s\n`),
  });
  for await (const event of stream) {
    const line = flags.json ? jsonLine(event) : eventLine(event, shell.width, shell.palette);
    shell.print(`${line}\n`);
    left -= 1;
    if (left <= 0) return;
  }
};

interface WhyFlags extends GlobalFlags, JsonFlag {
  readonly kind?: string;
}

const whyCommand = (program: Command, shell: Shell): void => {
  const why = program
    .command('why')
    .description('show why something is as it is: the commands, events and rules behind it')
    .argument('<id>', 'a fid, or the name of a host, role, pool, …')
    .option(
      '--kind <kind>',
      'what it is, where several things have the name: host, role, process, …',
    );
  const run = async (flags: WhyFlags, id: string): Promise<void> => {
    const client = await connect(shell, flags);
    const reply = await client.why(id, { kind: flags.kind, signal: shell.signal });
    show(shell, flags, reply, (found) => whyLines(found, shell.palette));
  };
  withExamples(
    withWork(withJson(why), run),
    'halctl why 0x7200000000000001:0x2a',
    'halctl why n0001.example --kind host',
  );
};
