/** A real browser for tests: Debian's Chromium, driven by playwright-core. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Another one can be named. */
const PATHS = [process.env['MILLRACE_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome']

/** For each thing that is waited for: only a fault takes so long, or a machine that is very busy. */
const PATIENCE_MS = 120_000

/** Null: there is none, and the test is skipped; where MILLRACE_BROWSER_REQUIRED is set, as in .ci/run, it fails. */
export async function startBrowser(t: TestContext, ...args: string[]): Promise<Browser | null> {
  const executablePath = PATHS.find((path) => path !== '' && existsSync(path))
  if (executablePath === undefined) {
    assert.equal(process.env['MILLRACE_BROWSER_REQUIRED'], undefined, 'there is no Chromium: apt-get install chromium')
    t.skip('there is no Chromium: apt-get install chromium, or MILLRACE_CHROMIUM=path')
    return null
  }
  // Root has no sandbox, and the pages are our own. A small /dev/shm is no reason to crash.
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
    timeout: PATIENCE_MS,
  })
  t.after(() => browser.close())
  return browser
}

/** A window of its own, with nothing remembered. */
export async function newContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

/** What browsers complain about, of all pages of a context: CSP violations, failed loads and exceptions among it. */
export class Complaints {
  readonly list: string[] = []

  constructor(context: BrowserContext) {
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.list.push(message.text())
    })
    context.on('weberror', (error) => this.list.push(String(error.error())))
  }

  /** What browsers say of a server that is gone cannot be avoided by any page. */
  besidesLostConnections(): readonly string[] {
    return this.list.filter((text) => !/WebSocket connection to .* failed/.test(text))
  }
}

export async function opened(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('#connection[data-state=open]').waitFor()
  return page
}
