/** How long what is ordered of machines may wait for its turn, and how much of it. */

/** After which it has failed where nothing else was said, s: no more is it what somebody wanted then. */
export const beginWithinUsual = 3600;
/** At most, s. */
export const beginWithinMax = 7 * 86_400;

/** What may wait or be under way of one who orders, of all machines: one of each of a large site. */
export const ordersOfOneMax = 10_000;
/** Who are remembered to have asked for the same before it was begun; the next one's is an order of its own. */
export const askersMax = 8;

/** What did not have its turn in time ends so. */
export const notBegunInTime = 'not begun in time';
