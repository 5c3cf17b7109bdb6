/** A cell of the fleet's table, by the columns that the terminal has. */

import { h } from './element.ts';
import type { VNode } from './element.ts';
import type { Column } from '../../checks/view/columns.ts';
import { plainCell } from '../../checks/view/delimited.ts';
import type { FleetRow } from '../../checks/view/row.ts';
import { printable } from '../../terminal/lines.ts';
import { machineAddress } from './fleet-view.ts';

/**
 * Sign and words; where the words are not what is measured, that stands beside them for programs (`<data value>`). So a
 * cell holds what `halctl status` shows and what `--tsv` has.
 */
export const cellOf = (column: Column, row: FleetRow, now: number, up: string): VNode => {
  const words = printable(column.text(row, now));
  if (column.type === 'name')
    return h('th', { scope: 'row' }, h('a', { href: up + machineAddress(row.machine) }, words));
  const plain = printable(plainCell(column, row, now));
  const sign = column.symbol?.(row) ?? '';
  const tone = column.tone?.(row) ?? 'plain';
  const isText = ['text', 'list', 'check'].includes(column.type);
  const kinds = [tone === 'plain' ? '' : tone, isText ? 'text' : ''].filter(Boolean).join(' ');
  return h(
    'td',
    kinds === '' ? null : { class: kinds },
    sign === '' ? null : h('span', { class: 'sign' }, sign),
    sign === '' || words === '' ? null : ' ',
    plain === words ? words : h('data', { value: plain }, words),
  );
};
