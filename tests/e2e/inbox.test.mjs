// The inbox of a department, on a server with demo data:
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/inbox.test.mjs
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ask, faults, findBarriers, LOOK, PHONE } from "./browser.mjs";
import { act, chosenIs, Office, stateIs } from "./office.mjs";

describe("inbox", () => {
  /** @type {Office} */
  let office;
  let stamp;
  /** A handler whose inbox holds something. */
  let handler;
  const open = (...asked) => office.open(...asked);
  const report = (...told) => office.report(...told);

  before(async () => {
    office = await Office.start();
    stamp = office.stamp;
    handler = office.accounts.find((one) => one.role === "handler").login;
  });
  after(() => office?.browser.close());

  it("a handler accepts, cites the rule, replies by template and asks for more time", async () => {
    const page = await open(handler, "/inbox");
    const category = await office.categoryOf(page);
    assert.ok(category, "no category here goes to the handler's department");
    const { id } = await report("路面破损", category);
    const desk = await open("supervisor", `/desk?sort=newest&at=${id}`);
    await chosenIs(desk, id);
    await stateIs(desk, "reported");
    await desk.keyboard.press("a");
    await stateIs(desk, "filed");
    await desk.keyboard.press("d");
    await stateIs(desk, "dispatched");
    await page.reload();
    const row = page.locator(`[data-testid=inbox] li[data-id="${id}"]`);
    await row.locator("button").click();
    await chosenIs(page, id);
    await page.keyboard.press("a");
    await stateIs(page, "handling");

    await page.locator("[data-testid=templates] summary").click();
    await page.locator("[data-testid=new-template]").click();
    const form = page.locator("[data-testid=templates] form");
    const name = `需延期 ${stamp}`;
    await form.locator("input").fill(name);
    await form.locator("textarea").fill("{number}（{category}）需延期。");
    await form.locator("button:not([type])").click();
    await page
      .locator("[data-testid=templates] li", { hasText: name })
      .waitFor();

    const chosen = page.locator("[data-testid=chosen]");
    await chosen.locator("[data-action=return]").click();
    const cite = chosen.locator("[data-testid=cite]");
    const { route } = await ask(page, `/issues/${id}`);
    if (route.trace?.outcome.rule) {
      await cite.click();
      assert.equal(
        await chosen.locator("[data-field=cited_rule] .input").inputValue(),
        route.trace.outcome.rule,
      );
    } else assert.equal(await cite.count(), 0);
    await page.keyboard.press("Escape");
    await chosen.locator("[data-action=request_extension]").click();
    await chosen.locator("#inbox-template").selectOption({ label: name });
    const note = chosen.locator("[data-field=note] textarea");
    const { number } = await ask(page, `/issues/${id}`);
    await page.waitForFunction(
      (number) =>
        document
          .querySelector("[data-field=note] textarea")
          ?.value.startsWith(number),
      number,
    );
    assert.match(await note.inputValue(), /需延期。$/);
    await chosen
      .locator("[data-testid=action-form] button:not([type])")
      .click();
    await chosen.locator("[data-testid=news].ok").waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();

    await desk.locator("[data-tab=requests]").click();
    await desk
      .locator(`[data-testid=queue] li[data-id="${id}"] button`)
      .click();
    // What is asked and why stands above the steps, with those that decide it.
    const waits = desk.locator("[data-testid=waits-request]");
    await waits.filter({ hasText: number }).waitFor();
    assert.equal(
      await desk.locator("[data-testid=actions] [data-action=extend]").count(),
      0,
    );
    assert.deepEqual(await findBarriers(desk), []);
    await waits.locator("[data-action=extend]").click();
    await desk
      .locator("[data-testid=action-form] textarea")
      .first()
      .fill("同意延期。");
    await desk.locator("[data-testid=action-form] button:not([type])").click();
    await desk.locator("[data-testid=news].ok").waitFor();
    await waits.waitFor({ state: "detached" });
    await desk.context().close();
  });

  it("a department hands an issue to one of its people, and each finds his own", async () => {
    const page = await open(handler, "/inbox");
    const category = await office.categoryOf(page);
    const { id } = await report("井盖松动", category);
    const street = await open("supervisor", "/issues");
    assert.equal(await act(street, id, { action: "file" }), 200);
    const { proposed } = await ask(street, `/issues/${id}`);
    const dispatch = { action: "dispatch", department: proposed.code };
    assert.equal(await act(street, id, dispatch), 200);
    await street.context().close();

    const part = async (name) => {
      await page.locator(`[data-part=${name}]`).click();
      await page
        .locator(`[data-part=${name}][aria-pressed=true]`)
        .waitFor({ state: "attached" });
      await page.waitForLoadState("networkidle");
    };
    const row = page.locator(`[data-testid=inbox] li[data-id="${id}"]`);
    const isThere = (there) =>
      row.waitFor({ state: there ? "visible" : "detached" });
    const chosen = page.locator("[data-testid=chosen]");
    const assign = async (own) => {
      await chosen.locator("[data-action=assign]").click();
      const people = chosen.locator("[data-field=assignee] select");
      const { items } = await ask(page, `/issues/${id}/handlers`);
      const whom = items.find((one) => one.own === own);
      assert.ok(whom, "the demo's departments have two people");
      await people.locator(`option[value="${whom.id}"]`).waitFor({
        state: "attached",
      });
      await people.selectOption(whom.id);
      assert.deepEqual(await findBarriers(page), []);
      await chosen
        .locator("[data-testid=action-form] button:not([type])")
        .click();
      await chosen.locator("[data-testid=news].ok").waitFor();
      await chosen
        .locator("[data-testid=assignee]", { hasText: whom.name })
        .waitFor();
      return whom;
    };

    await part("nobody");
    await isThere(true);
    await row.locator("button").click();
    await chosenIs(page, id);
    const colleague = await assign(false);
    await chosen.locator("details.card summary").last().click();
    await chosen
      .locator(".timeline li", { hasText: `→ ${colleague.name}` })
      .waitFor();
    await part("mine");
    await isThere(false);
    await part("all");
    await row
      .locator("[data-testid=assignee]", { hasText: colleague.name })
      .waitFor();
    await row.locator("button").click();
    await chosenIs(page, id);
    await assign(true);
    await part("nobody");
    await isThere(false);
    await part("mine");
    await isThere(true);
    // What it assists with is a list of its own, where others lead.
    await part("assisting");
    await isThere(false);
    const session = await ask(page, "/session");
    const { department_code: own } = session.grants.find(
      (one) => one.department_code,
    );
    const { items } = await ask(page, `/issues?assisting=${own}&open=true`);
    assert.ok(items.every((one) => one.lead?.code !== own));
    assert.deepEqual(await findBarriers(page), []);
    await page.context().close();
  });

  it("has no barrier on a phone either", LOOK, async () => {
    const inbox = await open(handler, "/inbox", { viewport: PHONE });
    await inbox.locator("[data-testid=inbox] li").first().waitFor();
    await inbox.locator("[data-testid=own-trend] summary").click();
    await inbox.locator("[data-testid=own-trend] tbody tr").first().waitFor();
    assert.deepEqual(await findBarriers(inbox), []);
    await inbox.context().close();
  });

  it("on a phone the issue takes the place of the list, and one comes back to where one was", async () => {
    const page = await open(handler, "/inbox", { viewport: PHONE });
    const list = page.locator("[data-testid=inbox] li");
    await list.first().waitFor();
    const row = list.nth((await list.count()) - 1);
    const id = await row.getAttribute("data-id");
    const back = [
      () => page.locator("[data-testid=inbox-back]").click(),
      () => page.goBack(),
    ];
    for (const leave of back) {
      await row.locator("button").click();
      await page.locator(`[data-testid=chosen][data-id="${id}"]`).waitFor();
      await row.waitFor({ state: "hidden" });
      assert.equal(await page.evaluate(() => scrollY), 0);
      assert.deepEqual(await findBarriers(page), []);
      await leave();
      await row.waitFor();
      await page.waitForFunction((id) => {
        const row = document.querySelector(`[data-id="${id}"]`);
        const { top, bottom } = row.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }, id);
      await page.locator("[data-testid=chosen]").waitFor({ state: "detached" });
    }
    await page.context().close();
  });

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));
});
