/** What forcing an action overrules: the end of “do it although …”, here and in the help of `halctl`. */
export const forcing = {
  stopProcesses: 'running processes of their node require them, or too few confds would be left',
  removeProcesses:
    'others of their node require them, too few confds would be left, or an independent one ' +
    'may run on a host that is down',
  stopNodes: 'too few confds would be left',
  removeNodes:
    'processes that stay require others, too few confds would be left, or ' +
    'an independent process may run on a host that is down',
  scale:
    'others require the last one, too few confds would be left, or one may run on a host that is down',
} as const;
