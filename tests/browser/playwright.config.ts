// Browser stories on Debian's Chromium. tools/run-browser starts the server and names it by TRIPOD_URL.
import { defineConfig } from '@playwright/test'

const url = process.env.TRIPOD_URL
if (!url) throw new Error('TRIPOD_URL is not set: run the stories by tools/run-browser')

export default defineConfig({
  testDir: 'stories',
  outputDir: 'results',
  timeout: 90_000,
  expect: { timeout: 10_000 },
  fullyParallel: false,
  workers: Number(process.env.BROWSER_WORKERS ?? 2),
  forbidOnly: true,
  retries: 0,
  // The long walk first, so that the other worker has all the rest meanwhile.
  projects: [
    { name: 'walk', testMatch: 'walk.spec.ts' },
    { name: 'stories', testIgnore: 'walk.spec.ts' },
  ],
  reporter: [['list'], ['json', { outputFile: process.env.BROWSER_REPORT ?? 'results/report.json' }]],
  use: {
    baseURL: url,
    actionTimeout: 15_000,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    },
  },
})
