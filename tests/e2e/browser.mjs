// What the browser tests share: a browser, pages that record what they must not do, and pixels.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

const require = createRequire(
  new URL("../../web/package.json", import.meta.url),
);
const { chromium } = require("playwright-core");

export const BASE = (
  process.env.HEXWARD_URL ?? "http://127.0.0.1:8080"
).replace(/\/$/, "");
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
];
export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1440, height: 900 };

/** Faults seen on any page: console errors, exceptions, requests to another host. */
export const faults = [];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
  });
}

/** A person at a device of their own.
 * @param {{ viewport?: object, locale?: string, expected?: RegExp }} options
 *   `expected`: failed requests that the test provokes, by "METHOD path status". */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: options.viewport ?? DESKTOP,
    locale: options.locale ?? "zh-CN",
    colorScheme: options.colorScheme ?? "light",
    // Requests that a test holds up or answers itself must not go by way of a worker.
    serviceWorkers: "block",
  });
  const page = await context.newPage();
  // Asking whether one is signed in is answered by 401 when one is not.
  const expected = [
    /^GET \/api\/v1\/session 401$/,
    ...(options.expected ?? []),
  ];
  page.on("response", (response) => {
    const seen = `${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`;
    if (response.status() >= 400 && !expected.some((one) => one.test(seen)))
      faults.push(seen);
  });
  page.on("console", (message) => {
    const text = message.text();
    // Failed requests are judged above, with their address.
    if (
      message.type() === "error" &&
      !text.startsWith("Failed to load resource")
    )
      faults.push(text);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (
      /^(https?|wss?):$/.test(url.protocol) &&
      url.origin !== new URL(BASE).origin
    ) {
      faults.push(`request to another host: ${request.url()}`);
    }
  });
  return page;
}

/** Signs in with the demo account of a role, by its one-tap button. */
export async function signIn(page, login) {
  await page.goto(BASE);
  await page.locator(`[data-login="${login}"]`).click();
  await page.waitForURL("**/map*");
}

/** Asks the API with the page's own session. */
export function ask(page, path) {
  return page.evaluate(async (path) => {
    const answer = await fetch(`/api/v1${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }, path);
}

/** Whether pages are looked at in this run: what axe finds does not hang on the engine, so the suites
 * that run on both are named in one of the runs. */
const LOOKS = !(process.env.HEXWARD_TEST_UNSEEN ?? "")
  .split(" ")
  .includes(basename(process.argv[1], ".test.mjs"));
/** The options of a test that does nothing but look. */
export const LOOK = { skip: !LOOKS && "looked at in the other run" };

/** What axe finds against WCAG 2.2 A and AA, as "rule: element" lines. */
export async function findBarriers(page) {
  if (!LOOKS) return [];
  await page.evaluate(
    readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"),
  );
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    }),
  );
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`),
  );
}

/** How many pixels of an element come close to each of the colours, in the order given. */
export async function countColors(page, locator, colors, tolerance = 12) {
  const png = (await locator.screenshot()).toString("base64");
  return page.evaluate(
    async ({ png, colors, tolerance }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const counts = colors.map(() => 0);
      for (let at = 0; at < data.length; at += 4) {
        colors.forEach(([r, g, b], index) => {
          const apart = Math.max(
            Math.abs(data[at] - r),
            Math.abs(data[at + 1] - g),
            Math.abs(data[at + 2] - b),
          );
          if (apart <= tolerance) counts[index] += 1;
        });
      }
      return counts;
    },
    { png, colors, tolerance },
  );
}
