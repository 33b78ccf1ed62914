/**
 * Builds the Java programs beside this package with Maven, once: what was built is kept under .cache by a hash of its sources, and
 * the libraries stay in Maven's own repository.
 *
 * The sources of the driver are written for javax.jms. For the client of generation 6 a copy with the packages renamed is built.
 */
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type Generation = 5 | 6
export type Project = `client${Generation}` | `broker${Generation}` | 'brokerArtemis'

/** The versions the harness was made for; the pom files are what counts. */
export const projects: readonly Project[] = ['client5', 'client6', 'broker5', 'broker6', 'brokerArtemis']

const sourceFolders: Readonly<Record<Project, readonly string[]>> = {
  client5: ['driver', 'conformance'],
  client6: ['driver'],
  broker5: ['broker'],
  broker6: ['broker', 'stomp'],
  brokerArtemis: ['artemis'],
}

export const root: string = fileURLToPath(new URL('../../..', import.meta.url))
const java = join(root, 'interop', 'java')
const cache = join(root, '.cache', 'interop')
const run = promisify(execFile)
const building = new Map<Project, Promise<string>>()

/** The class path of a project, which is built if it has to be. `say` hears that it takes a while. */
export function classPath(project: Project, say: (sentence: string) => void = () => {}): Promise<string> {
  let path = building.get(project)
  if (path === undefined) {
    path = build(project, say)
    building.set(project, path)
  }
  return path
}

/** The arguments of `java` to run a main class of a project. */
export async function javaArguments(
  project: Project,
  main: string,
  options: readonly string[] = [],
): Promise<string[]> {
  // The pause before a garbage collection's parallel threads matters more than its throughput on few cores.
  return [
    '-XX:+UseSerialGC',
    '-Djava.awt.headless=true',
    ...options,
    '-cp',
    await classPath(project),
    `millrace.interop.${main}`,
  ]
}

async function build(project: Project, say: (sentence: string) => void): Promise<string> {
  const folders = sourceFolders[project]
  const home = join(cache, `${project}-${fingerprint(project, folders)}`)
  const known = join(home, 'classpath')
  if (existsSync(known)) {
    const path = readFileSync(known, 'utf8')
    if (path.split(delimiter).every((entry) => existsSync(entry))) return path
    rmSync(home, { recursive: true, force: true })
  }
  say(`Building ${project} with Maven, once ...`)
  // Built aside and moved into place whole, so that two processes may do this at the same time.
  const aside = join(cache, `${project}-${randomBytes(6).toString('hex')}`)
  const sources = join(aside, 'sources')
  mkdirSync(sources, { recursive: true })
  try {
    for (const folder of folders) cpSync(join(java, folder), sources, { recursive: true })
    if (project === 'client6') rename(sources)
    await maven(project, sources, aside)
    const libraries = readFileSync(join(aside, 'libraries'), 'utf8').trim()
    writeFileSync(
      join(aside, 'classpath'),
      [join(home, 'classes'), join(home, 'sources', 'resources'), libraries].filter(present(home)).join(delimiter),
    )
    try {
      renameSync(aside, home)
    } catch (error) {
      if (!existsSync(known)) throw error
    }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  return readFileSync(known, 'utf8')

  function present(home: string): (entry: string) => boolean {
    return (entry) => entry !== join(home, 'sources', 'resources') || existsSync(join(sources, 'resources'))
  }
}

async function maven(project: Project, sources: string, output: string): Promise<void> {
  const goals = ['-B', '-q', 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${join(output, 'libraries')}`]
  try {
    await run('mvn', [...goals, `-Dsources=${sources}`, `-Doutput=${output}`], { cwd: join(java, project) })
  } catch (error) {
    const { stdout, message } = error as { stdout?: string; message: string }
    throw new Error(`Maven could not build ${project}:\n${stdout || message}`, { cause: error })
  }
}

function rename(sources: string): void {
  for (const file of files(sources))
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('javax.jms', 'jakarta.jms'))
}

function fingerprint(project: Project, folders: readonly string[]): string {
  const hash = createHash('sha1')
  for (const file of [join(java, project, 'pom.xml'), ...folders.flatMap((folder) => files(join(java, folder)))]) {
    hash.update(file.slice(java.length)).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 12)
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}
