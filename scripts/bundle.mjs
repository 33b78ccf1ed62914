// The program in few files: Node reads and links hundreds of small modules in a third of a second, one large one in a twentieth.
// What embeds the broker or uses the client goes on with the modules as they are.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
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
