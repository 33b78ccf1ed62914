import { Connection } from './connection.js'

/** So many messages stay in the page. */
const SHOWN_MAX = 500
/** Messages of one person within so many ms stand together. */
const TOGETHER_MS = 120_000
const HUES = 8

const page = crypto.randomUUID()
const element = (id) => document.getElementById(id)
const join = element('join')
const talk = element('talk')
const messages = element('messages')
const list = element('list')
const newest = element('newest')
const text = element('text')
const connection = new Connection()

/** Where this page is now; null: in no room. */
let room = null
let unsubscribe = () => {}
/** Of the message that stands last. */
let last = { from: '', at: 0 }

element('name').value = remembered('name')
const asked = new URLSearchParams(location.hash.slice(1)).get('room')
if (isRoom(asked ?? '')) element('room').value = asked
element(element('name').value === '' ? 'name' : 'room').focus()

element('join-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const name = element('name').value.trim().normalize('NFC')
  const wanted = element('room').value.trim().normalize('NFC')
  element('name').toggleAttribute('aria-invalid', name === '')
  element('room').toggleAttribute('aria-invalid', !isRoom(wanted))
  if (name === '') {
    element('join-error').textContent = 'Say what you want to be called.'
    element('name').focus()
  } else if (!isRoom(wanted)) {
    element('join-error').textContent = `“${wanted}” cannot be a room: letters, digits, - and _, up to 40 of them.`
    element('room').focus()
  } else {
    element('join-error').textContent = ''
    remember('name', name)
    enter(name, wanted)
  }
})

element('say').addEventListener('submit', (event) => {
  event.preventDefault()
  const said = text.value.trim()
  if (said === '') return
  if (publish('said', said)) {
    text.value = ''
    element('trouble').textContent = ''
    toNewest()
  } else {
    element('trouble').textContent = 'There is no connection now. Your message stays here until there is one again.'
  }
})

element('leave').addEventListener('click', () => {
  leave()
  element('room').focus()
})
newest.addEventListener('click', toNewest)
messages.addEventListener('scroll', () => {
  if (isAtNewest()) newest.hidden = true
})
addEventListener('pagehide', () => {
  if (room !== null) publish('left', `${room.name} has left`)
})
// Out of the browser's memory again (the way back): others were told that we had left.
addEventListener('pageshow', (event) => {
  if (event.persisted && room !== null) publish('joined', `${room.name} has joined`)
})

connection.onTrouble = (trouble) => {
  element('trouble').textContent = trouble
  if (room === null) element('join-error').textContent = trouble
}
connection.onLost = () => {
  if (room !== null) note('The connection was lost.')
}
connection.onBack = () => {
  element('trouble').textContent = ''
  if (room !== null) note('Connected again. What was said meanwhile is not shown.')
}
connection.start()

function enter(name, wanted) {
  room = { name, destination: `/topic/CHAT.${wanted}` }
  list.replaceChildren()
  last = { from: '', at: 0 }
  join.hidden = true
  talk.hidden = false
  element('room-title').textContent = wanted
  element('own-name').textContent = name
  element('topic').textContent = `CHAT.${wanted}`
  document.title = `${wanted} – Chat – Millrace`
  history.replaceState(null, '', `#${new URLSearchParams({ room: wanted })}`)
  unsubscribe = connection.subscribe(room.destination, heard, () => publish('joined', `${name} has joined`))
  text.focus()
}

function leave() {
  publish('left', `${room.name} has left`)
  unsubscribe()
  room = null
  talk.hidden = true
  join.hidden = false
  document.title = 'Chat – Millrace'
}

/** The body is for everybody who listens, whatever they are; the headers are for pages like this one. */
function publish(event, body) {
  return connection.publish(room.destination, body, { from: room.name, event, page })
}

function heard({ body, headers }) {
  const event = headers.event ?? 'said'
  const at = Number(headers.timestamp) || Date.now()
  if (event !== 'said') {
    if (headers.page !== page || event === 'joined') note(body, at)
    return
  }
  const from = headers.from?.trim() || 'Somebody'
  const own = headers.page === page
  const item = document.createElement('li')
  item.className = own ? 'message own' : `message hue-${hueOf(from)}`
  if (last.from === `${headers.page} ${from}` && at - last.at < TOGETHER_MS) item.classList.add('together')
  last = { from: `${headers.page} ${from}`, at }
  const author = document.createElement('span')
  author.className = 'author'
  author.textContent = own ? `${from} (you)` : from
  const said = document.createElement('span')
  said.className = 'text'
  // As text: markup that somebody sends is shown, and nothing else.
  said.textContent = body
  said.dir = 'auto'
  item.append(author, said, timeOf(at))
  show(item)
}

/** What happens in the room besides messages. */
function note(what, at = Date.now()) {
  const item = document.createElement('li')
  item.className = 'note'
  const words = document.createElement('span')
  words.textContent = what
  words.dir = 'auto'
  item.append(words, timeOf(at))
  last = { from: '', at: 0 }
  show(item)
}

function show(item) {
  const follow = isAtNewest()
  list.append(item)
  while (list.childElementCount > SHOWN_MAX) list.firstElementChild.remove()
  if (follow) toNewest()
  else newest.hidden = false
}

function timeOf(at) {
  const time = document.createElement('time')
  const date = new Date(at)
  time.dateTime = date.toISOString()
  time.textContent = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return time
}

function isAtNewest() {
  return messages.scrollHeight - messages.scrollTop - messages.clientHeight < 40
}

function toNewest() {
  messages.scrollTop = messages.scrollHeight
  newest.hidden = true
}

function isRoom(name) {
  return /^[\p{L}\p{M}\p{N}_-]{1,40}$/u.test(name)
}

function hueOf(name) {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973
  return sum % HUES
}

/** Browsers may forbid to remember anything. */
function remembered(key) {
  try {
    return localStorage.getItem(`millrace.${key}`) ?? ''
  } catch {
    return ''
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(`millrace.${key}`, value)
  } catch {
    // Then it is asked for the next time.
  }
}
