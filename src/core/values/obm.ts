/** Out-of-band managers as an OBM daemon has them. */

/** `enabling`: a token was asked for, and nobody knows yet whether one is out. */
export const obmStates = ['disabled', 'enabling', 'enabled'] as const;
export type ObmState = (typeof obmStates)[number];

/** Base URL of an OBM daemon: no user, no query, no slash at the end. */
export const obmdUrlPattern = '^https?://[^\\s/?#@]+(/[^\\s?#@]*[^\\s?#@/])?$';

/** What an OBM is called at its daemon. */
export const obmLabelPattern = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$';

/** `soft`: asks the operating system; `cycle`: off and on again; `reset`: starts again without losing power. */
export const powerActions = [
  'on',
  'off',
  'soft',
  'cycle',
  'reset',
  'diagnostic-interrupt',
] as const;
export type PowerAction = (typeof powerActions)[number];

/** `none`: what the machine itself would start from. */
export const bootDevices = ['none', 'pxe', 'disk', 'cdrom', 'bios'] as const;
export type BootDevice = (typeof bootDevices)[number];

/** What can be looked at again. */
export const refreshable = ['power', 'identity', 'sensors', 'system-events', 'inventory'] as const;
export type Refreshed = (typeof refreshable)[number];

/** What a machine is told by its OBM, or asked. */
export type ObmOrder =
  | { readonly kind: 'power'; readonly action: PowerAction }
  | {
      readonly kind: 'boot-device';
      readonly device: BootDevice;
      /** For every start, or for the next only. */
      readonly persistent: boolean;
    }
  /** For so many seconds, or until told. */
  | { readonly kind: 'light'; readonly light: number | 'on' | 'off' }
  /** Nothing is changed: it is looked at again. */
  | { readonly kind: 'refresh'; readonly what: readonly Refreshed[] };

/**
 * How an order may end. `unknown`: it may have been carried out or not, and nothing shows which; `cancelled`: somebody
 * took it back before it was sent.
 */
export const orderOutcomes = ['done', 'failed', 'unknown', 'cancelled'] as const;
export type OrderOutcome = (typeof orderOutcomes)[number];

/** Orders after which a host starts anew, or at all: it may be waited for. */
export const startingActions: readonly PowerAction[] = ['on', 'cycle', 'reset'];
/** For how long a host may be waited for, s. */
export const waitUpMax = 86_400;
/** How a wait ends: the host has started anew; it was up already; it is not back in time. */
export const returnOutcomes = ['back', 'up', 'away'] as const;
export type ReturnOutcome = (typeof returnOutcomes)[number];

/** Orders of one machine that wait or are under way. */
export const ordersWaitingMax = 8;
/** Orders of one machine that have ended and are remembered; the oldest gives way. */
export const ordersKeptMax = 8;
/** The same for looks, which are no orders. */
export const refreshesKeptMax = 4;

/** An order in words. */
export const orderText = (order: ObmOrder): string => {
  switch (order.kind) {
    case 'power':
      return `power ${order.action}`;
    case 'boot-device':
      return `boot device ${order.device}`;
    case 'light':
      return `light ${order.light}`;
    case 'refresh':
      return `look again at ${order.what.join(', ')}`;
  }
};
