// Administration: the territory editor and imports.
export const land = {}
