import { ConfigurationError } from '../errors.ts'
import { readLocalText } from '../local-file.ts'
import { unknownOption } from '../options.ts'
import { type BrokerUrl, formatBrokerUrl, parseBrokerUrl, redact } from '../uri.ts'

/** A broker that was made for a `vm:` URL. */
export interface VmBroker {
  start(): Promise<void>
  stop(): Promise<void>
}

interface BrokerPackage {
  BrokerService: new (options: {
    name: string
    vmName: string
    listen: readonly string[]
    memory?: boolean
    data?: string
  }) => VmBroker
}

/** What of the broker settings of the model system means something here; the rest would be a surprise, so it is refused. */
const KNOWN = ['brokerName', 'persistent', 'dataDirectory']
/** These change nothing that could be missed. */
const WITHOUT_MEANING = ['useJmx', 'useShutdownHook', 'enableStatistics', 'startAsync', 'useLoggingForShutdownErrors']

/**
 * Makes the broker for `vm://name`, not started. What is known of it:
 *
 *     broker.persistent, broker.dataDirectory                options of the URL
 *     brokerConfig=broker:(tcp://127.0.0.1:0)/name?options   where it listens, too
 *     brokerConfig=properties:file                           the same names in a Java properties file of this machine
 *
 * Without any of it the broker is in memory and listens nowhere. Throws ConfigurationError.
 */
export async function newVmBroker(name: string, url: BrokerUrl): Promise<VmBroker> {
  const settings = new Map<string, string>()
  let listen: string[] = []
  const config = url.query.get('brokerConfig')
  if (config !== undefined && config !== null) {
    if (config.startsWith('properties:')) await readProperties(config.slice('properties:'.length), settings)
    else listen = readBrokerUrl(config, settings)
  }
  for (const [option, value] of url.query) {
    if (option.startsWith('broker.')) settings.set(option.slice('broker.'.length), value ?? '')
  }
  for (const option of settings.keys()) {
    if (!KNOWN.includes(option) && !WITHOUT_MEANING.includes(option)) {
      throw unknownOption(
        `broker.${option}`,
        KNOWN.map((known) => `broker.${known}`),
      )
    }
  }
  const persistent = settings.get('persistent') === 'true'
  const { BrokerService } = await brokerPackage(name)
  const where = persistent ? { data: settings.get('dataDirectory') ?? `millrace-data/${name}` } : { memory: true }
  return new BrokerService({ name: settings.get('brokerName') ?? name, vmName: name, listen, ...where })
}

/** `broker:(tcp://127.0.0.1:0,...)/name?options`. Gives where to listen. */
function readBrokerUrl(text: string, settings: Map<string, string>): string[] {
  const url = parseBrokerUrl(text)
  if (url.scheme !== 'broker') {
    throw new ConfigurationError(`a broker is described by broker:(...) or properties:file, not by "${redact(text)}"`)
  }
  for (const [option, value] of url.query) settings.set(option, value ?? '')
  if (url.path !== '') settings.set('brokerName', url.path)
  return (url.components ?? []).map((component) => {
    if (component.components !== null || !['tcp', 'ssl', 'openwire', 'unix'].includes(component.scheme)) {
      throw new ConfigurationError(`a broker made here cannot have "${formatBrokerUrl(component)}"`)
    }
    return formatBrokerUrl(component)
  })
}

async function readProperties(file: string, settings: Map<string, string>): Promise<void> {
  if (/^[a-z]+:/i.test(file) && !file.startsWith('file:')) {
    throw new ConfigurationError(
      `broker properties are read from files of this machine only, not from "${redact(file)}"`,
    )
  }
  let text: string
  try {
    text = await readLocalText(file)
  } catch (error) {
    throw new ConfigurationError(`the broker properties "${file}" cannot be read`, { cause: error })
  }
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*([^#!=:\s][^=:\s]*)\s*[=:\s]\s*(.*?)\s*$/.exec(line)
    if (found !== null) settings.set(found[1] ?? '', found[2] ?? '')
  }
}

async function brokerPackage(name: string): Promise<BrokerPackage> {
  // By a variable, because the client does not depend on the broker: only who wants it here installs it.
  const packageName: string = 'millrace'
  try {
    return (await import(packageName)) as BrokerPackage
  } catch (error) {
    throw new ConfigurationError(
      `no broker named "${name}" runs in this process, and none can be created: install the package "millrace"`,
      { cause: error },
    )
  }
}
