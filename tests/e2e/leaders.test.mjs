// A leader's morning in the browser, on a server with demo data:
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/leaders.test.mjs
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import {
  ask,
  BASE,
  countColors,
  faults,
  findBarriers,
  LOOK,
  launch,
  openPage,
  PHONE,
  signIn,
} from "./browser.mjs";

/** PuOr, as the comparison draws it: the two ends of each side, and what cannot be told. */
const APART = [
  [0xb3, 0x58, 0x06],
  [0xf1, 0xa3, 0x40],
  [0xc9, 0xce, 0xd3],
  [0x99, 0x8e, 0xc3],
  [0x54, 0x27, 0x88],
];

describe("a leader's morning", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  let login;
  let today;

  before(async () => {
    browser = await launch();
    const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
    today = Date.parse(`${instance.as_of.slice(0, 10)}T00:00:00Z`);
    login = instance.demo_accounts?.find((one) => one.role === "leader")?.login;
    assert.ok(login, "the demo has a leader");
  });
  after(() => browser?.close());

  /** The day so many days before that of the data. */
  const day = (back) =>
    new Date(today - back * 86_400_000).toISOString().slice(0, 10);

  async function openHeatmap(query = "", options = {}) {
    const page = await openPage(browser, options);
    await signIn(page, login);
    await page.goto(`${BASE}/heatmap${query}`);
    await drawn(page);
    return page;
  }

  /** The values of the question in the address have been read and given to the map. */
  async function drawn(page) {
    await page.locator("[data-testid=map] canvas").waitFor();
    await page.waitForFunction(
      () =>
        Number(
          document.querySelector("[data-testid=map]")?.dataset.places ?? 0,
        ) > 0 && !document.querySelector(".busy"),
    );
  }

  it("the brush is moved by keys, and the address holds the days", async () => {
    const page = await openHeatmap(`?from=${day(80)}&to=${day(50)}`);
    const at = (from, to) =>
      page.waitForURL((url) => {
        const { searchParams: asked } = url;
        return asked.get("from") === day(from) && asked.get("to") === day(to);
      });
    await page.locator("[data-testid=brush-from]").focus();
    await page.keyboard.press("ArrowRight");
    await at(79, 50);
    await page.keyboard.press("PageDown");
    await at(86, 50);
    await page.locator("[data-testid=brush-all]").focus();
    await page.keyboard.press("PageUp");
    await at(79, 43);
    const span = page.locator("[data-testid=span]");
    await span.getByText(day(79)).waitFor();
    await page.reload();
    await drawn(page);
    await at(79, 43);
    await page.context().close();
  });

  it("two periods are compared, and what cannot be told is said to be so", async () => {
    const page = await openHeatmap("?place=grid");
    await page.locator("[data-testid=compare]").click();
    await page.waitForURL(/past_from=/);
    await drawn(page);
    const legend = page.locator("[data-testid=heat-legend]");
    await legend.getByText("不足以判断").waitFor();
    const map = page.locator("[data-testid=map]");
    const seen = async () => (await countColors(page, map, APART, 40))[2] > 200;
    for (let tries = 0; !(await seen()); tries += 1) {
      assert.ok(tries < 40, "no grid is drawn as unclear");
      await page.waitForTimeout(250);
    }
    await page.locator("[data-testid=heat-list]").click();
    const table = page.locator("[data-testid=heat-table]");
    await table.getByText("不足以判断").first().waitFor();
    await page.context().close();
  });

  it("a number leads to the issues that it counts", async () => {
    const page = await openHeatmap("?place=grid&metric=reported");
    await page.locator("[data-testid=heat-list]").click();
    const row = page.locator("[data-testid=heat-table] tbody tr").first();
    const told = Number(
      (await row.locator("td").last().innerText()).replace(/\D/g, ""),
    );
    assert.ok(told > 0, "the first of the table has reports");
    await row.locator("button").click();
    const list = page.locator("a[href^='/issues?']", { hasText: "列表" });
    const address = new URL(await list.getAttribute("href"), BASE);
    const { from, to, area } = Object.fromEntries(address.searchParams);
    const { total } = await ask(
      page,
      `/issues?limit=1&count=true&measure=reported&from=${from}&to=${to}&area=${area}`,
    );
    assert.equal(total, told);
    await list.click();
    await page.waitForURL("**/issues?*");
    await page.context().close();
  });

  it("a hexagon tells all its metrics, and each has a name", async () => {
    const page = await openHeatmap("");
    await page.locator("[data-testid=heat-list]").click();
    const names = page.locator("[data-testid=heat-table] tbody button");
    await names.first().waitFor();
    for (const name of await names.allInnerTexts())
      assert.doesNotMatch(name, /^8[0-9a-f]{14}$/);
    await names.first().click();
    const panel = page.locator("[data-testid=place-metrics]");
    await panel.waitFor();
    const reported = await panel
      .locator("tr", { hasText: "上报数" })
      .locator("td", { hasText: /\d/ })
      .first()
      .innerText();
    assert.ok(Number(reported.replaceAll(",", "")) > 0, reported);
    await page.context().close();
  });

  it("time is played week by week, and stands still for those who want calm", async () => {
    const start = `?place=grid&from=${day(120)}&to=${day(93)}`;
    const began = (back) => (url) => url.searchParams.get("from") >= day(back);
    const page = await openHeatmap(start);
    await page.locator("[data-testid=play]").click();
    await page.waitForURL(began(106), { timeout: 120_000 });
    await page.locator("[data-testid=play]").click();
    await page.context().close();

    const calm = await openPage(browser);
    await calm.emulateMedia({ reducedMotion: "reduce" });
    await signIn(calm, login);
    await calm.goto(`${BASE}/heatmap${start}`);
    await drawn(calm);
    assert.equal(await calm.locator("[data-testid=play]").count(), 0);
    await calm.getByRole("button", { name: "后一周" }).click();
    await calm.waitForURL(began(113));
    await calm.context().close();
  });

  it("the ledger comes as PDF and as a workbook", async () => {
    const page = await openPage(browser);
    await signIn(page, login);
    await page.goto(`${BASE}/insights`);
    for (const [format, begins] of [
      ["pdf", "%PDF-"],
      ["xlsx", "PK\u0003\u0004"],
    ]) {
      const [download] = await Promise.all([
        page.waitForEvent("download", { timeout: 180_000 }),
        page.locator(`[data-testid=periodic-${format}]`).click(),
      ]);
      assert.ok(download.suggestedFilename().endsWith(`.${format}`));
      const bytes = await readFile(await download.path());
      assert.equal(bytes.subarray(0, begins.length).toString("latin1"), begins);
      assert.ok(bytes.length > 8_000, `${format}: ${bytes.length} bytes`);
      const end = bytes.subarray(-1_024).toString("latin1");
      assert.ok(end.includes(format === "pdf" ? "%%EOF" : "PK\u0005\u0006"));
    }
    for (const part of ["flow", "times", "coverage", "hotspots"]) {
      const rows = page.locator(`[data-testid=${part}]`);
      await rows.locator("tbody tr, li").first().waitFor();
    }
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("the wall turns its scenes and tells of nobody", async () => {
    const page = await openPage(browser);
    await signIn(page, login);
    await page.goto(`${BASE}/wall`);
    const wall = page.locator("[data-testid=wall]");
    await wall.waitFor();
    // It turns by itself, too; these steps are the test's own.
    await wall.locator(".tools [aria-pressed=false]").click();
    for (const scene of ["numbers", "trend", "hotspots", "map"]) {
      await page.locator("[data-testid=wall-next]").click();
      await page.locator(`[data-testid=wall][data-scene=${scene}]`).waitFor();
    }
    await page.locator("[data-testid=wall-next]").click();
    const big = page.locator(".number strong").first();
    await big.waitFor();
    const size = await big.evaluate((one) =>
      Number.parseFloat(getComputedStyle(one).fontSize),
    );
    assert.ok(size >= 90, `read from five metres: ${size} px`);
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  for (const viewport of [undefined, PHONE]) {
    it(
      `the heatmap has no barriers ${viewport ? "on a phone" : "at a desk"}`,
      LOOK,
      async () => {
        for (const colorScheme of ["light", "dark"]) {
          const options = { colorScheme, ...(viewport ? { viewport } : {}) };
          const page = await openHeatmap("", options);
          assert.deepEqual(await findBarriers(page), [], colorScheme);
          await page.context().close();
        }
      },
    );
  }

  it("no page logged an error or asked another host", () => {
    assert.deepEqual(faults, []);
  });
});
