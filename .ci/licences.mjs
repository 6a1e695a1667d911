// Checks the licence of every dependency, of Rust and of the web side, against licences.txt.
// Ends with status 1 and a list when one is not allowed.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllowList, refused } from "./spdx.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");

function cargoPackages() {
  const args = ["metadata", "--format-version", "1", "--locked", "--all-features"];
  const out = execFileSync("cargo", args, { cwd: root, maxBuffer: 256 << 20, encoding: "utf8" });
  return JSON.parse(out).packages
    .map(({ name, version, license }) => ({ name: `cargo:${name}`, version, licence: license }));
}

function npmPackages() {
  const lock = join(root, "web", "package-lock.json");
  if (!existsSync(lock)) return [];
  const { packages } = JSON.parse(readFileSync(lock, "utf8"));
  return Object.entries(packages).filter(([, entry]) => !entry.link).map(([path, entry]) => {
    const name = entry.name ?? path.replace(/^.*node_modules\//, "");
    return { name: `npm:${name}`, version: entry.version, licence: entry.license };
  });
}

const allowed = parseAllowList(readFileSync(join(here, "licences.txt"), "utf8"));
const cargo = cargoPackages();
const npm = npmPackages();
const problems = refused([...cargo, ...npm], allowed);
for (const { name, licence, why } of problems) {
  console.error(`${name} (${licence ?? "no licence"}): ${why}`);
}
console.log(`licences: ${cargo.length} crates and ${npm.length} npm packages read, ` +
  `${problems.length} refused`);
if (problems.length > 0) {
  console.error("Replace the dependency, or add its licence to .ci/licences.txt with the reason.");
  process.exit(1);
}
