/** A whole minute of a thousand calls a second. */

import t from 'tap';
import { askAThousandTimes } from './obm-load.ts';

t.test('a thousand calls a second for a minute put no more on BMCs than is configured', (t) =>
  askAThousandTimes(t, 60),
);
