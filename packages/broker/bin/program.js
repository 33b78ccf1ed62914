import { statSync } from 'node:fs'

const packages = ['base', 'openwire', 'client', 'broker']

/**
 * Where `main` of the program is. In few files it starts faster; the modules as they were compiled are taken when something from
 * outside may be loaded (plugins), which must meet the broker's own classes and not a second copy of them, and when they are
 * newer, while Millrace itself is worked on.
 */
export function programUrl(args) {
  const modules = new URL('../build/src/cli/main.js', import.meta.url)
  if (args.some((arg) => /^--(?:plugin|config)\b/.test(arg))) return modules.href
  const bundle = new URL('../build/program/cli/main.js', import.meta.url)
  const compiled = packages.map((name) =>
    modified(new URL(`../../${name}/build/tsconfig.tsbuildinfo`, import.meta.url)),
  )
  return modified(bundle) >= Math.max(1, ...compiled) ? bundle.href : modules.href
}

/** 0: it is not there. */
function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
