/** Colours that can be told apart [WCAG 2.2, 1.4.3]. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const css = readFileSync(new URL('../../../web/style.css', import.meta.url), 'utf8')

/** `--name: #rrggbb` of a block. */
function colours(block: string): ReadonlyMap<string, string> {
  return new Map([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const light = colours(css.slice(css.indexOf(':root'), css.indexOf('@media')))
const dark = colours(css.slice(css.indexOf('prefers-color-scheme: dark'), css.indexOf('*,')))

/** What is written on what. */
const WRITTEN: readonly (readonly [string, readonly string[]])[] = [
  ['text', ['ground', 'surface', 'sunken']],
  ['muted', ['ground', 'surface', 'sunken']],
  ['accent', ['ground', 'surface']],
  ['on-accent', ['accent', 'accent-strong']],
  ['accent-strong', ['accent-soft']],
  ['on-own', ['own']],
  ['up', ['ground', 'surface', 'up-soft']],
  ['down', ['ground', 'surface', 'sunken']],
  ['text', ['up-soft', 'down-soft']],
  ['warn', ['warn-soft']],
]

for (const [name, scheme] of [
  ['light', light],
  ['dark', dark],
] as const) {
  test(`everything can be read in ${name} windows`, () => {
    for (const [written, grounds] of WRITTEN) {
      for (const ground of grounds) {
        const ratio = contrast(scheme.get(written) ?? '', scheme.get(ground) ?? '')
        assert.ok(ratio >= 4.5, `${written} on ${ground}: ${ratio.toFixed(2)}`)
      }
    }
    // Borders of fields.
    assert.ok(contrast(scheme.get('field') ?? '', scheme.get('surface') ?? '') >= 3)
  })
}

test('names in the chat can be read in light and dark windows', () => {
  const hues = [...css.matchAll(/light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)]
  assert.equal(hues.length, 8)
  for (const [, inLight = '', inDark = ''] of hues) {
    assert.ok(contrast(inLight, light.get('surface') ?? '') >= 4.5, inLight)
    assert.ok(contrast(inDark, dark.get('surface') ?? '') >= 4.5, inDark)
  }
})
