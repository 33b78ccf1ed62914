import type { Appointment } from './appointment.ts'
import type { SimulatedConsumer } from './client.ts'

/*
 * What the clients of a history know, and what follows from it. The ledger is told of every request before it is sent
 * and of every answer, and of every message when the broker writes it to a link. From that it holds, for each message
 * in each place, where it can be. An observation that none of them explains is a violation.
 */

/** Where one message can be, as far as one of its places is concerned. Several bits: nobody knows yet. */
export const At = {
  /** Not there: it never came, or it is gone for good. */
  Nowhere: 1,
  /** In the place it was sent to. */
  Home: 2,
  /** In the dead letter queue. */
  Dead: 4,
} as const

/** What can have become of a transaction. */
export const Fate = {
  /** Not ended, and its connection is there. */
  Open: 1,
  Committed: 2,
  RolledBack: 4,
  Prepared: 8,
} as const

export class Violation extends Error {
  override readonly name = 'Violation'
}

/** One message, as its producer knows it. */
export interface Letter {
  /** Its body, by which it is known: rises over the history. */
  readonly number: number
  readonly producerId: string
  readonly sequence: number
  readonly destination: string
  readonly persistent: boolean
  readonly priority: number
  /** Its JMSType, for selectors. */
  readonly color: string
  readonly group: string | null
  /** The last one of its group: whoever is next may be given those that follow. */
  readonly closes: boolean
  /** Wall clock in ms; 0 = never. */
  readonly expiration: number
  readonly transaction: Undecided | null
  /** It is kept back, and comes as deliveries that are letters of their own. */
  readonly appointment: Appointment | null
  /** The order in which it takes effect among those of its producer; 0 = none is promised. */
  order: number
  /** Refused: it must never be seen. */
  refused: boolean
  confirmed: boolean
  /** It takes effect as soon as the broker looks at it; a part of a transaction: once that is to be ended. */
  spread: boolean
  readonly copies: Copy[]
  /** Consumers of topics that have to be given it. */
  readonly witnesses: SimulatedConsumer[]
}

/** One message in one place that keeps it: a queue, or the backlog of a durable subscription. */
export interface Copy {
  readonly letter: Letter
  readonly place: Place
  at: number
  /** The durable subscription was there for certain when it was sent. */
  certain: boolean
  readonly generation: number
  /** The transaction that acknowledged it and whose fate is not known. */
  acknowledgedIn: Undecided | null
  /** Who was given it and has not settled it. */
  holder: SimulatedConsumer | null
  /** Deliveries since the broker was started, and ever. */
  deliveries: number
  deliveriesEver: number
  /** Acknowledgements that say: the client delivers it again by itself. */
  counted: number
  /** It was given out and its link went: the next delivery must say so. */
  returned: boolean
  /** Somebody was given it for the first time already: order is promised only then. */
  seen: boolean
  /** It was given out before its sender was answered, perhaps before it was stored: it may be gone, or not have come to be. */
  early: boolean
  /** It was a dead letter and may have been sent back: then it does not expire, and was never delivered. */
  revived: boolean
  /** When it was gone for certain, on the ledger's own clock; 0 = it is not. */
  goneAt: number
}

export interface Place {
  /** `A`, or `durable c0:d1`. */
  readonly name: string
  /** As it is called on the wire. */
  readonly destination: string
  readonly durable: DurableFacts | null
  /** Copies that can be there, by the number of the letter. */
  readonly copies: Map<number, Copy>
  /** Highest priority first. */
  readonly prioritized: boolean
  /** Owners of message groups. */
  readonly groups: Map<string, SimulatedConsumer>
  /** Who is still to be given the message that closed its group, when the next owner was heard of first. */
  readonly closing: Map<string, SimulatedConsumer>
  /** Who was told to consume from it and did not leave. */
  readonly consumers: Set<SimulatedConsumer>
  /** Requests for it to be there or not that were not answered. */
  pending: number
  /** Consumers that went. What the broker had for one of them and could not write any more counts as delivered. */
  departures: number
}

/**
 * What is there only while somebody wants it: a subscription, or a temporary queue. `shared`: by several consumers.
 * `fleeting`: shared, in memory only, gone with its last consumer. `temporary`: a queue that is gone with its connection.
 */
export interface DurableFacts {
  readonly kind: 'durable' | 'shared' | 'fleeting' | 'temporary'
  /** Empty: the same for every client. */
  readonly clientId: string
  /** Its name on the wire; empty: a temporary queue. */
  readonly subscription: string
  readonly topic: string
  state: 'none' | 'unknown' | 'there'
  /** What it may select; null selects all. One when its state is known. */
  selections: (string | null)[]
  /** Rises whenever it may have begun anew. */
  generation: number
}

/** A transaction from its beginning to the moment when its fate is known. */
export interface Undecided {
  readonly id: string
  readonly distributed: boolean
  fate: number
  readonly letters: Letter[]
  readonly acknowledged: { readonly copy: Copy; readonly consumer: SimulatedConsumer }[]
  /** A part of it failed, so its commit may be refused. */
  failed: boolean
}

export const QUEUES = ['A', 'B', 'PRIORITY'] as const
export const TOPICS = ['topic://T', 'topic://U'] as const
/** What is sent there goes to the queue of each group, and to its own subscribers. */
export const VIRTUAL = 'topic://VirtualTopic.V'
export const GROUPS: readonly string[] = ['Consumer.g1.VirtualTopic.V', 'Consumer.g2.VirtualTopic.V']
/** What is sent there goes to B, to T, and to A if it is red; nothing stays. */
export const COMPOSITE = 'COMPOSITE'
/** A subscription that several clients hold together, by the name on the wire. */
export interface SharedFacts {
  readonly subscription: string
  readonly topic: string
  readonly selection: string | null
}

export const SHARED: readonly SharedFacts[] = [
  { subscription: 'shared-durable:s0', topic: 'topic://T', selection: null },
  { subscription: 'shared-durable:s1', topic: VIRTUAL, selection: 'red' },
  { subscription: 'shared:n0', topic: 'topic://U', selection: null },
]
export const DEAD_LETTERS = 'ActiveMQ.DLQ'
export const COLORS = ['red', 'green'] as const

export class Ledger {
  readonly letters: Map<number, Letter> = new Map()
  readonly places: Map<string, Place> = new Map()
  readonly transactions: Set<Undecided> = new Set()
  /** Queues have given messages out while they were being stored, or may have. */
  eager = false
  /** Any queue may look at priorities, or have done so. */
  prioritizing = false
  readonly #now: () => number
  readonly #turnBegan: () => number
  readonly #appointments: (Letter & { readonly appointment: Appointment })[] = []
  #numbers = 0
  #orders = 0
  #moments = 0

  constructor(now: () => number, turnBegan: () => number) {
    this.#now = now
    this.#turnBegan = turnBegan
    for (const name of [...QUEUES, ...GROUPS, DEAD_LETTERS]) this.#addPlace(name, name, null)
  }

  queue(name: string): Place {
    return this.places.get(name) as Place
  }

  durable(clientId: string, subscription: string, topic: string): Place {
    const name = `durable ${clientId}:${subscription}`
    return this.places.get(name) ?? this.#addPlace(name, topic, factsOf('durable', clientId, subscription, topic))
  }

  shared({ subscription, topic }: SharedFacts): Place {
    const kind = subscription.startsWith('shared:') ? 'fleeting' : 'shared'
    return this.places.get(subscription) ?? this.#addPlace(subscription, topic, factsOf(kind, '', subscription, topic))
  }

  /** Before it is asked for. */
  temporary(name: string): Place {
    const facts = factsOf('temporary', '', '', name)
    facts.state = 'unknown'
    facts.selections = [null]
    return this.#addPlace(name, name, facts)
  }

  /** Subscriptions that outlive their consumers. */
  durables(): Place[] {
    return [...this.places.values()].filter(({ durable }) => durable?.kind === 'durable' || durable?.kind === 'shared')
  }

  temporaries(): Place[] {
    return [...this.places.values()].filter(({ durable }) => durable?.kind === 'temporary')
  }

  /** The ledger's own clock: what follows is later. */
  moment(): number {
    return ++this.#moments
  }

  // ---- What producers do

  /** Before it is sent. `destination` may be a composite. `watchers`: consumers of topics that are there. */
  intend(
    facts: Omit<Letter, 'number' | 'order' | 'refused' | 'confirmed' | 'spread' | 'copies' | 'witnesses'>,
    watchers: Iterable<SimulatedConsumer>,
  ): Letter {
    const letter: Letter = {
      ...facts,
      number: ++this.#numbers,
      order: 0,
      refused: false,
      confirmed: false,
      spread: false,
      copies: [],
      witnesses: [],
    }
    this.letters.set(letter.number, letter)
    if (isAppointment(letter)) this.#keepBack(letter)
    if (letter.transaction === null) this.#spread(letter, watchers)
    else letter.transaction.letters.push(letter)
    return letter
  }

  /** It is on stable storage, as far as it is persistent. */
  confirm(letter: Letter): void {
    letter.confirmed = true
    this.#happened(letter)
    const key = letter.appointment?.terms.key ?? null
    if (key === null) return
    for (const other of this.appointments()) {
      if (other.number < letter.number && other.appointment?.terms.key === key) other.appointment.end(this.#now())
    }
  }

  /** All copies of one send are stored together: where one is, the others are. */
  #happened(letter: Letter): void {
    for (const copy of letter.copies) this.#arrive(copy)
  }

  /** Letters that are kept back until their time, or were. */
  appointments(): (Letter & { readonly appointment: Appointment })[] {
    return this.#appointments
  }

  /** It was sent to a temporary queue that was not there all the time. */
  mayBeUnknown({ destination, copies }: Letter): boolean {
    const durable = this.places.get(destination)?.durable ?? null
    if (durable?.kind !== 'temporary') return false
    return !copies.some((copy) => copy.certain && copy.generation === durable.generation)
  }

  refuse(letter: Letter): void {
    letter.refused = true
    letter.witnesses.length = 0
    for (const copy of letter.copies) {
      copy.at = At.Nowhere
      copy.early = false
    }
  }

  // ---- What consumers do

  /** The broker has written it to a link. Returns null for a place that keeps nothing. */
  delivered(consumer: SimulatedConsumer, { number, id, redeliveries, origin }: Observation): Copy | null {
    const sent = this.letters.get(number)
    if (sent === undefined) throw new Violation(`${consumer.name} was given ${number}, which nobody sent`)
    const what = `${consumer.name} was given ${describe(sent)}`
    if (sent.refused && !this.mayBeEarly(sent)) throw new Violation(`${what}, which was refused`)
    this.#mustBe(sent.transaction, Fate.Committed, `${what}, whose transaction`)
    const letter = sent.appointment === null ? sent : this.#delivery(sent, sent.appointment, id, what)
    if (consumer.selection !== null && consumer.selection !== letter.color) {
      throw new Violation(`${what}, which it did not select: ${consumer.selection}`)
    }
    const revived = consumer.place?.copies.get(letter.number)?.revived === true
    if (letter.expiration > 0 && letter.expiration <= this.#turnBegan() && origin === null && !revived) {
      throw new Violation(`${what}, which expired ${this.#turnBegan() - letter.expiration} ms ago`)
    }
    if (consumer.place === null) {
      if (consumer.received.has(letter.number)) throw new Violation(`${what} twice`)
      consumer.received.add(letter.number)
      this.#inOrder(consumer, letter, false, what)
      return null
    }
    const copy = origin === null ? consumer.place.copies.get(letter.number) : this.#dead(letter, origin)
    if (copy === undefined) throw new Violation(`${what}, which was not sent there`)
    if (consumer.browser) {
      if (copy.at === At.Nowhere && copy.goneAt > 0 && copy.goneAt < consumer.born) {
        throw new Violation(`${what}, which was gone before it looked`)
      }
      return null
    }
    this.#take(copy, consumer, redeliveries, origin === null ? At.Home : At.Dead, what)
    return copy
  }

  /** `copy` is as good as gone when this is confirmed. */
  settle(copy: Copy, to: number): void {
    this.#release(copy)
    copy.at |= to
    copy.early = false
  }

  settled(copy: Copy, to: number): void {
    copy.at = to
    copy.early = false
    if (to === At.Nowhere) copy.goneAt = this.moment()
  }

  /** It closed, or its link went. */
  departed(consumer: SimulatedConsumer): void {
    const { place } = consumer
    if (place === null) return
    place.departures++
    place.consumers.delete(consumer)
    if (place.durable?.kind !== 'fleeting') return
    for (const other of place.consumers) if (other.confirmed && other.holds) return
    this.vanishing(place)
  }

  /** Nobody knows whether it is still there, nor what is in it. */
  vanishing(place: Place): void {
    const durable = place.durable as DurableFacts
    durable.generation++
    durable.state = 'unknown'
    for (const copy of place.copies.values()) copy.at |= At.Nowhere
  }

  /** Before dead letters of queues are sent back. */
  reviving(): void {
    for (const place of this.places.values()) {
      if (place.durable !== null) continue
      for (const copy of place.copies.values()) {
        if ((this.possible(copy) & At.Dead) === 0) continue
        copy.at = this.possible(copy) | At.Home
        copy.revived = true
        copy.returned = false
        copy.seen = true
      }
    }
  }

  /** Before somebody asks for the end of one that is kept back. */
  ending({ appointment }: { readonly appointment: Appointment }): void {
    appointment.ending = true
  }

  /** The consumer gives it back, or its link goes. */
  giveBack(copy: Copy, counts: boolean): void {
    this.#release(copy)
    if (counts) copy.returned = true
  }

  /** Acknowledged as a part of a transaction: nobody's until that has ended. */
  enlist(transaction: Undecided, copy: Copy, consumer: SimulatedConsumer): void {
    this.#release(copy)
    copy.acknowledgedIn = transaction
    transaction.acknowledged.push({ copy, consumer })
  }

  /** Rolled back while its consumer is there: it has it again. */
  restore(copy: Copy, consumer: SimulatedConsumer): void {
    copy.holder = consumer
    consumer.owned.add(copy)
  }

  #release(copy: Copy): void {
    copy.holder?.owned.delete(copy)
    copy.holder = null
  }

  // ---- Transactions

  begin(id: string, distributed: boolean): Undecided {
    const transaction = { id, distributed, fate: Fate.Open, letters: [], acknowledged: [], failed: false }
    this.transactions.add(transaction)
    return transaction
  }

  /** Its letters take effect now, if they do. */
  spread(transaction: Undecided, watchers: Iterable<SimulatedConsumer>): void {
    for (const letter of transaction.letters) this.#spread(letter, watchers)
  }

  /** Nothing else can have become of it than what `fate` says. */
  narrow(transaction: Undecided, fate: number, what: string): void {
    const left = transaction.fate & fate
    if (left === 0) throw new Violation(`${what}: transaction ${transaction.id} is ${fateText(transaction.fate)}`)
    transaction.fate = left
    if (left === Fate.Committed || left === Fate.RolledBack) this.#decide(transaction)
  }

  /** Something was asked of it that may lead to this. */
  become(transaction: Undecided, fate: number): void {
    transaction.fate = fate
    if (fate === Fate.Committed || fate === Fate.RolledBack) this.#decide(transaction)
  }

  /** Its link is gone: what was not to be prepared or committed is rolled back. */
  abandon(transaction: Undecided): void {
    for (const { copy } of transaction.acknowledged) if (copy.acknowledgedIn === transaction) copy.returned = true
    if (transaction.fate !== Fate.Open) return
    transaction.fate = Fate.RolledBack
    this.#decide(transaction)
  }

  #decide(transaction: Undecided): void {
    if (!this.transactions.delete(transaction)) return
    const committed = transaction.fate === Fate.Committed
    for (const letter of transaction.letters) {
      if (committed) this.confirm(letter)
      else this.refuse(letter)
    }
    for (const { copy } of transaction.acknowledged) {
      if (copy.acknowledgedIn !== transaction) continue
      copy.acknowledgedIn = null
      if (committed) this.settled(copy, At.Nowhere)
    }
  }

  #mustBe(transaction: Undecided | null, fate: number, what: string): void {
    if (transaction !== null && transaction.fate !== fate) this.narrow(transaction, fate, what)
  }

  // ---- The broker

  /** It is gone, however it went: what was only in memory is gone with it. */
  brokerGone(): void {
    for (const transaction of this.transactions) this.abandon(transaction)
    for (const place of this.places.values()) {
      place.groups.clear()
      place.closing.clear()
      const fleeting = isFleeting(place)
      place.pending = 0
      if (fleeting && place.durable !== null) {
        this.vanishing(place)
        place.durable.state = 'none'
      }
      for (const copy of place.copies.values()) {
        this.#release(copy)
        copy.deliveries = 0
        copy.counted = 0
        copy.returned = false
        if (!copy.letter.persistent) copy.at = At.Nowhere
        else if (fleeting) copy.at = At.Nowhere | (this.possible(copy) & At.Dead)
      }
    }
  }

  /** A consumer may have had it before it was stored, so that having seen it proves nothing. */
  mayBeEarly(letter: Letter): boolean {
    if (!this.eager || !letter.persistent || letter.transaction !== null || letter.appointment !== null) return false
    return !letter.destination.startsWith('topic://') && reach(letter).length === 1
  }

  /** Whether it must be found at its place or among the dead letters, when everything is taken from everywhere. */
  missing(): string[] {
    const found: string[] = []
    for (const place of this.places.values()) {
      for (const copy of place.copies.values()) {
        const at = this.possible(copy)
        if ((at & At.Nowhere) !== 0 || this.#hidden(copy)) continue
        found.push(`${describe(copy.letter)} is lost: it should be ${atText(at)} (${place.name})`)
      }
    }
    for (const transaction of this.transactions) found.push(...this.#half(transaction))
    for (const letter of this.#appointments) {
      const { deliveries, least } = letter.appointment
      if (least === null || letter.refused || !letter.persistent || !this.#reaches(letter)) continue
      if (deliveries.size === least || (deliveries.size === 0 && !letter.confirmed)) continue
      found.push(`${describe(letter)} was delivered ${deliveries.size} times, and should have been ${least} times`)
    }
    return found
  }

  /** What is not there, whatever its transaction says: then the transaction was not whole. */
  #half(transaction: Undecided): string[] {
    const sends = transaction.letters.some((letter) =>
      letter.copies.some((copy) => copy.certain && copy.letter.persistent && copy.letter.expiration === 0),
    )
    const acknowledged = transaction.acknowledged.some(
      ({ copy }) => copy.acknowledgedIn === transaction && copy.letter.persistent && copy.at === At.Home,
    )
    if (!sends || !acknowledged) return []
    return [`transaction ${transaction.id} took its messages away and sent none`]
  }

  /** Where it can be now: time may have moved it. */
  possible(copy: Copy): number {
    const { letter } = copy
    if ((copy.at & At.Home) === 0 || letter.expiration === 0 || letter.expiration > this.#now()) return copy.at
    return copy.at | (letter.persistent ? At.Dead : At.Nowhere)
  }

  /** A transaction that nobody can ask about any more may have taken it, or not brought it. */
  #hidden(copy: Copy): boolean {
    return copy.acknowledgedIn !== null || (copy.letter.transaction !== null && !copy.letter.confirmed)
  }

  // ---- Durable subscriptions

  /** Before one is asked for. */
  subscribing(place: Place, selection: string | null): void {
    const durable = place.durable as DurableFacts
    place.pending++
    if (durable.state === 'there' && durable.selections[0] === selection) return
    durable.generation++
    if (!durable.selections.includes(selection)) durable.selections.push(selection)
    durable.state = 'unknown'
    for (const copy of place.copies.values()) copy.at |= At.Nowhere
    // What is on its way may come before it or after.
    for (const letter of this.letters.values()) this.#perhaps(letter, place, selection)
  }

  subscribed(place: Place, selection: string | null): void {
    const durable = place.durable as DurableFacts
    durable.state = 'there'
    durable.selections = [selection]
  }

  unsubscribing(place: Place): void {
    const durable = place.durable as DurableFacts
    place.pending++
    durable.generation++
    durable.state = 'unknown'
    for (const copy of place.copies.values()) copy.at |= At.Nowhere
  }

  unsubscribed(place: Place): void {
    const durable = place.durable as DurableFacts
    durable.state = 'none'
    durable.selections = []
    for (const copy of place.copies.values()) {
      // What expired before it ended is among the dead letters.
      copy.at = At.Nowhere | (this.possible(copy) & At.Dead)
    }
  }

  // ---- Inside

  #addPlace(name: string, destination: string, durable: DurableFacts | null): Place {
    const prioritized = name === 'PRIORITY'
    const place: Place = {
      name,
      destination,
      durable,
      copies: new Map(),
      prioritized,
      groups: new Map(),
      closing: new Map(),
      consumers: new Set(),
      pending: 0,
      departures: 0,
    }
    this.places.set(name, place)
    return place
  }

  #spread(letter: Letter, watchers: Iterable<SimulatedConsumer>): void {
    if (letter.transaction?.distributed !== true) letter.order = ++this.#orders
    letter.spread = true
    if (letter.appointment !== null) return
    const reached = reach(letter)
    this.#addCopies(letter, reached)
    if (letter.expiration > 0) return
    for (const watcher of watchers) {
      if (!watcher.confirmed || !reached.includes(watcher.destination)) continue
      if (watcher.selection === null || watcher.selection === letter.color) letter.witnesses.push(watcher)
    }
  }

  /** Sent, not answered, and perhaps not yet looked at by the broker. */
  #perhaps(letter: Letter, place: Place, selection: string | null): void {
    if (letter.confirmed || letter.refused || !letter.spread || letter.appointment !== null) return
    if (!reach(letter).includes(place.destination)) return
    if (selection !== null && selection !== letter.color) return
    const copy = place.copies.get(letter.number) ?? this.#addCopy(letter, place)
    copy.certain = false
    copy.at |= At.Nowhere | At.Home
  }

  #addCopies(letter: Letter, reached: readonly string[]): void {
    for (const place of this.places.values()) {
      if (!reached.includes(place.destination)) continue
      const { durable } = place
      if (durable !== null) {
        if (durable.state === 'none' || !durable.selections.some((one) => one === null || one === letter.color))
          continue
      }
      this.#addCopy(letter, place)
    }
  }

  #keepBack(letter: Letter & { readonly appointment: Appointment }): void {
    const { key } = letter.appointment.terms
    for (const { appointment } of this.#appointments) {
      if (key !== null && appointment.terms.key === key) appointment.ending = true
    }
    this.#appointments.push(letter)
  }

  /** The letter of this delivery. The first time it is seen anywhere its other copies are there, too. */
  #delivery(sent: Letter, appointment: Appointment, id: string, what: string): Letter {
    const known = appointment.deliveries.get(id)
    if (known !== undefined) return known
    const most = appointment.most(this.#now())
    if (appointment.deliveries.size >= most) {
      throw new Violation(`${what} for the ${appointment.deliveries.size + 1}. time, at most ${most} are due`)
    }
    const letter: Letter = {
      ...sent,
      number: ++this.#numbers,
      transaction: null,
      appointment: null,
      order: 0,
      confirmed: true,
      spread: true,
      copies: [],
      witnesses: [],
    }
    appointment.deliveries.set(id, letter)
    this.#addCopies(letter, reach(letter))
    // When it was delivered nobody knows, so a subscription may have been there or not.
    for (const copy of letter.copies) if (copy.place.durable !== null) copy.certain = false
    if (letter.persistent) this.#happened(letter)
    return letter
  }

  /** Everything that it comes to is seen in the end. */
  #reaches(letter: Letter): boolean {
    const reached = reach(letter)
    return [...QUEUES, ...GROUPS].some((name) => reached.includes(name))
  }

  #addCopy(letter: Letter, place: Place): Copy {
    const { durable } = place
    const copy: Copy = {
      letter,
      place,
      at: At.Nowhere | At.Home,
      certain: durable === null || durable.state === 'there',
      generation: durable?.generation ?? 0,
      acknowledgedIn: null,
      holder: null,
      deliveries: 0,
      deliveriesEver: 0,
      counted: 0,
      returned: false,
      seen: false,
      early: false,
      revived: false,
      goneAt: 0,
    }
    place.copies.set(letter.number, copy)
    letter.copies.push(copy)
    return copy
  }

  #arrive(copy: Copy): void {
    if (copy.early) {
      const { expiration } = copy.letter
      copy.early = false
      // It may have been sent again when its time was over.
      copy.at = expiration > 0 && expiration <= this.#now() ? At.Nowhere | At.Home | At.Dead : At.Home
      return
    }
    // Somebody may have been given it, and have settled it, before the answer came.
    if (copy.seen || copy.at !== (At.Nowhere | At.Home)) return
    const { durable } = copy.place
    if (durable !== null && (!copy.certain || durable.generation !== copy.generation)) return
    const { expiration } = copy.letter
    if (expiration > 0 && expiration <= this.#now()) copy.at = At.Nowhere | At.Home | At.Dead
    else copy.at = At.Home
  }

  /** Among the copies that can be dead letters the one that is most likely it. */
  #dead(letter: Letter, origin: string): Copy | undefined {
    const copies = letter.copies.filter(
      (copy) =>
        copy.place.destination === origin && (this.possible(copy) & At.Dead) !== 0 && copy.holder?.holds !== true,
    )
    return (
      copies.find((copy) => copy.at === At.Dead) ??
      copies.find((copy) => (this.possible(copy) & At.Nowhere) === 0) ??
      copies[0]
    )
  }

  #take(copy: Copy, consumer: SimulatedConsumer, redeliveries: number, at: number, what: string): void {
    const { letter } = copy
    this.#mustBe(copy.acknowledgedIn, Fate.RolledBack, `${what}, which was acknowledged in a transaction that`)
    if (letter.refused) copy.at = At.Nowhere | at
    if ((this.possible(copy) & at) === 0) {
      throw new Violation(`${what} at ${copy.place.name}, but it is ${atText(this.possible(copy))}`)
    }
    // What was on its way to the last who held it may be gone with it.
    copy.at = at | (isFleeting(copy.place) && copy.place.durable?.state !== 'there' ? At.Nowhere : 0)
    if (letter.refused) copy.at |= At.Nowhere
    // The others of one send are there, too; while it was on its way nobody knew.
    if (!letter.confirmed && letter.persistent && letter.transaction === null && !copy.seen) this.#happened(letter)
    if (copy.holder !== null && copy.holder.holds) {
      throw new Violation(`${what}, which ${copy.holder.name} has not settled`)
    }
    const most = copy.deliveriesEver + copy.counted + copy.place.departures
    if (redeliveries > most) throw new Violation(`${what} as delivered ${redeliveries} times before, not ${most}`)
    if (copy.returned && redeliveries === 0 && at === At.Home) throw new Violation(`${what} again, as if it was new`)
    if (at === At.Home) {
      this.#inOrder(consumer, letter, copy.place.prioritized || this.prioritizing, what, copy.seen)
      this.#inGroup(consumer, copy, what)
    }
    this.#release(copy)
    if (consumer.holds) this.restore(copy, consumer)
    copy.deliveries++
    copy.deliveriesEver++
    // A link that is gone takes nothing: it comes back, and was delivered.
    copy.returned = consumer.lost && !consumer.closed
    copy.seen = true
    if (at === At.Home && !letter.confirmed && !letter.refused && this.mayBeEarly(letter)) {
      copy.at |= At.Nowhere
      copy.early = true
    }
  }

  #inOrder(
    consumer: SimulatedConsumer,
    letter: Letter,
    prioritized: boolean,
    what: string,
    seen: boolean = false,
  ): void {
    if (letter.order === 0 || seen) return
    const { producerId, persistent, priority } = letter
    // Order is promised within one way of sending: what waits for space is overtaken by transactions, and a message
    // group waits for its owner.
    const way = `${producerId} ${persistent} ${letter.transaction !== null} ${prioritized ? priority : ''} ${letter.group} ${letter.destination}`
    const newest = consumer.newest.get(way) ?? 0
    if (letter.order <= newest) throw new Violation(`${what} after one that was sent later`)
    consumer.newest.set(way, letter.order)
  }

  /** A group stays with its consumer as long as that is there. */
  #inGroup(consumer: SimulatedConsumer, copy: Copy, what: string): void {
    const { group } = copy.letter
    if (group === null || copy.place.durable !== null) return
    const { groups, closing, copies } = copy.place
    if (copy.letter.closes && closing.get(group) === consumer) {
      closing.delete(group)
      return
    }
    const owner = groups.get(group)
    if (owner !== undefined && owner !== consumer && owner.holds) {
      // What was given to several within one turn is heard of client by client: the group may have been closed first.
      const closed = [...copies.values()].some(
        ({ letter, holder }) => letter.group === group && letter.closes && holder === null && letter !== copy.letter,
      )
      if (!closed || closing.has(group)) throw new Violation(`${what}, whose group ${group} is with ${owner.name}`)
      closing.set(group, owner)
    }
    if (copy.letter.closes && owner?.holds === true) groups.delete(group)
    else groups.set(group, consumer)
  }
}

/** One message as it was given to somebody. */
export interface Observation {
  /** What it says itself. */
  readonly number: number
  /** Its message id. */
  readonly id: string
  readonly redeliveries: number
  /** Where it was before it was a dead letter. */
  readonly origin: string | null
}

/** Everything that gets a copy of it, by the name on the wire. */
export function reach({ destination, color }: Pick<Letter, 'destination' | 'color'>): readonly string[] {
  if (destination === COMPOSITE) return color === 'red' ? ['B', 'topic://T', 'A'] : ['B', 'topic://T']
  if (!destination.includes(VIRTUAL)) return destination.split(',')
  return [...destination.split(','), ...GROUPS]
}

function isAppointment(letter: Letter): letter is Letter & { readonly appointment: Appointment } {
  return letter.appointment !== null
}

/** In memory only, and gone with who wants it. */
function isFleeting({ durable }: Place): boolean {
  return durable?.kind === 'fleeting' || durable?.kind === 'temporary'
}

function factsOf(kind: DurableFacts['kind'], clientId: string, subscription: string, topic: string): DurableFacts {
  return { kind, clientId, subscription, topic, state: 'none', selections: [], generation: 0 }
}

export function describe(letter: Letter): string {
  const kind = letter.persistent ? '' : ' (not persistent)'
  return `message ${letter.number}${kind} of ${letter.producerId} for ${letter.destination}`
}

export function atText(at: number): string {
  const texts: string[] = []
  if ((at & At.Home) !== 0) texts.push('at home')
  if ((at & At.Dead) !== 0) texts.push('a dead letter')
  if ((at & At.Nowhere) !== 0) texts.push('nowhere')
  return texts.join(' or ')
}

function fateText(fate: number): string {
  const texts: string[] = []
  if ((fate & Fate.Open) !== 0) texts.push('open')
  if ((fate & Fate.Committed) !== 0) texts.push('committed')
  if ((fate & Fate.RolledBack) !== 0) texts.push('rolled back')
  if ((fate & Fate.Prepared) !== 0) texts.push('prepared')
  return texts.join(' or ')
}
