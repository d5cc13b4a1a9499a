import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends the output of a test run with the tests that were skipped, each with its reason, and a plain line
 * `Tests: N passed, N failed, N skipped`. A file that could not be run and a `describe`
 * whose hooks failed count as failures.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const groups = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const broken = groups.filter((group) => group.errors().length > 0).length
    for (const test of tests) {
      const result = test.result()
      if (result.state === 'skipped') console.log(`Skipped: ${test.fullName}${result.note ? ` (${result.note})` : ''}`)
    }
    const failed = count('failed') + broken + unhandledErrors.length
    console.log(`Tests: ${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`)
  }
}
