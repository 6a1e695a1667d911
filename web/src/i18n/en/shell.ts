// What every page shows.

export const shell = {
  'app.name': 'Hexward',

  'page.welcome': 'Home',
  'page.map': 'Map',
  'page.issues': 'Issues',
  'page.issue': 'Issue',
  'page.report': 'Report',
  'page.track': 'Track',
  'page.summary': 'Summary',
  'page.matrix': 'Matrix',
  'page.password': 'Change password',
  'page.missing': 'Page not found',
  'page.notices': 'Notices',
  'page.desk': 'Desk',
  'page.inbox': 'Inbox',
  'page.tasks': 'My tasks',
  'page.around': 'Around',
  'page.answers': 'Answers',

  'missing.home': 'Back to the start',

  'nav.main': 'Main navigation',

  'common.loading': 'Loading…',
  'common.retry': 'Try again',
  'common.close': 'Close',
  'common.skip': 'Skip to the content',
  'common.back': 'Back',
  'common.copy': 'Copy',
  'common.copied': 'Copied',
  'common.cancel': 'Cancel',
  'common.change': 'Change',
  'common.choose': 'Choose',
  'common.optional': '(optional)',
  'common.use': 'Use',
  'common.sending': 'Sending…',

  'generated.badge': 'Generated data',
  'generated.note':
    'The grids and issues shown here were generated for demonstration; they are not real records.',

  'error.offline': 'The server cannot be reached. Check the network and try again.',
  'error.timeout': 'The server did not answer in time. Try again.',
  'error.server': 'The server has a problem. Try again later.',
  'error.unknown': 'Something went wrong. Try again.',

  'welcome.title': 'See a problem, reach who can solve it',
  'welcome.text':
    'Hazards, disputes and opinions go straight to the department that is responsible, and you can follow every step.',
  'welcome.report': 'Report something',
  'welcome.report_text': 'No account needed; you may stay anonymous',
  'welcome.track': 'Follow a report',
  'welcome.track_text': 'With the tracking number of your receipt',
  'welcome.around_text': 'What was reported, and what came of it',
  'welcome.answers_text': 'What came of suggestions, and small wishes to fulfil',

  'session.staff': 'Staff sign-in',
  'session.login': 'Account',
  'session.password': 'Password',
  'session.sign_in': 'Sign in',
  'session.sign_out': 'Sign out',
  'session.demo': 'Demo accounts: one tap signs in',

  'password.must': 'Somebody else set this password: change it first.',
  'password.done': 'The password is changed.',
  'password.current': 'Present password',
  'password.new': 'New password',
  'password.again': 'New password once more',
  'password.differs': 'The two are not the same',

  'role.grid_worker': 'Grid worker',
  'role.acceptor': 'Acceptor',
  'role.dispatcher': 'Dispatcher',
  'role.duty_supervisor': 'Duty supervisor',
  'role.handler': 'Handler',
  'role.leader': 'Leader',
  'role.admin': 'Administrator',
  'role.resident': 'Resident',
  'role.legal_adviser': 'Legal adviser',
  'role.mediator': 'Mediator',
}
