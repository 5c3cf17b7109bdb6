/** What viewers of consoles and OBM daemons say to each other, as types: what it compiles to is nothing. */

export type {
  consoleCloseCodes,
  consoleMessageBytesMax,
  ConsoleNews,
  consoleProtocol,
  ConsoleWish,
} from '../contract/console-protocol.ts';
