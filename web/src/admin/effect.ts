/** The server counts no further how many due times a change moves. */
export const RETIMED_MAX = 20_000

/** A form that opens far from what opened it is brought into view. */
export function reveal(form: HTMLElement) {
  form.scrollIntoView({ block: 'start' })
}
