// A first password: made on this device, shown once, and to be changed at the first sign-in.

// Letters and digits that nobody mistakes for each other when they are read out.
const SIGNS = 'abcdefghjkmnpqrstuvwxyz23456789'
export const MADE_LENGTH = 16

/** Sixteen signs, about 79 bits of chance. */
export function makePassword(random: (bytes: Uint8Array) => void = fill): string {
  // What is beyond the last whole round of the alphabet would make its first signs more frequent.
  const limit = 256 - (256 % SIGNS.length)
  let password = ''
  const bytes = new Uint8Array(MADE_LENGTH)
  while (password.length < MADE_LENGTH) {
    random(bytes)
    for (const byte of bytes)
      if (byte < limit && password.length < MADE_LENGTH) password += SIGNS[byte % SIGNS.length]
  }
  return password
}

function fill(bytes: Uint8Array) {
  crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>)
}
