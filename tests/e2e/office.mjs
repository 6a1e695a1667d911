// What the tests of the desk and of the inbox share: a street office at work, with demo data.
import assert from "node:assert/strict";
import { ask, BASE, launch, openPage, signIn } from "./browser.mjs";

/** A slow machine takes its time; nothing here waits for longer than it needs. */
export const WAIT_MS = 120_000;

/** Takes an action as the page's account, at the version that there is. */
export const act = (page, id, body) =>
  page.evaluate(
    async ({ id, body }) => {
      const session = await (await fetch("/api/v1/session")).json();
      const seen = await fetch(`/api/v1/issues/${id}`);
      const answer = await fetch(`/api/v1/issues/${id}/actions`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "If-Match": seen.headers.get("etag"),
          "X-CSRF-Token": session.csrf_token,
        },
        body: JSON.stringify(body),
      });
      return answer.status;
    },
    { id, body },
  );
export const chosenIs = (page, id) =>
  page.locator(`[data-testid=chosen][data-id="${id}"]`).waitFor();
export const stateIs = (page, state) =>
  page.locator(`[data-testid=chosen-state][data-state=${state}]`).waitFor();

export class Office {
  /** Tells the texts of one run apart from those of another. */
  stamp = Date.now().toString(36);
  #reported = 0;

  static async start() {
    const own = new Office();
    own.browser = await launch();
    const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
    own.accounts = instance.demo_accounts;
    assert.ok(own.accounts?.length, "the server must run in demo mode");
    // A place in the street of the demo's street office.
    const page = await openPage(own.browser);
    await signIn(page, "supervisor");
    const { items } = await ask(page, "/issues?limit=1&kind=hazard");
    own.place = items[0].position;
    await page.context().close();
    return own;
  }

  async open(login, path, options = {}) {
    const page = await openPage(this.browser, options);
    page.setDefaultTimeout(WAIT_MS);
    await signIn(page, login);
    await page.goto(`${BASE}${path}`);
    return page;
  }

  /** A resident reports a hazard; gives its id and number. */
  async report(text, category_code = "bj-01-01") {
    this.#reported += 1;
    const [lon, lat] = this.place;
    const answer = await fetch(`${BASE}/api/v1/reports`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        category_code,
        text: `${text} ${this.stamp}-${this.#reported}`,
        position: [lon, lat],
      }),
    });
    assert.equal(answer.status, 201);
    return answer.json();
  }

  /** A category that goes to the department of the handler who is signed in, at this place. */
  categoryOf(page) {
    return page.evaluate(async (position) => {
      const session = await (await fetch("/api/v1/session")).json();
      const own = session.grants.find((one) => one.department_code);
      const { items } = await (await fetch("/api/v1/categories")).json();
      for (const { code } of items.filter((one) => one.kind === "hazard")) {
        const answer = await fetch("/api/v1/reports/preview", {
          method: "POST",
          headers: {
            "Content-Type": "application/json",
            "X-CSRF-Token": session.csrf_token,
          },
          body: JSON.stringify({ category_code: code, position, text: "-" }),
        });
        const { route } = await answer.json();
        if (route.lead?.code === own.department_code) return code;
      }
      return null;
    }, this.place);
  }
}
