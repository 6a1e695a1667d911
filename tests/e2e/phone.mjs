// A field worker's phone: its browser with a profile of its own, and what is done on it again and again.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BASE, PHONE } from "./browser.mjs";
import { Network } from "./network.mjs";

const require = createRequire(
  new URL("../../web/package.json", import.meta.url),
);
const { chromium } = require("playwright-core");

const PASSWORD = "hexward-demo";
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/** Somebody at a desk, straight at the server. */
export async function staff(login) {
  const answer = await fetch(`${BASE}/api/v1/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ login, password: PASSWORD }),
  });
  assert.equal(answer.status, 200);
  const { csrf_token } = await answer.json();
  const cookie = answer.headers.get("set-cookie").split(";")[0];
  const ask = (path, init = {}) =>
    fetch(`${BASE}/api/v1${path}`, {
      ...init,
      headers: {
        cookie,
        "X-CSRF-Token": csrf_token,
        "Content-Type": "application/json",
        ...init.headers,
      },
    });
  return { ask, asks: async (path) => (await ask(path)).json() };
}

/** A worker of the demo, and a place where one of the worker's issues is. */
export async function findWorker() {
  const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
  const worker = instance.demo_accounts?.find(
    (one) => one.role === "grid_worker",
  );
  assert.ok(worker, "the server must run in demo mode");
  const { asks } = await staff(worker.login);
  const place = (await asks("/issues?limit=1")).items[0].position;
  return { worker, place };
}

/** A worker's phone on a network of its own. `start` is for before the tests, `end` for after them;
 * `open` is for a phone that went out on the way. */
export class Phone {
  network = new Network();
  /** What its pages did that no page may do. */
  faults = [];

  /** @param {string} name tells its folder from those of others */
  constructor(name) {
    this.profile = mkdtempSync(join(tmpdir(), `hexward-${name}-`));
  }
  async start() {
    await this.network.open();
    Object.assign(this, await findWorker());
    return this.open();
  }
  /** Switches it on, with what it kept; gives its page. */
  async open() {
    this.context = await openDevice(this.profile, this.place);
    watch(this.context, this.network, this.faults);
    return this.context.pages()[0] ?? (await this.context.newPage());
  }
  async end() {
    await this.context?.close();
    this.network.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
  /** Waits until so many reports have come to the server. */
  async arrivals(n, slowMs) {
    const end = Date.now() + slowMs;
    const { arrived } = this.network;
    while (arrived.length < n) {
      assert.ok(Date.now() < end, `${arrived.length} of ${n} came`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** The browser of a phone that stands at a place.
 * @param {string} profile the folder in which it keeps its things
 * @param {[number, number]} place longitude, latitude */
async function openDevice(profile, place) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    viewport: PHONE,
    locale: "zh-CN",
    permissions: ["geolocation", "microphone"],
    geolocation: { longitude: place[0], latitude: place[1], accuracy: 12 },
  });
  context.setDefaultTimeout(120_000);
  return context;
}

/** Writes down what no page of a phone may do. */
function watch(context, network, faults) {
  context.on("page", watchPage);
  context.pages().forEach(watchPage);
  function watchPage(page) {
    page.on("console", (message) => {
      const text = message.text();
      // The test makes requests fail; the browser writes a line for each.
      if (
        message.type() === "error" &&
        !/^Failed to load resource|net::ERR_|FetchEvent .* network error|ServiceWorker/.test(
          text,
        )
      )
        faults.push(text);
    });
    page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== network.base)
        faults.push(`request to another host: ${request.url()}`);
    });
  }
}

/** Signs in with the demo's button, unless the phone is signed in already. */
export async function signIn(page, network, login) {
  await page.goto(network.base);
  const button = page.locator(`[data-login="${login}"]`);
  await Promise.race([button.waitFor(), page.waitForURL("**/map*")]);
  if (await button.isVisible()) await button.click();
  await page.waitForURL("**/map*");
}

/** A photo of its own for each `n`, as a file: another colour, and noise that makes it large. */
export async function makePhoto(page, n, size = [640, 480]) {
  const bytes = await page.evaluate(
    async ({ n, size }) => {
      const canvas = new OffscreenCanvas(...size);
      const context = canvas.getContext("2d");
      const pixels = context.createImageData(...size);
      let state = n + 1;
      for (let at = 0; at < pixels.data.length; at += 1) {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        pixels.data[at] = at % 4 === 3 ? 255 : state >> 16;
      }
      context.putImageData(pixels, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/jpeg" });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    { n, size },
  );
  return {
    name: "photo.jpg",
    mimeType: "image/jpeg",
    buffer: Buffer.from(bytes),
  };
}

/** Chooses a photo for the report that is being made. */
export async function choosePhoto(page, n, size) {
  const photo = await makePhoto(page, n, size);
  await page.locator("[data-testid=photo-files]").setInputFiles(photo);
  await page.locator("#part-photos img").first().waitFor();
}

export async function pickCategory(page) {
  const recent = page.locator("[data-testid=category-picker] .segment");
  await recent.first().click();
  const condition = page.locator("input[name=condition]").first();
  await page.locator("#part-category .chosen").waitFor();
  if ((await condition.count()) && !(await condition.isChecked()))
    await condition.check();
}
