/** The server counts no further how many due times a change moves. */
export const RETIMED_MAX = 20_000

/** A form that opens far from what opened it is brought into view. */
export function reveal(form: HTMLElement) {
  // The bar at the top stays where it is.
  form.style.scrollMarginTop = 'calc(var(--bar) + var(--s4))'
  form.scrollIntoView({ block: 'start' })
}
