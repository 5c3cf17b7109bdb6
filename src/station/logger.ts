/** What a station tells of itself; pino fits. */
export interface StationLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
