/** Events after which processes may be otherwise than they are shown. */
export const processEvents = [
  'ProcessAdded',
  'ProcessStateChanged',
  'ProcessStarting',
  'ProcessRunning',
  'ProcessWanted',
  'ProcessRemovalOrdered',
  'ProcessRemoved',
  'NodeUp',
  'NodeDown',
] as const;
