// The browser side against a running server with demo accounts:
//   HEXWARD_URL=http://127.0.0.1:8080 node --test tests/e2e/
// It reports an issue as a resident, works it to its end by the demo roles, and looks at the map.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ask,
  BASE,
  countColors,
  DESKTOP,
  faults,
  findBarriers,
  LOOK,
  launch,
  openPage,
  PHONE,
  signIn,
} from "./browser.mjs";

const WAIT_MS = 20_000;
/** Classes of a rate that are unlike anything else on the map, at each strength over the land. */
const RATE_COLORS = ["#c2272d", "#f28d52", "#2c6fb0"];
const LAND = [0xf6, 0xf8, 0xf7];
const STRENGTHS = [0.3, 0.58, 0.86];

const parseColor = (hex) =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const shades = RATE_COLORS.flatMap((hex) =>
  STRENGTHS.map((part) =>
    parseColor(hex).map((value, index) =>
      Math.round(value * part + LAND[index] * (1 - part)),
    ),
  ),
);
const total = (list) => list.reduce((sum, value) => sum + value, 0);

describe("the browser side", () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  let logins;
  let place;
  let handlerDepartment;
  let number;
  const words = `护栏断裂 ${Date.now().toString(36)}`;

  before(async () => {
    browser = await launch();
    const instance = await (await fetch(`${BASE}/api/v1/instance`)).json();
    assert.ok(
      instance.demo_accounts?.length,
      "the server must run in demo mode",
    );
    const loginOf = (role) =>
      instance.demo_accounts.find((one) => one.role === role)?.login;
    logins = Object.fromEntries(
      ["acceptor", "dispatcher", "duty_supervisor", "handler", "leader"].map(
        (role) => [role, loginOf(role)],
      ),
    );
    for (const [role, login] of Object.entries(logins))
      assert.ok(login, `a demo account for ${role}`);
  });
  after(() => browser?.close());

  it("a demo account signs in by one tap, and signs out", async () => {
    const page = await openPage(browser);
    await signIn(page, logins.handler);
    const session = await ask(page, "/session");
    handlerDepartment = session.grants.find(
      (grant) => grant.department_code,
    )?.department_code;
    await page.locator("[aria-controls=account-menu]").click();
    await page.locator("[data-testid=sign-out]").click();
    await page.locator("#login").waitFor();
    await page.context().close();
  });

  it("a wrong password says so, and lets nobody in", async () => {
    const page = await openPage(browser, {
      expected: [/^POST \/api\/v1\/session 4\d\d$/],
    });
    await page.goto(BASE);
    await page.locator("#login").fill(logins.handler);
    await page.locator("#password").fill("certainly wrong");
    await page.locator("form .primary").click();
    await page.locator("form [role=alert]").waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
    await page.context().close();
  });

  it("the language changes every text of the page, and is remembered", async () => {
    const page = await openPage(browser, { viewport: PHONE });
    await page.goto(BASE);
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
    await page.locator("header button[lang=en]").click();
    await page.reload();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.match(await page.locator("h1").innerText(), /^[\x20-\x7e]+$/);
    await page.context().close();
  });

  it("a place inside the territory is known", async () => {
    const page = await openPage(browser);
    await signIn(page, logins.acceptor);
    const { grants } = await ask(page, "/session");
    const scope = grants.find((grant) => grant.area_code)?.area_code;
    const grids = await ask(page, "/areas?level=grid&format=geojson");
    const inside = grids.features.find(
      (one) => !scope || one.properties.path.split("/").includes(scope),
    );
    const ring =
      inside.geometry.type === "Polygon"
        ? inside.geometry.coordinates[0]
        : inside.geometry.coordinates[0][0];
    const corners = ring.slice(0, -1);
    place = [0, 1].map((axis) =>
      (total(corners.map((corner) => corner[axis])) / corners.length).toFixed(
        6,
      ),
    );
    await page.context().close();
  });

  it("a resident reports by phone without an account, and a lost answer does not make two of it", async () => {
    const page = await openPage(browser, { viewport: PHONE });
    await page.goto(`${BASE}/report`);
    await page.locator("#part-position details summary").click();
    await page.locator("#part-position .typed input").fill(place.join(", "));
    await page.locator("#part-position .typed button").click();
    await page.locator("[data-category]").first().click();
    const condition = page.locator("input[name=condition]").first();
    if (await condition.count()) await condition.check();
    await page.locator("#text").fill(words);
    await page.locator("[data-testid=photo-files]").setInputFiles({
      name: "a.jpg",
      mimeType: "image/jpeg",
      buffer: await makePhoto(page),
    });
    await page.locator("#part-photos img").waitFor();
    await page.locator("[data-testid=route]").waitFor();

    // The server gets the report, and its answer is lost on the way back.
    await page.route(
      "**/api/v1/reports",
      async (route) => {
        await route.fetch();
        await route.abort("connectionreset");
      },
      { times: 1 },
    );
    await page.locator("[data-testid=send]").click();
    // The phone has it and sends it again by itself; it is the same report.
    number = await page.locator("[data-testid=receipt-number]").innerText();
    assert.match(number, /^HX-/);
    assert.equal(
      await page.evaluate(() => localStorage.getItem("hexward.draft")),
      null,
    );

    const code = await page.locator("[data-testid=receipt-code]").innerText();
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{8}$/);
    await page.locator(`a[href^="/track/"]`).click();
    await page.locator("[data-testid=track]").waitFor();
    // The code stays in the address of the browser and goes to no server.
    assert.equal(new URL(page.url()).hash, `#${code}`);
    assert.ok(
      (await page.locator("[data-testid=track]").innerText()).includes(number),
    );
    await page.context().close();
  });

  it("the issue is in the list once", async () => {
    const page = await openPage(browser);
    await signIn(page, logins.acceptor);
    await page.goto(`${BASE}/issues`);
    await page.locator("#q").fill(words);
    await page.locator("#q").press("Enter");
    await page.waitForURL("**q=*");
    await page.waitForFunction((words) => {
      const rows = [
        ...document.querySelectorAll("[data-testid=issue-list] li"),
      ];
      return (
        rows.length > 0 && rows.every((row) => row.innerText.includes(words))
      );
    }, words);
    assert.equal(await page.locator("[data-testid=issue-list] li").count(), 1);
    await page.context().close();
  });

  it("somebody else being faster is said clearly, and nothing is overwritten", async () => {
    const late = await openPage(browser, {
      expected: [/^POST .*\/actions (412|409)$/],
    });
    await signIn(late, logins.acceptor);
    await openIssue(late);
    await late.locator("[data-action=file]").click();
    const fast = await openPage(browser);
    await signIn(fast, logins.acceptor);
    await openIssue(fast);
    await act(fast, "accept_for_check");
    await late.locator("[data-testid=action-form] button.primary").click();
    await late.locator(".notice.warn[role=status]").waitFor();
    assert.match(await badge(late), /核实/);
    await late.context().close();
    await fast.context().close();
  });

  const WALK = [
    ["acceptor", ["file"], /待派遣/],
    ["dispatcher", ["dispatch"], /待签收/],
    ["handler", ["accept"], /处置中/],
    ["handler", ["submit"], /已处置/],
    ["duty_supervisor", ["order_check"], /核查/],
    ["duty_supervisor", ["pass"], /已结案/],
  ];
  for (const [role, actions, state] of WALK) {
    it(`the ${role} can ${actions.join(" and ")}`, async () => {
      const page = await openPage(browser);
      await signIn(page, logins[role]);
      await openIssue(page);
      for (const action of actions) await act(page, action);
      await page.waitForFunction(
        (pattern) =>
          new RegExp(pattern).test(
            document.querySelector(".head .badge")?.textContent ?? "",
          ),
        state.source,
      );
      await page.context().close();
    });
  }

  it("the route can be read in one sentence, and its whole trace unfolded", async () => {
    const page = await openPage(browser);
    await signIn(page, logins.duty_supervisor);
    await openIssue(page);
    assert.ok(
      (await page.locator("[data-testid=route] .sentence").innerText()).length >
        5,
    );
    await page
      .locator("details:has([data-testid=trace]), .aside details")
      .first()
      .locator("summary")
      .click();
    await page.locator("[data-testid=trace]").waitFor();
    await page.context().close();
  });

  it("the map paints values, and nothing of them when they are switched off", async () => {
    const page = await openPage(browser, { viewport: DESKTOP });
    await signIn(page, logins.leader);
    await page.goto(`${BASE}/map?range=all&points=off`);
    const map = page.locator("[data-testid=map] canvas").first();
    await painted(page, map);
    for (const layer of ["grid", "street"]) {
      await page.goto(`${BASE}/map?range=all&points=off&layer=${layer}`);
      await painted(page, page.locator("[data-testid=map] canvas").first());
    }
    await page.goto(`${BASE}/map?range=all&points=off&layer=none`);
    await page.waitForTimeout(2500);
    assert.ok(
      total(
        await countColors(
          page,
          page.locator("[data-testid=map] canvas").first(),
          shades,
        ),
      ) < 500,
    );
    await page.context().close();
  });

  it("a tap on a place opens its number, and the list behind it is exactly as long", async () => {
    const page = await openPage(browser, { viewport: DESKTOP });
    await signIn(page, logins.leader);
    await page.goto(`${BASE}/map?range=all&points=off&layer=street`);
    await painted(page, page.locator("[data-testid=map] canvas").first());
    const box = await page.locator("[data-testid=map]").boundingBox();
    for (
      let step = 0;
      step < 12 && !(await page.locator("[data-testid=place-value]").count());
      step++
    ) {
      await page.mouse.click(
        box.x + box.width * (0.35 + 0.05 * (step % 4)),
        box.y + box.height * (0.4 + 0.1 * Math.floor(step / 4)),
      );
      await page.waitForTimeout(500);
    }
    const panel = page.locator("[data-testid=panel]");
    await panel.locator(".count").waitFor();
    const n = Number(
      (await panel.locator(".big").innerText())
        .match(/n = ([\d,]+)/)[1]
        .replaceAll(",", ""),
    );
    const listed = Number(
      (await panel.locator(".count").innerText())
        .match(/[\d,]+/)[0]
        .replaceAll(",", ""),
    );
    assert.equal(listed, n);
    await page.context().close();
  });

  it("the summary shows its numbers, by day and by night, on a phone", async () => {
    const page = await openPage(browser, {
      viewport: PHONE,
      colorScheme: "dark",
    });
    await signIn(page, logins.leader);
    await page.goto(`${BASE}/summary?range=all`);
    await page.locator("[data-testid=tiles] li").first().waitFor();
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    assert.equal(wider, 0);
    await page.context().close();
  });

  for (const colorScheme of ["light", "dark"]) {
    it(
      `no page has a barrier that axe can find (${colorScheme})`,
      LOOK,
      async () => {
        const found = [];
        for (const viewport of [PHONE, DESKTOP]) {
          const page = await openPage(browser, { viewport, colorScheme });
          const look = async (path, ready) => {
            await page.goto(BASE + path);
            await page.locator(ready).first().waitFor();
            await page.waitForTimeout(400);
            found.push(
              ...(await findBarriers(page)).map(
                (line) => `${path} ${viewport.width}: ${line}`,
              ),
            );
          };
          await look("/", "#login");
          await look("/report", "[data-category]");
          await look(`/track/${number}`, "[data-testid=track]");
          await signIn(page, logins.duty_supervisor);
          await look("/map?range=all", "[data-testid=map] canvas");
          await look("/issues", "[data-testid=issue-list] a");
          await look("/summary?range=all", "[data-testid=tiles] li");
          await openIssue(page);
          found.push(
            ...(await findBarriers(page)).map(
              (line) => `issue ${viewport.width}: ${line}`,
            ),
          );
          await page.context().close();
        }
        assert.deepEqual([...new Set(found)], []);
      },
    );
  }

  it("no page reported an error or called another host", () =>
    assert.deepEqual(faults, []));

  async function makePhoto(page) {
    const url = await page.evaluate(() => {
      const canvas = document.createElement("canvas");
      canvas.width = 640;
      canvas.height = 480;
      const context = canvas.getContext("2d");
      context.fillStyle = "#c80";
      context.fillRect(100, 100, 300, 200);
      return canvas.toDataURL("image/jpeg");
    });
    return Buffer.from(url.split(",")[1], "base64");
  }

  async function openIssue(page) {
    const found = await ask(page, `/issues?q=${encodeURIComponent(words)}`);
    assert.equal(
      found.items.length,
      1,
      "the reported issue is in the scope of the account",
    );
    await page.goto(`${BASE}/issues/${found.items[0].id}`);
    await page.locator("[data-testid=number]").waitFor();
  }

  const badge = (page) => page.locator(".head .badge").first().innerText();

  /** Takes an action, filling in whatever its form demands. */
  async function act(page, action) {
    await page.locator(`[data-action=${action}]`).click();
    const form = page.locator("[data-testid=action-form]");
    await form.waitFor();
    for (const area of await form.locator("textarea[required]").all())
      await area.fill("现场已确认");
    for (const date of await form.locator("input[type=date][required]").all()) {
      await date.fill(
        new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10),
      );
    }
    for (const select of await form.locator("select[required]").all()) {
      await select
        .locator('option:not([value=""])')
        .first()
        .waitFor({ state: "attached" });
      const values = await select
        .locator("option")
        .evaluateAll((options) =>
          options.map((one) => one.value).filter(Boolean),
        );
      await select.selectOption(
        values.includes(handlerDepartment) ? handlerDepartment : values[0],
      );
    }
    // The end of the work is shown by a photo of it.
    const files = form.locator("[data-testid=photo-files]");
    if (action === "submit") {
      await files.setInputFiles({
        name: "after.jpg",
        mimeType: "image/jpeg",
        buffer: await makePhoto(page),
      });
      await form.locator("img").waitFor();
    }
    await form.locator("button:not([type=button])").last().click();
    await page.locator(".notice.ok[role=status]").waitFor();
  }

  /** Waits until the map shows values: many pixels in more than one of the classes' shades. */
  async function painted(page, canvas) {
    const end = Date.now() + WAIT_MS;
    let counts = [];
    while (Date.now() < end) {
      await page.waitForTimeout(700);
      counts = await countColors(page, canvas, shades);
      if (total(counts) > 3000 && counts.filter((n) => n > 300).length >= 2)
        return;
    }
    assert.fail(`the map shows no values: ${counts}`);
  }
});
