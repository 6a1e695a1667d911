// An administrator's day in the browser, on a server with demo data: settings, calendars, files of
// the catalog, and the matrix in a table.
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/admin.test.mjs
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ask,
  BASE,
  faults,
  findBarriers,
  launch,
  LOOK,
  openPage,
  PHONE,
  signIn,
} from "./browser.mjs";

describe("an administrator's day", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  let login;
  let page;

  before(async () => {
    browser = await launch();
    const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
    login = instance.demo_accounts?.find((one) => one.role === "admin")?.login;
    assert.ok(login, "the demo has an administrator");
    // One test gives a setting that is refused.
    page = await openPage(browser, {
      expected: [/^PATCH \/api\/v1\/settings 422$/],
    });
    await signIn(page, login);
  });
  after(() => browser?.close());

  const settled = (form) => form.locator("[data-testid=effect]").waitFor();
  const saved = async () => {
    try {
      await page.locator("[data-testid=saved]").waitFor();
    } catch (error) {
      // What the page says instead, and what it asked for.
      const shown = await page.locator("main").innerText();
      const asked = await page.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .slice(-8)
          .map((one) => `${one.name} ${one.responseStatus} ${one.duration} ms`),
      );
      error.message += `\n${asked.join("\n")}\n${shown.slice(-3_000)}`;
      throw error;
    }
  };

  it("a setting is shown with what it does, changed, and changed back", async () => {
    await page.goto(`${BASE}/admin`);
    await page.locator('a[href="/admin/settings"]').click();
    const form = page.locator("[data-testid=settings]");
    await form.waitFor();
    for (const open of [false, true]) {
      const channel = form.locator("[name=channel-map]");
      await channel.setChecked(open);
      await form.locator("[data-testid=go]").click();
      await settled(form);
      assert.match(
        await form.locator("[data-testid=effect]").innerText(),
        /answers/,
      );
      await form.locator("[data-testid=go]").click();
      await saved();
      // A resident is offered the map, or is not.
      const resident = await openPage(browser);
      await resident.goto(BASE);
      await resident.locator('a[href="/report"]').first().waitFor();
      const doors = await resident.locator('a[href="/around"]').count();
      assert.equal(doors > 0, open);
      await resident.context().close();
    }
  });

  it("a faulty setting is named in its place, and nothing is kept", async () => {
    const before = await ask(page, "/settings");
    const form = page.locator("[data-testid=settings]");
    await form
      .locator("[name=basemap_url]")
      .fill("https://elsewhere.example/{z}/{x}/{y}");
    await form.locator("[data-testid=go]").click();
    await form.locator('[name=basemap_url][aria-invalid="true"]').waitFor();
    assert.deepEqual(await ask(page, "/settings"), before);
  });

  it("a year is entered day by day, and what it changes is told before", async () => {
    await page.goto(`${BASE}/admin/calendars`);
    const missing = (await ask(page, "/calendars")).missing;
    const year = missing.at(-1);
    await page.locator(`[data-new="${year}"]`).click();
    const form = page.locator("[data-testid=calendar-year]");
    await form.locator("[data-testid=add-day]").click();
    const row = form.locator("tbody tr").first();
    // A weekday: the first of January of the year, or the Monday after it.
    const first = new Date(Date.UTC(year, 0, 1));
    while ([0, 6].includes(first.getUTCDay()))
      first.setUTCDate(first.getUTCDate() + 1);
    const date = first.toISOString().slice(0, 10);
    await row.locator("[type=date]").fill(date);
    await row.locator("input:not([type=date])").fill("元旦（测试）");
    await form.locator("[data-testid=go]").click();
    await settled(form);
    assert.ok(
      (await form.locator("[data-testid=effect]").innerText()).includes(date),
    );
    await form.locator("[data-testid=go]").click();
    await saved();
    const after = await ask(page, "/calendars");
    assert.ok(!after.missing.includes(year));
  });

  it("a row of the catalog is changed in a table, its fault is shown in its place", async () => {
    await page.goto(`${BASE}/admin/categories`);
    const before = await ask(page, "/catalog");
    const file = "catalog/hotline/categories.csv";
    await page.locator(`[data-file="${file}"]`).click();
    const form = page.locator("[data-testid=draft]");
    await form.locator("thead th").first().waitFor();
    const headers = await form.locator("thead th").allInnerTexts();
    const cell = (name) =>
      form
        .locator("tbody tr")
        .first()
        .locator("td")
        .nth(headers.indexOf(name) - 1)
        .locator("input");
    const kind = await cell("kind").inputValue();
    await cell("kind").fill("weather");
    await form.locator("[data-testid=go]").click();
    await form.locator('[aria-invalid="true"]').waitFor();
    assert.deepEqual((await ask(page, "/catalog")).version, before.version);
    await cell("kind").fill(kind);
    await cell("name").fill("改过的名称（测试）");
    await form.locator("[data-testid=go]").click();
    await settled(form);
    await form.locator(".changes li").waitFor();
    await form.locator("[data-testid=go]").click();
    await saved();
    assert.equal((await ask(page, "/catalog")).version, before.version + 1);
  });

  it("the matrix is changed in a table, as a draft that is checked", async () => {
    await page.goto(`${BASE}/matrix`);
    const before = await ask(page, "/matrix/versions");
    await page.locator("[data-testid=edit-matrix]").click();
    const form = page.locator("[data-testid=matrix-edit]");
    const headers = form.locator("thead th");
    await headers.first().waitFor();
    const source = (await headers.allInnerTexts()).indexOf("source") - 1;
    await form
      .locator("tbody tr")
      .first()
      .locator("td")
      .nth(source)
      .locator("input")
      .fill("测试");
    await form.locator("[data-testid=go]").click();
    await page.waitForURL(/version=/);
    const after = await ask(page, "/matrix/versions");
    assert.equal(after.items.length, before.items.length + 1);
    assert.equal(after.items[0].state, "draft");
  });

  it(
    "the administration has no barriers, at a desk and on a phone",
    LOOK,
    async () => {
      const found = [];
      for (const viewport of [undefined, PHONE]) {
        for (const colorScheme of ["light", "dark"]) {
          const own = await openPage(browser, {
            colorScheme,
            ...(viewport ? { viewport } : {}),
          });
          await signIn(own, login);
          for (const [path, ready] of [
            ["/admin", 'a[href="/admin/settings"]'],
            ["/admin/settings", "[data-testid=settings]"],
            ["/admin/calendars", "[data-year]"],
            ["/admin/categories", "[data-file]"],
          ]) {
            await own.goto(BASE + path);
            await own.locator(ready).first().waitFor();
            if (path.endsWith("categories")) {
              await own.locator("[data-file]").last().click();
              await own
                .locator("[data-testid=csv-table] tbody tr")
                .first()
                .waitFor();
            }
            if (path.endsWith("calendars")) {
              await own.locator("[data-year]").first().click();
              await own.locator("[data-testid=calendar-year]").waitFor();
            }
            const where = `${path} ${colorScheme} ${viewport ? "phone" : "desk"}`;
            // What is scrolled half under the bar is no small target.
            await own.evaluate(() => scrollTo(0, 0));
            const barriers = await findBarriers(own);
            found.push(...barriers.map((line) => `${where}: ${line}`));
            const wide = await own.evaluate(
              () => document.documentElement.scrollWidth - innerWidth,
            );
            if (wide > 0) found.push(`${where}: ${wide} px too wide`);
          }
          await own.context().close();
        }
      }
      assert.deepEqual(found, []);
    },
  );

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));
});
