// A resident's day: report without an account, follow, wait, rate, open again, look around.
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ask,
  BASE,
  faults,
  findBarriers,
  launch,
  openPage,
  PHONE,
} from "./browser.mjs";

const PASSWORD = "hexward-demo";

describe("a resident's day", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** Pages of those who work on the report, by login. */
  const staff = new Map();
  /** An opinion, reported without an account. */
  let receipt;

  before(async () => {
    browser = await launch();
    const page = await openPage(browser);
    await page.goto(BASE);
    const { center } = await ask(page, "/instance");
    const { items } = await ask(page, "/categories");
    const category = items.find((one) => one.nature === "suggestion");
    receipt = await page.evaluate(
      async ({ position, category_code, condition_code, key }) => {
        const answer = await fetch("/api/v1/reports", {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "idempotency-key": key,
          },
          body: JSON.stringify({
            category_code,
            condition_code,
            position,
            text: "希望小区门口增设非机动车停放架。",
          }),
        });
        return answer.json();
      },
      {
        position: center,
        category_code: category.code,
        condition_code: category.conditions[0]?.code,
        key: `resident-${Date.now()}`,
      },
    );
    assert.match(receipt.number ?? "", /^HX-/, JSON.stringify(receipt));
    await page.context().close();
  });
  after(() => browser?.close());

  async function signedIn(login) {
    if (!staff.has(login)) {
      const page = await openPage(browser);
      await page.goto(BASE);
      const status = await page.evaluate(
        async ({ login, password }) => {
          const answer = await fetch("/api/v1/session", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ login, password }),
          });
          return answer.status;
        },
        { login, password: PASSWORD },
      );
      assert.equal(status, 200, login);
      staff.set(login, page);
    }
    return staff.get(login);
  }

  /** Takes a step of the office's as it stands now. */
  async function act(login, body) {
    const page = await signedIn(login);
    const said = await page.evaluate(
      async ({ id, body }) => {
        const path = `/api/v1/issues/${id}`;
        const tag = (await fetch(path)).headers.get("etag");
        const session = await (await fetch("/api/v1/session")).json();
        const answer = await fetch(`${path}/actions`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "if-match": tag,
            "x-csrf-token": session.csrf_token,
          },
          body: JSON.stringify(body),
        });
        return { status: answer.status, text: await answer.text() };
      },
      { id: receipt.id, body },
    );
    assert.equal(said.status, 200, `${body.action}: ${said.text}`);
  }

  async function follow(page) {
    await page.goto(`${BASE}/track/${receipt.number}#${receipt.code}`);
    await page.locator("[data-testid=track]").waitFor();
  }

  it("the receipt can be scanned, and leads to the report with its code", async () => {
    const page = await openPage(browser, { viewport: PHONE });
    await page.goto(`${BASE}/report`);
    const { center } = await ask(page, "/instance");
    await page.locator("#part-position details summary").click();
    await page.locator("#part-position .typed input").fill(center.join(", "));
    await page.locator("#part-position .typed button").click();
    await page.locator("[data-category]").first().click();
    const condition = page.locator("input[name=condition]").first();
    if (await condition.count()) await condition.check();
    await page.locator("#text").fill("路口护栏断裂，影响通行。");
    await page.locator("[data-testid=send]").click();
    const qr = page.locator("[data-testid=qr]");
    await qr.waitFor();
    assert.deepEqual(await findBarriers(page), []);
    // The squares are those of the very link, dark on white for any reader.
    const seen = await qr.locator("path").getAttribute("d");
    assert.ok(seen.length > 1_000, "the code has squares");
    const link = await page.locator('a[href^="/track/"]').getAttribute("href");
    assert.match(link, /^\/track\/HX-[^#]+#[0-9A-Z]{8}$/);
    await page.context().close();
  });

  it("one reads where it went, when it is due, and why and until when it waits", async () => {
    await act("desk", { action: "file" });
    const handler = await signedIn("urban");
    const { grants } = await ask(handler, "/session");
    const department = grants.find(
      (one) => one.department_code,
    )?.department_code;
    await act("duty", { action: "dispatch", department });
    await act("urban", { action: "accept" });
    const page = await openPage(browser, { viewport: PHONE });
    await follow(page);
    const due = page.locator("[data-testid=due]");
    assert.match(await due.innerText(), /\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}/);

    const until = new Date(Date.now() + 3 * 86_400_000);
    const day = until.toISOString().slice(0, 10);
    await act("duty", {
      action: "suspend",
      until: day,
      note: "等产权单位答复",
    });
    await page.reload();
    const says = page.locator("[data-testid=says]");
    await says.waitFor();
    assert.match(await says.innerText(), new RegExp(day));
    assert.equal(await due.count(), 0, "nothing is due while it waits");
    assert.match(
      await page.locator(".timeline").first().innerText(),
      /等产权单位答复/,
    );
    assert.deepEqual(await findBarriers(page), []);
    await act("duty", { action: "resume" });
    await page.context().close();
  });

  it("the closed report is rated and opened again with the code, and not without", async () => {
    await act("urban", {
      action: "submit",
      outcome: "answered",
      note: "已列入明年计划。",
    });
    await act("desk", { action: "close" });
    const page = await openPage(browser, {
      viewport: PHONE,
      expected: [/^POST .*\/rating 403$/],
    });
    await page.goto(`${BASE}/track/${receipt.number}`);
    const form = page.locator("[data-testid=rate]");
    await form.waitFor();
    await form.locator("input[name=verdict]").nth(2).check();
    await form.locator("input[name=satisfaction]").nth(3).check();
    await form.locator("button").click();
    await form.locator("[role=alert]").waitFor();
    await form.locator("#rate-code").fill(receipt.code);
    await form.locator("button").click();
    await form.locator("[role=status]").waitFor();
    assert.deepEqual(await findBarriers(page), []);

    // The code that was typed once serves the other form, too.
    assert.equal(await page.locator("#code").inputValue(), receipt.code);
    await page.locator("#why").fill("没有答复何时开始。");
    await page.locator("form:has(#why) button").click();
    await page.waitForFunction(() => !document.querySelector("#why"));
    await page.locator("[data-testid=reopened]").waitFor();
    assert.deepEqual(await findBarriers(page), []);
    const shown = await ask(page, `/track/${receipt.number}`);
    assert.equal(shown.state, "filed");
    await page.context().close();
  });

  it("the map of all shows coarse places, no few, no dispute, and what it rests on", async () => {
    for (const viewport of [PHONE, undefined]) {
      const page = await openPage(browser, { viewport });
      await page.goto(`${BASE}/around`);
      const sum = page.locator("[data-testid=public-sum]");
      await sum.waitFor();
      await page.locator("canvas").waitFor();
      assert.deepEqual(await findBarriers(page), []);
      const answer = page.waitForResponse(/public\/cells\?.*days=365/);
      await page.locator(".segment", { hasText: "365" }).click();
      const cells = await (await answer).json();
      assert.ok(cells.features.length > 0);
      assert.ok(cells.features.every((one) => one.properties.n >= 5));
      assert.equal(new URL(page.url()).searchParams.get("days"), "365");
      await page.context().close();
    }
  });

  it("no console error, no request to another host", () => {
    assert.deepEqual(faults, []);
  });
});
