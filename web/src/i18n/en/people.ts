// Administration: people, posts, accounts and grants.
export const people = {}
