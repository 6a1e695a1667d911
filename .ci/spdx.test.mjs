import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, parseAllowList, refused, satisfied } from "./spdx.mjs";

const allowed = parseAllowList(`
# a comment
MIT
Apache-2.0 WITH LLVM-exception
ISC
MPL-2.0 : npm:tool npm:tool-*
`);
const holds = (text, name = "cargo:x") => satisfied(parse(text), (id) => allowed(id, name));

test("OR needs one side, AND needs both, and AND binds tighter", () => {
  const cases = [
    ["MIT", true], ["GPL-3.0-only", false], ["GPL-3.0-only OR MIT", true],
    ["GPL-3.0-only AND MIT", false], ["MIT AND ISC", true],
    ["MIT OR GPL-3.0-only AND AGPL-3.0-only", true],
    ["(MIT OR GPL-3.0-only) AND AGPL-3.0-only", false],
    ["GPL-3.0-only AND (MIT OR ISC)", false], ["ISC AND (GPL-3.0-only OR ISC)", true],
    ["MIT/GPL-3.0-only", true], ["GPL-3.0-only / ISC", true], ["mit", true],
  ];
  for (const [text, expected] of cases) assert.equal(holds(text), expected, text);
});

test("an exception is part of the licence", () => {
  assert.equal(holds("Apache-2.0 WITH LLVM-exception"), true);
  assert.equal(holds("Apache-2.0"), false);
  assert.equal(holds("MIT WITH LLVM-exception"), false);
});

test("a name that only holds an allowed one is not allowed", () => {
  for (const text of ["MITNFA", "MIT-Modern-Variant", "NOT-MIT", "ISC-Veillard", "MIT+"]) {
    assert.equal(holds(text), false, text);
  }
});

test("a licence kept for some packages is refused to others", () => {
  assert.equal(holds("MPL-2.0", "npm:tool"), true);
  assert.equal(holds("MPL-2.0", "npm:tool-linux"), true);
  assert.equal(holds("MPL-2.0", "cargo:tool"), false);
  assert.equal(holds("MPL-2.0", "npm:toolbox"), false);
});

test("what is no expression is an error, not a pass", () => {
  const bad = ["", "MIT OR", "OR MIT", "MIT MIT", "(MIT", "MIT)", "MIT WITH", "MIT or ISC", "MIT;",
    "SEE LICENSE IN x"];
  for (const text of bad) assert.throws(() => parse(text), Error, text);
});

test("a package without a licence, or with an unreadable one, is refused by name", () => {
  const packages = [
    { name: "cargo:good", version: "1.0.0", licence: "MIT" },
    { name: "cargo:bare", version: "1.0.0", licence: null },
    { name: "npm:odd", version: "2.0.0", licence: "SEE LICENSE IN LICENSE" },
    { name: "npm:gpl", version: "3.0.0", licence: "GPL-3.0-or-later" },
  ];
  const names = refused(packages, allowed).map(({ name }) => name);
  assert.deepEqual(names, ["cargo:bare@1.0.0", "npm:odd@2.0.0", "npm:gpl@3.0.0"]);
});

test("an allow-list line must be one licence", () => {
  assert.throws(() => parseAllowList("MIT OR ISC"), Error);
});
