/** A number in [0, 1); `Math.random` outside tests and simulations. */
export type Random = () => number

/** Full jitter: anything between nothing and the doubled bound of the attempt (delivery.md §2: 0.2 s to 60 s, for ever). */
export function retryDelayMs(attempt: number, random: Random): number {
  return random() * doubled(attempt, 200, 60_000)
}

/** Slow probe of what a person has to mend: 30 s growing to 15 min, jittered by half (delivery.md §3). */
export function probeDelayMs(attempt: number, random: Random): number {
  return (0.5 + random() / 2) * doubled(attempt, 30_000, 900_000)
}

/** `first` for attempt 1, twice as much for every further one, at most `most`. */
function doubled(attempt: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** Math.min(attempt - 1, 30))
}
