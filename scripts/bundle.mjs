// The program in few files: Node reads and links hundreds of small modules in a third of a second, one large one in a twentieth.
// What embeds the broker or uses the client goes on with the modules as they are.
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

/**
 * Puts what tsc made of packages/broker into build/program, with the other packages of ours it needs. What others wrote stays in
 * node_modules, with its licence. The folder is as deep as that of the modules, so that paths from there lead to the same place.
 */
export async function bundleProgram(root) {
  const build = join(root, 'packages', 'broker', 'build')
  const target = join(build, 'program', 'cli')
  const bundle = await rolldown({
    input: join(build, 'src', 'cli', 'main.js'),
    platform: 'node',
    external: (id) => !/^(?:[./]|@millrace\/)/.test(id) && !/^[A-Za-z]:/.test(id),
    tsconfig: false,
  })
  rmSync(target, { recursive: true, force: true })
  await bundle.write({ dir: target, format: 'esm', sourcemap: true, entryFileNames: 'main.js' })
  await bundle.close()
}

/** Everything that is made of what tsc made. */
export async function bundleAll(root) {
  await bundleProgram(root)
  await bundleWebLibraries(root)
}

const SAMPLES = 'web-samples'

/**
 * What the pages of the web samples need of @stomp/stompjs as one small module in build/web, with its licence: browsers get it
 * from the broker itself, and who installs the broker installs no package for it.
 */
export async function bundleWebLibraries(root) {
  const target = join(root, 'packages', 'broker', 'build', 'web')
  const required = createRequire(join(root, 'packages', 'broker', 'package.json')).resolve('@stomp/stompjs')
  const library = join(dirname(required), '..')
  const { version, license } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'))
  const bundle = await rolldown({
    input: SAMPLES,
    cwd: join(root, 'packages', 'broker'),
    platform: 'browser',
    tsconfig: false,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === SAMPLES ? id : null),
        load: (id) => (id === SAMPLES ? "export { Client, ReconnectionTimeMode } from '@stomp/stompjs'" : null),
      },
    ],
  })
  rmSync(target, { recursive: true, force: true })
  const banner = `/*! @stomp/stompjs ${version}, ${license}: stomp-licence.txt */`
  await bundle.write({ dir: target, format: 'esm', minify: true, postBanner: banner, entryFileNames: 'stomp.js' })
  await bundle.close()
  copyFileSync(join(library, 'LICENSE'), join(target, 'stomp-licence.txt'))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await bundleAll(fileURLToPath(new URL('..', import.meta.url)))
}
