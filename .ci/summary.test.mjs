import assert from "node:assert/strict";
import { test } from "node:test";
import { countCargo, countTap, countVitest, summary } from "./summary.mjs";

test("cargo's counts are added over its binaries", () => {
  const log = "test a ... ok\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n" +
    "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured\n";
  assert.deepEqual(countCargo(log), { passed: 5, failed: 4, skipped: 1 });
});

test("a cancelled test counts as failed", () => {
  const log = "# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n";
  assert.deepEqual(countTap(log), { passed: 2, failed: 2, skipped: 0 });
});

test("the web report is read", () => {
  const report = { numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
  assert.deepEqual(countVitest(JSON.stringify(report)), { passed: 7, failed: 1, skipped: 3 });
});

test("a suite that failed without a failed test is not silent", () => {
  const suites = [{ name: "crate", passed: 0, failed: 0, skipped: 0 },
    { name: "web", passed: 5, failed: 0, skipped: 0 }];
  const { ok, line } = summary(suites, ["crate"]);
  assert.equal(ok, false);
  assert.equal(line, "5 passed, 1 failed (crate 0, web 5); failed outside a test: crate");
});

test("a failed test is counted once", () => {
  const suites = [{ name: "crate", passed: 4, failed: 2, skipped: 1 }];
  const { ok, line } = summary(suites, ["crate"]);
  assert.equal(ok, false);
  assert.equal(line, "4 passed, 2 failed, 1 skipped (crate 6)");
});

test("nothing run is no success", () => {
  assert.equal(summary([], []).ok, false);
});
