/** The short form of obm-load.soak.ts. */

import t from 'tap';
import { askAThousandTimes } from './obm-load.ts';

t.test('a thousand calls a second put no more on BMCs than is configured', (t) =>
  askAThousandTimes(t, 5),
);
