// SPDX licence expressions (SPDX 2.3, annex D): parsing, and whether an allow-list satisfies one.
//
//   expression = term { "OR" term }      term = factor { "AND" factor }
//   factor = "(" expression ")" | identifier [ "WITH" identifier ]
//
// A slash between identifiers is read as OR: crates wrote it so before expressions existed.

const IDENTIFIER = /^[A-Za-z0-9.:+-]+$/;
const WORDS = new Set(["AND", "OR", "WITH"]);

function tokensOf(text) {
  return text.split(/([()/])|\s+/).filter((token) => token !== undefined && token !== "")
    .map((token) => (token === "/" ? "OR" : token));
}

/**
 * Parses an expression into { any: [...] }, { all: [...] } or { licence: "MIT" }.
 * Throws an Error that names what was not understood.
 */
export function parse(text) {
  const tokens = tokensOf(text);
  let at = 0;
  const fail = (wanted) => {
    const found = at < tokens.length ? `"${tokens[at]}"` : "the end";
    throw new Error(`"${text}" is no SPDX expression: ${wanted} expected, ${found} found`);
  };
  const identifier = () => {
    const token = tokens[at];
    const isName = token !== undefined && IDENTIFIER.test(token) && !WORDS.has(token);
    if (!isName) fail("an identifier");
    at += 1;
    return token;
  };
  const factor = () => {
    if (tokens[at] === "(") {
      at += 1;
      const inner = expression();
      if (tokens[at] !== ")") fail('")"');
      at += 1;
      return inner;
    }
    const licence = identifier();
    if (tokens[at] !== "WITH") return { licence };
    at += 1;
    return { licence: `${licence} WITH ${identifier()}` };
  };
  const chain = (word, part, key) => {
    const parts = [part()];
    while (tokens[at] === word) {
      at += 1;
      parts.push(part());
    }
    return parts.length === 1 ? parts[0] : { [key]: parts };
  };
  const term = () => chain("AND", factor, "all");
  const expression = () => chain("OR", term, "any");
  const tree = expression();
  if (at !== tokens.length) fail("AND, OR or the end");
  return tree;
}

/** Whether the tree holds when exactly the licences for which `allowed` answers true are taken. */
export function satisfied(tree, allowed) {
  if (tree.any) return tree.any.some((part) => satisfied(part, allowed));
  if (tree.all) return tree.all.every((part) => satisfied(part, allowed));
  return allowed(tree.licence);
}

/** Reads the allow-list into (licence, package) → boolean. Throws on a line it cannot read. */
export function parseAllowList(text) {
  const rows = [];
  for (const line of text.split("\n").map((l) => l.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const [licence, packages] = line.split(/\s+:\s+/);
    if (!parse(licence).licence) throw new Error(`the allow-list wants one identifier: "${line}"`);
    rows.push({ licence: licence.toLowerCase(), packages: packages?.split(/\s+/) });
  }
  const named = (pattern, name) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return (licence, name) => rows.some((row) => row.licence === licence.toLowerCase()
    && (!row.packages || row.packages.some((pattern) => named(pattern, name))));
}

/** The packages that the list refuses, as [{ name, licence, why }]. */
export function refused(packages, allowed) {
  const problems = [];
  for (const { name, version, licence } of packages) {
    const refuse = (why) => problems.push({ name: `${name}@${version}`, licence, why });
    if (!licence) {
      refuse("declares no licence");
      continue;
    }
    try {
      if (!satisfied(parse(licence), (id) => allowed(id, name))) refuse("is not allowed");
    } catch (error) {
      refuse(error.message);
    }
  }
  return problems;
}
