// The colours of the map itself, in daylight and at night.

export interface MapTheme {
  dark: boolean
  background: string
  land: string
  line: string
  lineStrong: string
  text: string
  halo: string
  selected: string
  hatch: string
}

const LIGHT: MapTheme = {
  dark: false,
  background: '#dfe6e8',
  land: '#f6f8f7',
  line: '#9fb0b5',
  lineStrong: '#47616a',
  text: '#24373d',
  halo: '#ffffff',
  selected: '#0b1417',
  hatch: '#ced7d9',
}
const DARK: MapTheme = {
  dark: true,
  background: '#0b1215',
  land: '#162126',
  line: '#3f535a',
  lineStrong: '#86a0a8',
  text: '#d7e2e5',
  halo: '#10191d',
  selected: '#ffffff',
  hatch: '#2c3b41',
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)')

export function mapTheme(): MapTheme {
  return prefersDark.matches ? DARK : LIGHT
}

export function onThemeChange(changed: () => void): () => void {
  prefersDark.addEventListener('change', changed)
  return () => prefersDark.removeEventListener('change', changed)
}
