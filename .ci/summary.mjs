// Counts what the test suites said in their logs and prints one line. Arguments: the folder of the
// logs, then the suites whose command failed. Ends with status 1 when anything failed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

const sum = (matches, group) => matches.reduce((total, m) => total + Number(m[group]), 0);

/** Counts the "test result:" lines of cargo. */
export function countCargo(log) {
  const line = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm;
  const matches = [...log.matchAll(line)];
  return { passed: sum(matches, 1), failed: sum(matches, 2), skipped: sum(matches, 3) };
}

/** Counts the totals at the end of node's TAP output. */
export function countTap(log) {
  const total = (word) => sum([...log.matchAll(new RegExp(`^# ${word} (\\d+)$`, "gm"))], 1);
  return { passed: total("pass"), failed: total("fail") + total("cancelled"),
    skipped: total("skipped") + total("todo") };
}

/** Counts the JSON report of vitest. */
export function countVitest(text) {
  const report = JSON.parse(text);
  return { passed: report.numPassedTests, failed: report.numFailedTests,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0) };
}

/** The line, and whether everything passed. `suites` is [{ name, passed, failed, skipped }]. */
export function summary(suites, failedSuites) {
  const total = (key) => suites.reduce((n, suite) => n + suite[key], 0);
  // A command can fail before or after its tests, such as by a compile error: that counts as one.
  const silent = failedSuites
    .filter((name) => !suites.some((suite) => suite.name === name && suite.failed > 0));
  const failed = total("failed") + silent.length;
  const skipped = total("skipped") > 0 ? `, ${total("skipped")} skipped` : "";
  const parts = suites.map((suite) => `${suite.name} ${suite.passed + suite.failed}`).join(", ");
  const broken = silent.length > 0 ? `; failed outside a test: ${silent.join(", ")}` : "";
  const ok = failed === 0 && total("passed") > 0;
  return { ok, line: `${total("passed")} passed, ${failed} failed${skipped} (${parts})${broken}` };
}

function main([folder, ...failedSuites]) {
  const sources = [
    ["crate", "crate.log", countCargo], ["web", "web.json", countVitest],
    ["tools", "tools.log", countTap],
    ["browser-sqlite", "browser-sqlite.log", countTap],
    ["browser-postgres", "browser-postgres.log", countTap],
  ];
  const suites = sources.filter(([, file]) => existsSync(join(folder, file)))
    .map(([name, file, count]) => ({ name, ...count(readFileSync(join(folder, file), "utf8")) }));
  const { ok, line } = summary(suites, failedSuites);
  console.log(line);
  exit(ok ? 0 : 1);
}

if (argv[1] === fileURLToPath(import.meta.url)) main(argv.slice(2));
