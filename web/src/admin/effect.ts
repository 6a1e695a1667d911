/** The server counts no further how many due times a change moves. */
export const RETIMED_MAX = 20_000
