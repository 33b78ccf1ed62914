import { Client, ReconnectionTimeMode } from './stomp.js'
import { askWhoYouAre } from './sign-in.js'

/**
 * The page's connection to the broker that it came from. It is opened again whenever it breaks, and what the page had
 * subscribed to is subscribed to again. Says in the element `#connection` how it is.
 */
export class Connection {
  /** Called with the text of what the broker did not want. */
  onTrouble = () => {}
  /** Called each time it is open again after it was lost; subscriptions are on their way then. */
  onBack = () => {}
  /** Called when it breaks, once. */
  onLost = () => {}

  #client
  #status = document.querySelector('#connection')
  #subscriptions = new Set()
  #attempts = 0
  #wasOpen = false

  constructor() {
    this.#client = new Client({
      brokerURL: `${location.protocol.replace('http', 'ws')}//${location.host}/`,
      reconnectDelay: 500,
      maxReconnectDelay: 4000,
      reconnectTimeMode: ReconnectionTimeMode.EXPONENTIAL,
      connectionTimeout: 10_000,
      // Browsers slow the timers of hidden pages down, so the page promises no beats: the WebSocket's own pings tell the
      // broker that it is there.
      heartbeatOutgoing: 0,
      heartbeatIncoming: 10_000,
      beforeConnect: () => {
        this.#attempts++
        if (this.#attempts > 1) this.#say('lost', `Connection lost, trying again (${this.#attempts - 1}) …`)
      },
      onConnect: () => this.#connected(),
      onWebSocketClose: () => this.#closed(),
      onStompError: (frame) => this.#refused(frame.headers.code ?? '', frame.headers.message ?? frame.body),
    })
  }

  get open() {
    return this.#client.connected
  }

  start() {
    this.#say('connecting', 'Connecting …')
    this.#client.activate()
  }

  /** Takes what is sent to the destination until the function that it returns is called. `ready` is called once, when it does. */
  subscribe(destination, handler, ready = () => {}) {
    const wanted = { destination, handler, ready, active: null }
    this.#subscriptions.add(wanted)
    if (this.open) this.#subscribe(wanted)
    return () => {
      this.#subscriptions.delete(wanted)
      if (this.open) wanted.active?.unsubscribe()
    }
  }

  /** False: there is no connection, and nothing was sent. */
  publish(destination, body, headers) {
    if (!this.open) return false
    // With a length it would be bytes to others, and not a text.
    this.#client.publish({ destination, body, headers, skipContentLengthHeader: true })
    return true
  }

  #connected() {
    this.#attempts = 0
    this.#say('open', 'Connected')
    for (const wanted of this.#subscriptions) this.#subscribe(wanted)
    if (this.#wasOpen) this.onBack()
    this.#wasOpen = true
  }

  #closed() {
    for (const wanted of this.#subscriptions) wanted.active = null
    if (this.#attempts > 0 || !this.#client.active) return
    this.#attempts = 1
    this.#say('lost', 'Connection lost, trying again …')
    this.onLost()
  }

  #subscribe(wanted) {
    const receipt = crypto.randomUUID()
    this.#client.watchForReceipt(receipt, () => {
      const { ready } = wanted
      wanted.ready = () => {}
      ready()
    })
    // Whoever keeps messages of topics for those who come later is asked for them: docs/web-samples.md.
    const headers = { receipt, 'activemq.retroactive': 'true' }
    wanted.active = this.#client.subscribe(wanted.destination, wanted.handler, headers)
  }

  #refused(code, message) {
    if (code === 'NOT_AUTHENTICATED') void this.#signIn(message)
    else this.onTrouble(`The broker says no: ${message}`)
  }

  async #signIn(message) {
    void this.#client.deactivate({ force: true })
    this.#say('lost', 'Not signed in')
    const { login, passcode } = await askWhoYouAre(this.#client.connectHeaders.login === undefined ? '' : message)
    this.#client.connectHeaders = { login, passcode }
    this.#attempts = 0
    this.start()
  }

  #say(state, text) {
    this.#status.dataset.state = state
    this.#status.textContent = text
  }
}
