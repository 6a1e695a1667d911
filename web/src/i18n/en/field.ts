// The field app: offline, outbox, voice, conflicts.
import type { field as zh } from '../zh/field'

export const field: Record<keyof typeof zh, string> = {
  'page.outbox': 'Outbox',

  'offline.now': 'No network.',
  'offline.as_of': 'No network. This is as of {at}.',
  'offline.kept': 'Report and work as usual; it is sent when the network is back.',
  'update.ready': 'A new version is ready.',
  'update.take': 'Update now',

  'outbox.title': 'Outbox',
  'outbox.hint':
    'Sent one after another, the oldest first. Until its receipt comes, everything stays encrypted on this device.',
  'outbox.empty': 'Nothing waits to be sent.',
  'outbox.unreadable': 'What is kept on this device cannot be read. Open the page again.',
  'outbox.no_storage':
    'This browser cannot keep anything on the device (https is needed). Report while there is a network.',
  'outbox.now': 'Send now',
  'outbox.waiting_n': '{n} to send',
  'outbox.files': '{n} files, {size}',
  'outbox.tries': 'tried {n} times',
  'outbox.receipt': 'Number {number}',
  'outbox.code': 'Code {code}',
  'outbox.look': 'View',
  'outbox.edit': 'Edit the words',
  'outbox.save': 'Save and send again',
  'outbox.resend': 'Send again',
  'outbox.give_up': 'Give up',
  'outbox.give_up_sure':
    'The words and photos are then deleted from this device and cannot be brought back. Sure?',
  'outbox.give_up_yes': 'Yes, give up',
  'outbox.held': 'Waits for the step before it',
  'outbox.decide': 'Decide',
  'item.waiting': 'Waiting',
  'item.sending': 'Sending {percent}%',
  'item.sent': 'Sent',
  'item.refused': 'Not accepted',
  'item.conflict': 'Things have changed: decide',
  'item.report': 'Report',

  'conflict.wanted': 'What I wanted',
  'conflict.meanwhile': 'What happened meanwhile',
  'conflict.nothing': 'Nothing new; the state alone does not allow it.',
  'conflict.state': 'The state now',
  'conflict.anyway': 'Do it all the same',
  'conflict.not_allowed': 'In the state as it is now you can no longer do this.',
  'conflict.comment': 'Keep as a comment',
  'conflict.comment_text': '(Noted when “{action}” could not be done) {note}',
  'conflict.drop': 'Drop it',
  'conflict.unread': 'The latest state cannot be read now. Try again with a network.',

  'store.full': 'This device has no room left for it. Nothing has been sent yet.',
  'store.refused':
    'The browser does not allow keeping it on this device. Nothing has been sent yet.',
  'store.on_screen':
    'All that you wrote and your photos are still on the screen: please leave this page open. You can:',
  'store.send_first':
    'When there is a network, send the {n} that wait ({size}) first. That makes room; then send this one.',
  'store.fewer': 'Take out some photos and send again, or keep the words alone.',
  'store.words_only': 'Take out {n} attachments, keep the words',
  'store.directly': 'With a network: send it now, without keeping it on the device.',
  'store.send_directly': 'Send directly',
  'store.loose_photos':
    'No room left on this device: the words are kept; photos and voice are on the screen only. Please leave this page open.',
  'store.loose':
    'No room left on this device: all is on the screen only. Please leave this page open.',

  'report.kept_title': 'Kept on this device',
  'report.kept_text':
    'It is sent when there is a network, and only once. You may close the page; the outbox shows how it went.',
  'report.preview_later': 'No network: who gets it and by when, you hear when it has arrived.',
  'report.evidence': 'Photo',
  'report.words_optional': 'May stay empty with a photo or a voice note',
  'report.add_mine': 'Add mine to it',
  'report.added': 'Added to {number}, which is handled for all who reported it.',
  'report.not_added':
    'The issue that it was to be added to is closed; this report stands by itself.',
  'category.near': 'Often reported near here',

  'voice.start': 'Record a voice note',
  'voice.stop': 'Stop ({left} s)',
  'voice.remove': 'Delete the voice note',
  'voice.title': 'Voice note',
  'voice.denied': 'The microphone may not be used; please write.',
  'voice.too_large': 'The recording is too long; make it shorter.',

  'task.grid': 'My grid',
  'task.grid_map': 'Map of my grid and tasks',
  'task.grid_hide': 'Hide the map',
  'task.queued': 'Kept; it is sent when the network is back.',
  'action.before': 'Photos from before',
  'action.queued': 'Kept on this device; it is sent when the network is back.',
}
