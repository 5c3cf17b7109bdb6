/** What a daemon writes its log to. */

type Say = (fields: object, message: string) => void;

export interface ObmLogger {
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
}
