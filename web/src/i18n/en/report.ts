// Reporting, tracking and the summary.

export const report = {
  'track.number': 'Tracking number',
  'track.hint': 'The number is on the receipt that you got',
  'track.look': 'Look up',
  'track.reopen': 'Open it again',
  'track.reopen_why': 'What is not solved',
  'track.code_hint':
    'On the receipt that you got; not needed when you are signed in as who reported',
  'track.merged': 'Merged into:',
  'track.merged_into': 'Merged into another report of the same thing, which stands so:',

  'report.as': 'Reporting as {name}',
  'report.as_resident': 'No account needed. You will get a tracking number.',
  'report.where': 'Where',
  'report.locate': 'Use my position',
  'report.locating': 'Locating…',
  'report.on_map': 'Choose on the map',
  'report.map_hint': 'Tap the map or drag the pin to set the place.',
  'report.type_position': 'Type longitude and latitude',
  'report.bad_position': 'Type “longitude, latitude”, for example {example}',
  'report.address': 'Address or landmark',
  'report.outside': 'This place is outside the territory. Please check.',
  'report.need_position': 'Choose the place first.',
  'report.what': 'What',
  'report.condition': 'Exactly what',
  'report.need_category': 'Choose the category and what exactly it is.',
  'report.major': 'Major hazard: it endangers people and cannot wait',
  'report.text': 'Description',
  'report.text_hint': 'What did you see? Who is affected?',
  'report.need_text': 'Write a few words.',
  'report.photos': 'Photos',
  'report.photos_note':
    'Photos are made smaller on the phone; where they were taken is not sent with them.',
  'report.contact': 'Contact',
  'report.anonymous': 'Report anonymously',
  'report.no_anonymous':
    'This category cannot be reported anonymously; leave a contact so that we can ask back.',
  'report.name': 'Name',
  'report.phone': 'Telephone',
  'report.need_contact': 'Fill in both name and telephone, or neither.',
  'report.contact_note': 'Only the people who work on it see this, to ask back.',
  'report.settled': 'Settled on the spot',
  'report.settle_note': 'How it was settled',
  'report.need_settle': 'Say how it was settled.',
  'report.goes': 'Where it will go',
  'report.goes_later':
    'Once place and category are chosen, this shows which department gets it, and why.',
  'report.duplicates': '{n} similar {n|report|reports} near by',
  'report.send': 'Send',
  'report.send_again': 'Send again',
  'report.kept':
    'What you wrote is kept on this device. Sending again does not make a second report.',
  'report.mismatch':
    'An earlier attempt did arrive, and the content was changed since. Sending it now makes a new report.',
  'report.as_new': 'Make it a new report',

  'fix.unsupported': 'This device cannot tell its position. Choose it on the map.',
  'fix.insecure':
    'The browser gives the position on secure connections (https) only. Choose it on the map.',
  'fix.denied': 'Permission for the position was not given. Choose it on the map.',
  'fix.unavailable': 'The position is not available now. Choose it on the map.',
  'fix.timeout': 'Locating took too long. Try again or choose on the map.',

  'receipt.title': 'Your report has arrived',
  'receipt.code': 'Receipt code',
  'receipt.keep':
    'Keep both: with the number you can follow what happens; to open it again or to rate it, the code is needed too.',
  'receipt.track': 'Follow it',
  'receipt.again': 'Report another',

  'summary.as_of': 'As of',
  'summary.issues': 'issues',
  'summary.trend': 'Trend',
  'summary.by_state': 'By state',
  'summary.by_kind': 'By kind',
  'summary.times': 'Times taken',
  'summary.median': 'Median',
  'summary.p90': '9 in 10 within',
  'summary.backlog_age': 'Age of the backlog',
  'summary.csv': 'Download the streets (CSV)',

  'times.accept_ms': 'To accept',
  'times.handle_ms': 'To handle',
  'times.close_ms': 'To close',

  'trend.says': '{reported} reported, {closed} closed',
  'trend.reported': 'Reported',
  'trend.closed': 'Closed',
  'trend.table': 'View as a table',
  'trend.day': 'Day',
}
