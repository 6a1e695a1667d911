// The draft of a report with its photos, sealed on the device until it goes into the outbox.
import type { Draft } from '../lib/draft'
import { transact } from './db'
import { seal, sealJson, unseal, unsealJson, type Sealed } from './seal'

interface Row {
  draft: Sealed
  photos: Sealed[]
  voice: Sealed | null
  voiceType: string
}
export interface KeptDraft {
  draft: Partial<Draft>
  photos: Blob[]
  voice: Blob | null
}

/** @throws StorageError */
export async function keepSealedDraft(account: string, kept: KeptDraft): Promise<void> {
  const photos: Sealed[] = []
  for (const photo of kept.photos) {
    photos.push(await seal(account, 'draft/photo', await photo.arrayBuffer()))
  }
  const { voice } = kept
  const row: Row = {
    draft: await sealJson(account, 'draft', kept.draft),
    photos,
    voice: voice && (await seal(account, 'draft/voice', await voice.arrayBuffer())),
    voiceType: voice?.type ?? '',
  }
  await transact(['drafts'], 'readwrite', (one) => one.objectStore('drafts').put(row, account))
}

export async function loadSealedDraft(account: string): Promise<KeptDraft | null> {
  const row = await transact<Row>(['drafts'], 'readonly', (one) =>
    one.objectStore('drafts').get(account),
  )
  if (!row) return null
  const photos: Blob[] = []
  for (const photo of row.photos) {
    photos.push(new Blob([await unseal(account, 'draft/photo', photo)], { type: 'image/jpeg' }))
  }
  const voice =
    row.voice &&
    new Blob([await unseal(account, 'draft/voice', row.voice)], { type: row.voiceType })
  return { draft: await unsealJson(account, 'draft', row.draft), photos, voice }
}

