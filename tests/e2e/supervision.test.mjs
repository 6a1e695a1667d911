// Clocks, supervision, kinds, notices and tasks through the browser, on a server with demo data:
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
  signIn,
} from "./browser.mjs";

describe("supervision, kinds, notices and tasks", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  let accounts;
  const stamp = Date.now().toString(36);

  before(async () => {
    browser = await launch();
    const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
    accounts = instance.demo_accounts;
    assert.ok(accounts?.length, "the server must run in demo mode");
  });
  after(() => browser?.close());

  /** The first account of these roles for which `wanted` finds something, signed in. */
  async function findWith(roles, wanted, options = {}) {
    for (const account of accounts.filter((one) => roles.includes(one.role))) {
      const page = await openPage(browser, options);
      await signIn(page, account.login);
      const found = await wanted(page);
      if (found) return { page, found };
      await page.context().close();
    }
    return assert.fail(`no ${roles.join(" or ")} sees what the test needs`);
  }

  /** An issue of a list for which the reader is offered an action. */
  async function findOffer(page, query, action) {
    const { items } = await ask(page, `/issues?limit=40&${query}`);
    for (const one of items) {
      const issue = await ask(page, `/issues/${one.id}`);
      if (issue.actions.some((offer) => offer.action === action)) return issue;
    }
    return null;
  }

  async function openAction(page, issue, action) {
    await page.goto(`${BASE}/issues/${issue.id}`);
    await page.locator(`[data-action=${action}]`).click();
  }

  it("every action that is offered has a form with all that it demands", async () => {
    for (const role of ["acceptor", "duty_supervisor", "handler"]) {
      const { page, found } = await findWith([role], async (page) => {
        const { items } = await ask(page, "/issues?open=true&limit=3");
        return items[0] && ask(page, `/issues/${items[0].id}`);
      });
      await page.goto(`${BASE}/issues/${found.id}`);
      await page.locator("[data-testid=number]").waitFor();
      for (const { action, fields } of found.actions) {
        await page.locator(`[data-action=${action}]`).click();
        const panel = page.locator(".actions form");
        await panel.waitFor();
        const own = ["record_parties", "read_parties", "record_agreement"];
        if (!own.includes(action)) {
          for (const field of fields.filter((one) => one.kind !== "photos")) {
            const inputs = panel
              .locator(`[data-field=${field.name}]`)
              .locator("input, select, textarea, .pin, .chosen button");
            await inputs.first().waitFor({ state: "attached" });
          }
        }
        await panel.locator("button[type=button]").last().click();
      }
      await page.context().close();
    }
  });

  it("a whistle summons departments to a place by an hour, and the dossier tells of it", async () => {
    const { page, found } = await findWith(
      ["duty_supervisor", "dispatcher", "leader"],
      (page) => findOffer(page, "state=handling", "whistle"),
    );
    await openAction(page, found, "whistle");
    const form = page.locator("[data-testid=action-form]");
    await form.waitFor();
    const send = form.locator("button:not([type=button])").last();
    for (const note of await form.locator("textarea[required]").all())
      await note.fill(`联合处置 ${stamp}`);
    for (const line of await form.locator("input:not([type])[required]").all())
      await line.fill("现场");
    const day = new Date(Date.now() + 2 * 86_400_000).toISOString();
    await form
      .locator("input[type=datetime-local]")
      .fill(`${day.slice(0, 10)}T15:30`);
    // Nobody is summoned yet: the form says so, and nothing is sent.
    await send.click();
    await form.locator("[data-field=departments] .error").waitFor();
    const boxes = form.locator("[data-field=departments] input");
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    const position = form.locator("[data-testid=position-field]");
    if (await position.count()) {
      await position.locator("summary").click();
      await position.locator(".typed input").fill(found.position.join(", "));
      await position.locator(".typed button").click();
      await position.locator("[data-testid=position]").waitFor();
    }
    await send.click();
    await page.locator(".notice.ok[role=status]").waitFor();
    const summoned = page.locator("[data-testid=summoned]").last();
    await summoned.waitFor();
    assert.equal(await summoned.locator("li").count(), 2);
    const dossier = page.locator("[data-testid=dossier]");
    assert.match(await dossier.innerText(), /15:30/);
    await page.context().close();
  });

  it("a corrected place shows what it does to the route before it is sent", async () => {
    const { page, found } = await findWith(
      ["acceptor", "duty_supervisor"],
      (page) => findOffer(page, "state=filed,dispatched,handling", "correct"),
    );
    await openAction(page, found, "correct");
    const preview = page.waitForResponse((one) =>
      one.url().endsWith("/reroute/preview"),
    );
    const pin = page.locator("[data-field=place] .pin canvas").first();
    await pin.waitFor();
    const box = await pin.boundingBox();
    await page.waitForTimeout(1500);
    await page.mouse.click(box.x + box.width * 0.55, box.y + box.height * 0.4);
    const asked = (await preview).request().postDataJSON();
    assert.equal(asked.place.position.length, 2);
    assert.equal(asked.place.datum, "wgs84");
    await page.locator("[data-testid=reroute] .sides").waitFor();
    await page.context().close();
  });

  it("the clocks say in words and in times how an issue stands", async () => {
    const { page, found } = await findWith(
      ["duty_supervisor"],
      async (page) =>
        (await ask(page, "/issues?light=red&open=true&limit=1")).items[0],
    );
    await page.goto(`${BASE}/issues/${found.id}`);
    const clock = page.locator("[data-testid=clock-total]");
    await clock.waitFor();
    assert.match(await clock.innerText(), /已超时限[\s\S]*限时[\s\S]*已用/);
    await page.goto(`${BASE}/issues?light=red&range=all&sort=due`);
    const rows = page.locator("[data-testid=issue-list] li");
    await rows.first().waitFor();
    const texts = await rows.allInnerTexts();
    assert.ok(texts.every((text) => text.includes("已超时限")));
    assert.ok(texts.some((text) => text.includes("到期")));
    await page.context().close();
  });

  it("parties are kept sealed, and who reads them is told that it is recorded", async () => {
    const { page, found } = await findWith(
      ["handler", "mediator", "duty_supervisor"],
      async (page) => {
        const query = "kind=dispute&open=true";
        const issue = await findOffer(page, query, "record_parties");
        const reads = issue?.actions.some(
          (one) => one.action === "read_parties",
        );
        return reads ? issue : null;
      },
    );
    const name = `甲方${stamp}`;
    await openAction(page, found, "record_parties");
    const form = page.locator("[data-testid=parties-form]");
    await form.locator("input[required]").first().fill(name);
    await form.locator("textarea").fill(`陈述 ${stamp}`);
    await form.locator("button:not([type=button])").last().click();
    await page.locator(".notice.ok[role=status]").waitFor();
    assert.ok(!(await page.locator("main").innerText()).includes(name));

    await page.locator("[data-action=read_parties]").click();
    const read = page.locator("[data-testid=parties-read]");
    assert.match(await read.innerText(), /记录/);
    await read.locator("textarea").fill(`核对 ${stamp}`);
    await read.locator("button:not([type=button])").click();
    const opened = page.locator("[data-testid=parties]");
    await opened.waitFor();
    assert.ok((await opened.innerText()).includes(name));
    await page
      .locator(".timeline li", { hasText: `核对 ${stamp}` })
      .first()
      .waitFor();
    await opened.locator("button").last().click();
    assert.ok(!(await page.locator("main").innerText()).includes(name));
    await page.context().close();
  });

  it("a notice that is marked as read is counted no more", async () => {
    const { page } = await findWith(
      ["duty_supervisor", "leader", "acceptor"],
      async (page) =>
        (await ask(page, "/notices?unread=true&limit=1")).total > 1,
      { viewport: PHONE },
    );
    const unread = async () =>
      (await ask(page, "/notices?unread=true&limit=1")).total;
    await page.locator("[data-testid=bell]").click();
    await page.locator("[data-testid=notices] li").first().waitFor();
    const beforehand = await unread();
    await page.locator("[data-testid=mark-read]").first().click();
    await page
      .locator("[data-testid=notices] li[data-read=true]")
      .first()
      .waitFor();
    assert.equal(await unread(), beforehand - 1);
    await page.waitForFunction(
      (n) =>
        document
          .querySelector("[data-testid=unread-count]")
          ?.textContent?.includes(String(n)),
      beforehand - 1,
    );
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("a worker's tasks are exactly those that the server gives", async () => {
    for (const { login } of accounts.filter((one) =>
      ["grid_worker", "acceptor"].includes(one.role),
    )) {
      const page = await openPage(browser, { viewport: PHONE });
      await signIn(page, login);
      const { items } = await ask(page, "/tasks");
      await page.goto(`${BASE}/tasks`);
      const list = page.locator("[data-testid=tasks], [data-testid=no-tasks]");
      await list.waitFor();
      assert.equal(
        await page.locator("[data-testid=tasks] li").count(),
        items.length,
      );
      const own = items.filter(
        ({ supervision: { task } }) =>
          task?.holder === "me" && !task.checked_in_at,
      );
      assert.equal(
        await page.locator("[data-testid=check-in]").count(),
        own.length,
      );
      assert.deepEqual(await findBarriers(page), []);
      await page.context().close();
    }
  });

  it("published answers and wishes can be read without an account", async () => {
    const page = await openPage(browser, { viewport: PHONE });
    for (const what of ["answers", "wishes"]) {
      const { items } = await (
        await fetch(`${BASE}/api/v1/public/${what}?limit=20`)
      ).json();
      await page.goto(`${BASE}/answers`);
      await page
        .locator(".segment")
        .nth(what === "answers" ? 0 : 1)
        .click();
      await page.waitForLoadState("networkidle");
      const rows = page.locator(`[data-testid=public-${what}] > li`);
      if (items.length) await rows.first().waitFor();
      assert.equal(await rows.count(), items.length);
    }
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));
});
