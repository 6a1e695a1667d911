// The desk of a street office, on a server with demo data:
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/desk.test.mjs
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, faults, findBarriers, LOOK, PHONE } from "./browser.mjs";
import { act, chosenIs, Office, stateIs } from "./office.mjs";

describe("desk", () => {
  /** @type {Office} */
  let office;
  let stamp;
  const open = (...asked) => office.open(...asked);
  const report = (...told) => office.report(...told);

  before(async () => {
    office = await Office.start();
    stamp = office.stamp;
  });
  after(() => office?.browser.close());

  const rows = (page) => page.locator("[data-testid=queue] li");
  const shown = (page) =>
    rows(page).evaluateAll((all) => all.map((row) => row.dataset.id));
  /** Goes down the queue by keys until an issue is chosen. */
  async function goTo(page, id) {
    await rows(page).first().waitFor();
    for (let n = 0; n < 30; n += 1) {
      const at = new URL(page.url()).searchParams.get("at");
      if (at === id) return chosenIs(page, id);
      const ids = await shown(page);
      await page.keyboard.press(ids.indexOf(id) < ids.indexOf(at) ? "k" : "j");
    }
    return assert.fail(`${id} is not in the queue`);
  }

  it("a duty supervisor works the queue by keyboard alone, and undoes a merge", async () => {
    const first = await report("井盖缺失");
    const second = await report("井盖缺失");
    const page = await open("supervisor", "/desk?sort=newest");
    await goTo(page, first.id);
    await page.keyboard.press("a");
    await stateIs(page, "filed");
    await page.keyboard.press("d");
    await stateIs(page, "dispatched");
    const issue = await ask(page, `/issues/${first.id}`);
    assert.equal(issue.lead.code, issue.route.lead.code);

    await goTo(page, second.id);
    await page.keyboard.press("m");
    const merge = page.locator("[data-testid=merge]");
    await merge.locator("[data-testid=sides]").waitFor();
    await page.keyboard.press("1");
    await page.keyboard.press("Enter");
    await stateIs(page, "merged");
    await page.locator("[data-testid=undo]").waitFor();
    await page.keyboard.press("u");
    await stateIs(page, "reported");
    const { items } = await ask(page, `/issues/${second.id}/events`);
    assert.deepEqual(
      items.map((one) => one.action),
      ["report", "merge", "unmerge"],
    );

    await page.keyboard.press("r");
    const form = page.locator("[data-testid=action-form]");
    await form.locator("textarea").waitFor();
    // Keys belong to what is being written: this text holds all of them.
    await page.keyboard.type(`jk adr mux ${stamp}`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await stateIs(page, "rejected");
    // What the workflow cannot take back is not offered to be undone.
    assert.equal(await page.locator("[data-testid=undo]").count(), 0);

    const at = new URL(page.url()).searchParams.get("at");
    await page.keyboard.press("/");
    await page.keyboard.type("jj");
    assert.equal(new URL(page.url()).searchParams.get("at"), at);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.locator("[data-testid=keys]").waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.keyboard.press("Escape");
    await page.locator("[data-testid=keys]").waitFor({ state: "detached" });
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("a busy issue says whose step won", async () => {
    const { id } = await report("路灯不亮");
    const page = await open("supervisor", `/desk?sort=newest&at=${id}`, {
      expected: [/^POST \/api\/v1\/issues\/[^/]+\/actions (409|412)$/],
    });
    await chosenIs(page, id);
    await stateIs(page, "reported");
    await page.keyboard.press("r");
    const note = page.locator("[data-testid=action-form] textarea");
    await note.fill("重复");
    const other = await open("acceptor", "/issues");
    assert.equal(await act(other, id, { action: "file" }), 200);
    const name = await other.evaluate(async () => {
      const session = await (await fetch("/api/v1/session")).json();
      return session.account.name;
    });
    await page.locator("[data-testid=action-form] button:not([type])").click();
    const news = page.locator("[data-testid=news]");
    await news.waitFor();
    assert.ok((await news.innerText()).includes(name));
    await stateIs(page, "filed");
    await other.context().close();
    await page.context().close();
  });

  it("an answer that a step has outrun does not put the issue back", async () => {
    const { id } = await report("井盖破损");
    const page = await open("supervisor", "/desk?sort=newest");
    // The page hears of another's step, and asks; its own step comes before the answer.
    await page.addInitScript(() => {
      const Source = window.EventSource;
      window.sources = [];
      window.EventSource = class extends Source {
        constructor(...asked) {
          super(...asked);
          window.sources.push(this);
        }
      };
    });
    await page.goto(`${page.url().split("?")[0]}?sort=newest&at=${id}`);
    await chosenIs(page, id);
    await stateIs(page, "reported");
    let release;
    const free = new Promise((resolve) => (release = resolve));
    const held = new Promise((resolve) => {
      page.route(`**/api/v1/issues/${id}`, async (route) => {
        const response = await route.fetch();
        resolve();
        await free;
        await route.fulfill({ response });
      });
    });
    await page.evaluate((id) => {
      const data = JSON.stringify({ id, version: 99 });
      for (const one of window.sources)
        one.dispatchEvent(new MessageEvent("issue", { data }));
    }, id);
    await held;
    await page.keyboard.press("a");
    await stateIs(page, "filed");
    const answered = page.waitForResponse(`**/api/v1/issues/${id}`);
    release();
    await (await answered).finished();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
    assert.equal(
      await page
        .locator("[data-testid=chosen-state]")
        .getAttribute("data-state"),
      "filed",
    );
    await page.context().close();
  });

  it("a bulk step tells beforehand what would be refused, and does the rest", async () => {
    const made = [];
    for (let n = 0; n < 3; n += 1) made.push(await report("护栏破损"));
    const page = await open("supervisor", "/desk?sort=newest");
    await goTo(page, made[1].id);
    assert.equal(await act(page, made[1].id, { action: "file" }), 200);
    await stateIs(page, "filed");
    await goTo(page, made[0].id);
    await page.keyboard.press("x");
    await goTo(page, made[2].id);
    await page.keyboard.press("X");
    const picked = page.locator("[data-testid=queue] input:checked");
    await page.waitForFunction(
      () =>
        document.querySelectorAll("[data-testid=queue] input:checked")
          .length === 3,
    );
    assert.equal(await picked.count(), 3);
    await page.keyboard.press("b");
    const bulk = page.locator("[data-testid=bulk]");
    await bulk.locator("[data-testid=bulk-preview]").click();
    await bulk.locator("li[data-ok=false]").waitFor();
    assert.equal(await bulk.locator("li[data-ok=true]").count(), 2);
    assert.equal(await bulk.locator("li[data-ok=false]").count(), 1);
    assert.deepEqual(await findBarriers(page), []);
    await bulk.locator("[data-testid=bulk-apply]").click();
    await bulk.locator("[data-testid=bulk-told][data-applied=true]").waitFor();
    for (const one of made) {
      const { state } = await ask(page, `/issues/${one.id}`);
      assert.equal(state, "filed");
    }
    await page.context().close();
  });

  it("a queue in which nothing is found leads out again, and keeps its tab", async () => {
    const page = await open("supervisor", "/desk?state=filed&q=zzzz&light=red");
    const empty = page.locator("[data-testid=queue-empty]");
    await empty.locator("[data-testid=widen]").click();
    await page.waitForURL(
      ({ searchParams: asked }) =>
        asked.get("state") === "filed" &&
        !asked.has("q") &&
        !asked.has("light"),
    );
    assert.equal(await page.locator("#desk-q").inputValue(), "");
    await page.context().close();
  });

  it("a shared view opens from its address for a colleague", async () => {
    const page = await open("supervisor", "/desk?state=filed&sort=newest");
    await page.locator("[data-testid=views] summary").click();
    await page.locator("[data-testid=save-view]").click();
    const form = page.locator("[data-testid=views] form");
    const name = `待派 ${stamp}`;
    await form.locator("input").fill(name);
    await form.locator("select").selectOption({ index: 1 });
    await form.locator("button:not([type])").click();
    const link = page.locator("[data-view]", { hasText: name });
    await link.waitFor();
    const href = await link.getAttribute("href");
    await page.context().close();

    const other = await open("dispatcher", href);
    await other.waitForURL(
      (url) =>
        url.searchParams.get("state") === "filed" &&
        !url.searchParams.has("view"),
    );
    await rows(other).first().waitFor();
    const { items } = await ask(
      other,
      "/issues?state=filed&open=true&limit=60",
    );
    const known = new Set(items.map((one) => one.id));
    for (const id of await shown(other)) assert.ok(known.has(id), id);
    assert.equal(
      await other
        .locator("[data-tab=to_dispatch]")
        .getAttribute("aria-pressed"),
      "true",
    );
    await other.context().close();
  });

  it("what arrives while one reads keeps the place, and comes on request", async () => {
    const page = await open("supervisor", "/desk?sort=newest");
    await rows(page).nth(2).waitFor();
    await rows(page).nth(2).locator("button").click();
    const chosen = (await shown(page))[2];
    await chosenIs(page, chosen);
    const beforehand = await shown(page);
    const { id } = await report("污水外溢");
    const fresh = page.locator("[data-testid=fresh]");
    await fresh.waitFor();
    assert.deepEqual(await shown(page), beforehand);
    await chosenIs(page, chosen);
    // A row that changes does so where it is.
    const other = await open("acceptor", "/issues");
    const note = { action: "comment", note: stamp };
    assert.equal(await act(other, chosen, note), 200);
    assert.deepEqual(await shown(page), beforehand);
    await page.keyboard.press("n");
    await page.locator(`[data-testid=queue] li[data-id="${id}"]`).waitFor();
    assert.equal((await shown(page))[0], id);
    await chosenIs(page, chosen);
    await other.context().close();
    await page.context().close();
  });

  it("the note of a shift stands at the top of the desk for the next one", async () => {
    const page = await open("supervisor", "/desk");
    const handover = page.locator("[data-testid=handover]");
    await handover.locator("summary").first().click();
    await handover.locator("[data-testid=write-handover]").click();
    const text = `夜班注意 ${stamp}`;
    await handover.locator("textarea").fill(text);
    await handover.locator("form button:not([type])").click();
    const last = handover.locator("[data-testid=handover-last]");
    await last.filter({ hasText: text }).waitFor();
    await page.context().close();
    const next = await open("acceptor", "/desk");
    const top = next.locator("[data-testid=handover] summary").first();
    await top.filter({ hasText: text }).waitFor();
    await next.context().close();
  });

  it(
    "has no barrier on a phone either, where the issue takes the place of the list",
    LOOK,
    async () => {
      const desk = await open("supervisor", "/desk", { viewport: PHONE });
      await rows(desk).first().waitFor();
      await rows(desk).first().locator("button").click();
      await desk.locator("[data-testid=chosen][data-id]").waitFor();
      assert.deepEqual(await findBarriers(desk), []);
      // The issue takes the place of the list and of the map, and one comes back to where one was.
      const id = await desk
        .locator("[data-testid=chosen]")
        .getAttribute("data-id");
      const row = desk.locator(`[data-testid=queue] li[data-id="${id}"]`);
      const back = [
        () => desk.locator("[data-testid=desk-back]").click(),
        () => desk.goBack(),
      ];
      for (const leave of back) {
        await row.waitFor({ state: "hidden" });
        await leave();
        await row.waitFor();
        await desk
          .locator("[data-testid=chosen]")
          .waitFor({ state: "detached" });
        await row.locator("button").click();
        await desk.locator(`[data-testid=chosen][data-id="${id}"]`).waitFor();
      }
      const wide = await desk.evaluate(
        () => document.documentElement.scrollWidth > innerWidth,
      );
      assert.ok(!wide, "the desk is wider than a phone");
      await desk.context().close();
    },
  );

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));
});
