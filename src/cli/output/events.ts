/** Events for people. */

import type { DryRun, EventReply, Why } from '../../client/types.ts';
import type { Palette } from './colour.ts';
import { formatTable } from './table.ts';
import { briefly, counted, formatTime, printable, shorten } from './text.ts';

/** A table of events that have happened. */
export const eventTable = (
  events: readonly EventReply[],
  width: number | undefined,
  palette: Palette,
): string[] =>
  formatTable<EventReply>(
    [
      { title: 'ID', value: ({ id }) => id },
      { title: 'TIME', value: ({ at }) => formatTime(at), paint: () => palette.faint },
      { title: 'TYPE', value: ({ type }) => type, paint: () => palette.strong },
      { title: 'ACTOR', value: ({ actor }) => actor, yields: 2 },
      { title: 'RULE', value: ({ rule }) => rule ?? '-', yields: 1 },
      { title: 'DATA', value: ({ data }) => briefly(data), yields: 3 },
    ],
    events,
    width,
  );

/** One event on one line, for streams, whose widths nobody knows beforehand. */
export const eventLine = (
  event: EventReply,
  width: number | undefined,
  palette: Palette,
): string => {
  const { id, at, type, actor, rule, data } = event;
  const by = rule === null ? actor : `${actor} by ${rule}`;
  const start = `${id.padEnd(8)}  ${formatTime(at)}  ${type.padEnd(22)}  `;
  const rest = `${printable(by)}  ${briefly(data)}`;
  const end = width === undefined ? rest : shorten(rest, Math.max(width - start.length, 16));
  return `${start.replace(type, () => palette.strong(type))}${end}`;
};

/** What a dry run says would happen. */
export const dryRunLines = ({ revision, events }: DryRun, width: number | undefined): string[] => {
  if (events.length === 0) return [`Dry run at revision ${revision}: nothing would change.`];
  return [
    `Dry run at revision ${revision}: ${counted(events.length, 'event')} would be appended; nothing was.`,
    ...formatTable<DryRun['events'][number]>(
      [
        { title: 'EVENT', value: ({ type }) => type },
        { title: 'RULE', value: ({ rule }) => rule ?? '-', yields: 1 },
        { title: 'DATA', value: ({ data }) => briefly(data), yields: 2 },
      ],
      events,
      width,
    ),
  ];
};

/** The commits behind something, each with the events that led to it. */
export const whyLines = (why: Why, palette: Palette): string[] => [
  `${why.kind} ${palette.strong(printable(why.id))}`,
  `  ${briefly(why.resource)}`,
  ...why.steps.flatMap(({ revision, at, actor, command, correlation, events }) => [
    '',
    `${formatTime(at)}  revision ${revision}: ${printable(command)} by ${printable(actor)}` +
      palette.faint(`  (${printable(correlation)})`),
    ...events.map(({ id, type, rule, causation, data }) => {
      const cause = rule === null ? '' : ` by the rule ${rule}, because of ${printable(causation)}`;
      return `  ${id}  ${palette.strong(type)}${cause}\n    ${briefly(data)}`;
    }),
  ]),
];
