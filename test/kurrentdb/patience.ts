/**
 * How long a log on the fake waits for it, ms: longer in all than a busy machine takes for anything. A
 * first attempt is short, because the client's half that reads is now and then never answered; each of
 * the next ones takes twice as long. Where a test wants a deadline to pass, it sets the time of the log
 * ahead instead of waiting for it.
 */
export const patience = { answer: 20_000, call: 180_000, open: 240_000 } as const;
