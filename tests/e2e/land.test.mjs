// The territory's editor and the imports, on a server with demo data:
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/land.test.mjs
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { randomUUID } from "node:crypto";
import {
  ask,
  BASE,
  faults,
  findBarriers,
  LOOK,
  launch,
  openPage,
  PHONE,
  signIn,
} from "./browser.mjs";

const WAIT_MS = 120_000;

describe("territory and imports", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  let login;
  before(async () => {
    browser = await launch();
    const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
    login = instance.demo_accounts?.find((one) => one.role === "admin")?.login;
    assert.ok(login, "the server must run in demo mode");
  });
  after(() => browser?.close());

  async function open(path, options = {}) {
    const page = await openPage(browser, options);
    page.setDefaultTimeout(WAIT_MS);
    await signIn(page, login);
    await page.goto(`${BASE}${path}`);
    return page;
  }
  const settled = (page) =>
    page.locator("[data-testid=verdict][data-busy=false] .notice.ok").waitFor();
  async function choose(page, code) {
    await page.locator("[data-testid=find-area]").fill(code);
    await page.locator("[data-testid=find-area]").press("Enter");
    await page
      .locator(`[data-testid=chosen-areas] [data-code="${code}"]`)
      .waitFor();
  }
  /** Takes away what an edit has left chosen. */
  async function chooseNone(page) {
    const chips = page.locator("[data-testid=chosen-areas] [data-code]");
    while (await chips.count()) await chips.first().click();
  }
  /** A point of the table, by its place from 0. */
  async function write(page, at, [lon, lat]) {
    const inputs = page.locator("[data-testid=points] input");
    for (const [offset, value] of [lon, lat].entries()) {
      await inputs.nth(at * 2 + offset).fill(String(value));
      await inputs.nth(at * 2 + offset).press("Tab");
    }
  }
  const ringOf = (area) => area.geometry.coordinates[0][0].slice(0, -1);
  const same = (a, b) => a[0] === b[0] && a[1] === b[1];

  /** A grid that shares an edge with a sibling: its corners from `at`, and where its middle goes. */
  async function findBorder(page, apart) {
    const { items } = await ask(page, "/areas?level=grid");
    for (const { code, parent, child_count } of items) {
      if (code === apart || parent === null || child_count) continue;
      const own = await ask(page, `/areas/${code}`);
      const ring = ringOf(own);
      const siblings = items.filter(
        (one) =>
          one.parent === parent && one.code !== code && one.code !== apart,
      );
      for (const { code: next } of siblings) {
        const other = ringOf(await ask(page, `/areas/${next}`));
        const places = ring.map((one) =>
          other.findIndex((own) => same(own, one)),
        );
        const at = places.findIndex((place, n) => {
          const after = places[n + 1] ?? -1;
          const steps = Math.abs(place - after);
          const isEdge = steps === 1 || steps === other.length - 1;
          return n < 98 && place >= 0 && after >= 0 && isEdge;
        });
        if (at < 0) continue;
        const to = own.center.map((center, axis) => {
          const middle = (ring[at][axis] + ring[at + 1][axis]) / 2;
          return Number((middle + (center - middle) * 0.1).toFixed(7));
        });
        return { code, next, at, to };
      }
    }
    return null;
  }

  it("an administrator splits a grid, merges it back, moves a border and publishes", async () => {
    const page = await open("/admin/territory?view=edit");
    await page.locator("[data-testid=land-map][data-ready=true]").waitFor();
    const { items } = await ask(page, "/areas?level=grid");
    const grid = items.find((one) => one.child_count === 0);
    const [west, south, east, north] = grid.bbox;
    const middle = (west + east) / 2;

    await choose(page, grid.code);
    await page.locator("[data-tool=split]").click();
    await page.locator("[data-testid=add-point]").click();
    await page.locator("[data-testid=add-point]").click();
    // A line beside the grid is refused, and what was drawn can be mended.
    await write(page, 0, [west - 0.002, south - 0.001]);
    await write(page, 1, [west - 0.002, north + 0.001]);
    await page.locator("[data-testid=split-do]").click();
    await page.locator("[data-testid=faulty]").waitFor();
    assert.equal(
      await page.locator("[data-testid=edits] [data-type]").count(),
      0,
    );
    await write(page, 0, [middle, south - 0.001]);
    await write(page, 1, [middle, north + 0.001]);
    assert.deepEqual(await findBarriers(page), []);
    await page.locator("[data-testid=split-do]").click();
    const split = page.locator("[data-testid=edits] [data-type=split]");
    await split.waitFor();
    await settled(page);
    const codes = await split
      .locator("input.tabular")
      .evaluateAll((all) => all.map((one) => one.value));
    assert.ok(codes.length > 1);

    await page.locator("[data-testid=undo]").click();
    await split.waitFor({ state: "detached" });
    await page.locator("[data-testid=redo]").click();
    await settled(page);

    await chooseNone(page);
    for (const code of codes) await choose(page, code);
    await page.locator("[data-tool=merge]").click();
    const merge = page.locator("[data-testid=edits] [data-type=merge]");
    await merge.waitFor();
    await settled(page);
    await merge.locator("input.tabular").fill(grid.code);
    await merge.locator("input.tabular").press("Tab");
    await settled(page);

    const border = await findBorder(page, grid.code);
    assert.ok(border, "no two grids of one parent share an edge");
    const before = await ask(page, `/areas/${border.code}`);
    await chooseNone(page);
    await choose(page, border.code);
    await page.locator("[data-tool=border]").click();
    await page.locator("details:has([data-testid=points]) summary").click();
    const points = page.locator("[data-testid=points] li");
    const count = await points.count();
    await points.nth(border.at).locator("button").first().click();
    await points.nth(count).waitFor();
    await write(page, border.at + 1, border.to);
    await page.locator("[data-testid=border-do]").click();
    await page.locator("[data-testid=edits] [data-type=move]").waitFor();
    await settled(page);
    assert.deepEqual(await findBarriers(page), []);

    await page.locator("[data-testid=stage]").click();
    const preview = page.locator("[data-testid=preview][data-ready=true]");
    await preview.waitFor();
    // Split and merged back: no code ends, so there is no lineage.
    assert.equal(await page.locator("[data-testid=lineage]").count(), 0);
    await page.locator("[data-testid=compare-map]").waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.locator("[data-testid=publish]").click();
    await page.locator("[data-testid=publish-now]").click();
    await page.locator("[data-testid=published]").waitFor();

    const after = await ask(page, `/areas/${border.code}`);
    assert.ok(ringOf(after).some((one) => same(one, border.to)));
    assert.ok(!ringOf(before).some((one) => same(one, border.to)));
    const other = await ask(page, `/areas/${border.next}`);
    assert.ok(
      ringOf(other).some((one) => same(one, border.to)),
      "the neighbour has the same corner",
    );
    await ask(page, `/areas/${grid.code}`);
    await page.context().close();
  });

  it("an area is chosen by a tap, and a line is drawn on the map", async () => {
    const page = await open("/admin/territory?view=edit");
    const map = page.locator("[data-testid=land-map][data-ready=true]");
    await map.waitFor();
    const box = await map.locator("canvas").boundingBox();
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const chip = page.locator("[data-testid=chosen-areas] [data-code]");
    // The areas are drawn some moments after the map is there.
    for (let n = 0; n < 60 && !(await chip.count()); n += 1) {
      await page.mouse.click(at.x, at.y);
      await chip
        .first()
        .waitFor({ timeout: 1000 })
        .catch(() => {});
    }
    assert.equal(await chip.count(), 1);
    await page.locator("[data-tool=split]").click();
    const points = page.locator("[data-testid=points] li");
    await page.mouse.click(at.x, at.y - 60);
    await points.nth(0).waitFor();
    await page.mouse.click(at.x, at.y + 60);
    await points.nth(1).waitFor();
    assert.equal(await points.count(), 2);
    await page.context().close();
  });

  it("a file of people is looked at row by row before it comes in", async () => {
    const page = await open("/admin/imports?what=people");
    const [first, second] = [randomUUID(), randomUUID()];
    const file = (text) => ({
      name: "workers.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(text),
    });
    const input = page.locator("[data-part=workers]");
    await input.setInputFiles(
      file(`id,name,phone\n${first},韦一,\nnobody,谁,\n${second},林二,\n`),
    );
    await page.locator("[data-testid=preview-import]").click();
    const result = page.locator("[data-testid=import-result]");
    await result.locator("[data-testid=problems] [data-line='3']").waitFor();
    const count = (name) =>
      result.locator(`[data-count=${name}] dd`).innerText();
    assert.equal(await count("new"), "2");
    assert.equal(await count("refused"), "1");
    assert.deepEqual(await findBarriers(page), []);
    const coming = page.waitForEvent("download");
    await result.locator("[data-testid=download]").click();
    assert.equal((await coming).suggestedFilename(), "problems-people.csv");

    // Replacing everything is blocked by the bad row.
    await page.locator("[data-testid=joining]").selectOption("replace");
    await page.locator("[data-testid=preview-import]").click();
    await result.locator("[data-testid=blocked]").waitFor();
    const take = page.locator("[data-testid=take-import]");
    assert.ok(await take.isDisabled());
    await page.locator("[data-testid=joining]").selectOption("merge");
    await page.locator("[data-testid=preview-import]").click();
    await result.waitFor();
    await take.click();
    await page
      .locator("[data-testid=import-result][data-trial=false][data-kept=true]")
      .waitFor();
    assert.equal(await count("new"), "2");
    await page.locator("[data-testid=preview-import]").click();
    await page
      .locator("[data-testid=import-result][data-trial=true]")
      .waitFor();
    assert.equal(await count("known"), "2");
    assert.ok(await take.isDisabled(), "there is nothing to import");
    await page.context().close();
  });

  it(
    "nothing of it is wider than a phone or has a barrier there",
    LOOK,
    async () => {
      for (const path of [
        "/admin/territory",
        "/admin/territory?view=edit",
        "/admin/territory?view=upload",
        "/admin/imports?what=issues",
        "/admin/imports?what=assets",
      ]) {
        const page = await open(path, { viewport: PHONE, colorScheme: "dark" });
        await page.locator("[data-section] .card").first().waitFor();
        assert.deepEqual(await findBarriers(page), [], path);
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth > innerWidth,
        );
        assert.ok(!wide, `${path} is wider than a phone`);
        await page.context().close();
      }
    },
  );

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));
});
