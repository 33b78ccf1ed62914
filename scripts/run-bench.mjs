// Installs and builds what is missing, then runs a program of bench/ with real brokers and Java at hand, which the interop harness has.
import { build, install, say } from './prepare.mjs'

/** `program`: a file of bench/src whose `main` takes the harness and the arguments. */
export async function runBench(program) {
  install()
  await build()
  const { main } = await import(`../bench/build/src/${program}.js`)
  const parts = await Promise.all(
    ['child', 'java', 'activemq', 'millrace'].map((name) => import(`../interop/build/src/${name}.js`)),
  )
  try {
    await main(Object.assign({}, ...parts), process.argv.slice(2))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
  process.exit(0)
}
