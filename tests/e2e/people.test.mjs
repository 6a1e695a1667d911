// People and posts, accounts and grants, and the audit, on a server with demo data:
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/people.test.mjs
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
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

describe("people, accounts and the audit", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  const stamp = Date.now().toString(36);
  const login = `clerk-${stamp}`;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  async function open(path, options = {}) {
    const page = await openPage(browser, options);
    // A slow machine takes its time; nothing here waits for longer than it needs.
    page.setDefaultTimeout(WAIT_MS);
    await signIn(page, "admin");
    await page.goto(`${BASE}${path}`);
    return page;
  }
  /** Chooses an area in the last field for one that is open for it. */
  async function chooseArea(field, code) {
    await field.locator("[data-testid=area-open]").click();
    await field.locator("input[type=search]").fill(code);
    await field.locator(`[data-area="${code}"]`).click();
  }
  const entry = (page, what, subject) =>
    page
      .locator(`[data-testid=audit-admin] [data-what="${what}"]`, {
        hasText: subject,
      })
      .first();

  it("an administrator makes an account with a grant, and its owner must change the password", async () => {
    const page = await open("/admin/accounts");
    await page.locator("[data-testid=add-account]").click();
    const form = page.locator("[data-testid=account-form]");
    await form.locator("input").nth(0).fill(login);
    await form.locator("input").nth(1).fill(`受理 ${stamp}`);
    await form.locator("[data-testid=add-grant]").click();
    const grant = form.locator("[data-grant]");
    await grant.locator("select").first().selectOption("acceptor");
    const streets = await ask(page, "/areas?level=street");
    const street = streets.items[0];
    await chooseArea(grant.locator("[data-testid=area-field]"), street.code);
    const says = grant.locator(".says");
    await says.filter({ hasText: street.name }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await form.locator("button:not([type])").click();
    const secret = form.locator("[data-testid=made-password] code");
    const password = await secret.innerText();
    assert.match(password, /^[a-z2-9]{16}$/);
    await page.context().close();

    const other = await openPage(browser, {
      expected: [/^GET \/api\/v1\/issues 403$/],
    });
    other.setDefaultTimeout(WAIT_MS);
    await other.goto(BASE);
    await other.locator("#login").fill(login);
    await other.locator("#password").fill(password);
    await other.locator("form button.primary").first().click();
    // Nothing else opens before the password is changed.
    await other.locator("#current").waitFor();
    const refused = await other.evaluate(
      async () => (await fetch("/api/v1/issues")).status,
    );
    assert.equal(refused, 403);
    const next = `another ${stamp} word`;
    await other.locator("#current").fill(password);
    await other.locator("#next").fill(next);
    await other.locator("#again").fill(next);
    await other.locator("form button.primary").click();
    await other.waitForFunction(async () => {
      const session = await (await fetch("/api/v1/session")).json();
      return session.must_change_password === false;
    });
    const { grants } = await ask(other, "/session");
    assert.deepEqual(
      grants.map((one) => [one.role, one.area_code]),
      [["acceptor", street.code]],
    );
    await other.context().close();
  });

  it("a worker is added, moved to another grid, and both stand in the audit", async () => {
    const name = `王 ${stamp}`;
    const page = await open("/admin/people", {
      expected: [/^POST \/api\/v1\/people\/workers 422$/],
    });
    const { items: grids } = await ask(page, "/areas?level=grid");
    const [from, to] = grids;
    await page.locator("[data-testid=add-person]").click();
    const form = page.locator("[data-testid=person-form]");
    await form.locator("input").nth(0).fill(name);
    await form.locator("input[type=tel]").fill("不是号码");
    await chooseArea(form.locator("[data-testid=area-field]"), from.code);
    await form.locator("input[list]").first().fill("网格员");
    // What cannot be read is told at its field, and nothing is lost.
    await form.locator("button:not([type])").click();
    await form.locator(".error").first().waitFor();
    await form.locator("input[type=tel]").fill("0371-6392 0000");
    await form.locator("button:not([type])").click();
    const card = page.locator(`[data-name="${name}"]`);
    await card.locator(`[data-grid="${from.code}"]`).waitFor();
    await card.locator("[data-do=open]").click();
    await card.locator("[data-do=move]").click();
    const move = card.locator("[data-testid=post-form]");
    await chooseArea(move.locator("[data-testid=area-field]"), to.code);
    assert.deepEqual(await findBarriers(page), []);
    await move.locator("button:not([type])").click();
    await card.locator(`[data-grid="${to.code}"]`).waitFor();
    const id = await card.getAttribute("data-person");
    const { posts, version } = await ask(page, `/people/workers/${id}`);
    assert.equal(version, 2);
    assert.deepEqual(
      posts.map((one) => [one.grid.code, one.standing]),
      [
        [from.code, "current"],
        [to.code, "coming"],
      ],
    );
    // The day after the last one is the first one elsewhere.
    const day = 24 * 3600 * 1000;
    assert.equal(Date.parse(posts[1].from) - Date.parse(posts[0].to), day);

    await page.goto(`${BASE}/admin/audit`);
    await entry(page, "post.move", name).waitFor();
    await entry(page, "account.create", login).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("an audit on request says that the logs are whole", async () => {
    const page = await open("/admin/audit?tab=chains");
    const started = page.waitForResponse(
      (answer) =>
        answer.request().method() === "POST" && answer.status() === 202,
    );
    await page.locator("[data-testid=verify]").click();
    const { id } = await (await started).json();
    const done = page.locator(`[data-testid=verified][data-run="${id}"]`);
    await done.waitFor();
    assert.equal(await done.getAttribute("data-faulty"), "0");
    const { items } = await ask(page, "/audit/runs");
    assert.equal(items[0].state, "done");
    assert.ok(items[0].issues > 0 && items[0].events > items[0].issues);
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("these pages have no barrier on a phone and fit on it", LOOK, async () => {
    const page = await open("/admin/people", { viewport: PHONE });
    for (const [path, shown] of [
      ["/admin/people", "[data-testid=people] li article"],
      ["/admin/people?tab=vacant", "[data-testid=vacancies]"],
      ["/admin/people?tab=branches", "[data-testid=branches] li"],
      ["/admin/accounts", "[data-testid=accounts] li"],
      ["/admin/audit", "[data-testid=audit-admin] li"],
      ["/admin/audit?tab=reads", "[data-testid=audit-reads] li"],
    ]) {
      await page.goto(`${BASE}${path}`);
      await page.locator(shown).first().waitFor();
      assert.deepEqual(await findBarriers(page), [], path);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > innerWidth,
      );
      assert.ok(!wide, `${path} is wider than a phone`);
    }
    await page.context().close();
  });

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));
});
