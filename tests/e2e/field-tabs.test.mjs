// One phone, two tabs: what both keep goes through one outbox and arrives once, each has its own
// draft, and a session that ends in one tab has ended in the other.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { choosePhoto, Phone, pickCategory, signIn, staff } from "./phone.mjs";

const SLOW_MS = 300_000;

describe("two tabs of one phone", () => {
  const phone = new Phone("tabs");
  const { network } = phone;
  const stamp = `t${Date.now().toString(36)}`;
  let worker, left, right;

  before(async () => {
    left = await phone.start();
    right = await phone.context.newPage();
    worker = phone.worker;
    // So that the network can tell who sends.
    await left.setExtraHTTPHeaders({ "X-Tab": "left" });
    await right.setExtraHTTPHeaders({ "X-Tab": "right" });
    await signIn(left, network, worker.login);
    await left.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  });
  after(() => phone.end());

  async function openReport(page) {
    await page.goto(`${network.base}/report`);
    await page.locator("#part-photos").waitFor();
  }
  /** Fills the form that is open. */
  async function fill(page, words, n) {
    await page.locator("form").waitFor();
    if (n !== undefined) await choosePhoto(page, n);
    await page.locator("[data-testid=position]").waitFor();
    await pickCategory(page);
    await page.locator("#text").fill(words);
  }
  async function send(page) {
    await page.locator("[data-testid=send]").click();
    const done = page.locator("[data-testid=kept], [data-testid=receipt]");
    await done.waitFor();
    return done;
  }
  async function report(page, words, n) {
    await fill(page, words, n);
    const done = await send(page);
    await done.locator("button", { hasText: "再报一件" }).click();
  }
  async function waitFor(says, holds) {
    const end = Date.now() + SLOW_MS;
    while (!holds()) {
      assert.ok(Date.now() < end, says());
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  const arrivals = (n) => phone.arrivals(n, SLOW_MS);
  /** The numbers of the receipts on the page of the outbox, once nothing waits. */
  async function receipts(page, n) {
    await page.waitForFunction(
      (n) =>
        document.querySelectorAll("li[data-state=sent]").length >= n &&
        !document.querySelector("li:not([data-state=sent])[data-state]"),
      n,
      { polling: 200 },
    );
    const items = page.locator("li[data-state=sent]");
    return (await items.allInnerTexts())
      .map((text) => [
        text.match(/查询号 (\S+)/)?.[1],
        text.match(new RegExp(`${stamp} \\S+`))?.[0],
      ])
      .filter(([, words]) => words);
  }
  const isIn = (page) =>
    page.evaluate(async () => (await fetch("/api/v1/session")).status);

  it("each has its own draft, and neither writes over the other's", async () => {
    await openReport(left);
    await left.locator("#text").fill(`${stamp} 左稿`);
    // It is kept a moment after it was typed.
    const kept = (page) => page.locator("form[data-draft=kept]").waitFor();
    await kept(left);
    await openReport(right);
    assert.equal(await right.locator("#text").inputValue(), "");
    await right.locator("#text").fill(`${stamp} 右稿`);
    await kept(right);
    for (const [page, words] of [
      [left, `${stamp} 左稿`],
      [right, `${stamp} 右稿`],
    ]) {
      await page.reload();
      await page.waitForFunction(
        (words) => document.querySelector("#text")?.value === words,
        words,
      );
    }
    // The one that is sent takes the other one's draft with it as little.
    await fill(right, `${stamp} 右稿`);
    await (await send(right)).waitFor();
    await left.reload();
    await left.waitForFunction(
      (words) => document.querySelector("#text")?.value === words,
      `${stamp} 左稿`,
    );
    await left.locator("#text").fill("");
    await arrivals(1);
    network.arrived.length = 0;
  });

  it("what both keep without a network arrives once and in order, and both show the same receipts", async () => {
    await openReport(left);
    await openReport(right);
    network.set("down");
    const wanted = [];
    for (let n = 0; n < 3; n += 1) {
      for (const [page, name] of [
        [left, "左"],
        [right, "右"],
      ]) {
        wanted.push(`${stamp} ${name}${n}`);
        await report(page, wanted.at(-1), n * 2 + (page === left ? 0 : 1));
      }
    }
    for (const page of [left, right]) {
      await page.goto(`${network.base}/outbox`);
      await page.locator("li[data-state=waiting]").nth(5).waitFor();
    }
    assert.deepEqual(network.arrived, []);
    network.set("flapping");
    // Both hear of it at the same moment, and both are told to send.
    await Promise.all(
      [left, right].map((page) =>
        page.evaluate(() => globalThis.dispatchEvent(new Event("online"))),
      ),
    );
    await arrivals(wanted.length);
    const [one, other] = [
      await receipts(left, wanted.length),
      await receipts(right, wanted.length),
    ];
    network.set("clean");
    assert.deepEqual(network.arrived, wanted);
    assert.deepEqual(network.collisions, []);
    assert.deepEqual(one, other);
    assert.deepEqual(
      one
        .map(([, words]) => words)
        .filter((words) => wanted.includes(words))
        .sort(),
      [...wanted].sort(),
    );
    const { asks } = await staff(worker.login);
    for (const words of wanted) {
      const q = encodeURIComponent(words);
      const { items } = await asks(`/issues?q=${q}&limit=5`);
      assert.equal(items.length, 1, words);
      const issue = await asks(`/issues/${items[0].id}`);
      assert.equal(issue.photos.length, 1, words);
      const shown = one.find(([, said]) => said === words);
      assert.equal(shown?.[0], issue.number, words);
    }
    network.arrived.length = 0;
  });

  it("a sign-out in one is a sign-out in the other, and what was half sent waits for its owner", async () => {
    await openReport(right);
    await left.goto(`${network.base}/tasks`);
    await left.locator("[data-testid=tasks], [data-testid=no-tasks]").waitFor();
    const words = `${stamp} 半途`;
    await fill(right, words, 99);
    network.set("holding");
    await right.locator("[data-testid=send]").click();
    await waitFor(
      () => "nothing is under way",
      () => network.held > 0,
    );
    await left.locator("[aria-controls=account-menu]").click();
    await left.locator("[data-testid=sign-out]").click();
    await left.locator("[data-login]").first().waitFor();
    await waitForStranger(right);
    network.set("clean");
    assert.equal(await isIn(right), 401);
    // Nobody's outbox is empty, in both.
    for (const page of [left, right]) {
      await page.goto(`${network.base}/outbox`);
      await page.locator("[data-testid=outbox-empty]").waitFor();
    }
    assert.deepEqual(network.arrived, []);

    await signIn(left, network, worker.login);
    await arrivals(1);
    assert.deepEqual(network.arrived, [words]);
    // The other tab has heard of that, too.
    await right.locator("li[data-state=sent]", { hasText: words }).waitFor();
    const { asks } = await staff(worker.login);
    const { items } = await asks(`/issues?q=${encodeURIComponent(words)}`);
    assert.equal(items.length, 1);
    const issue = await asks(`/issues/${items[0].id}`);
    assert.equal(issue.photos.length, 1);
    assert.ok(
      issue.reporter.account_name,
      "it is the worker's, not a stranger's",
    );
  });
  /** The form of a stranger says so. */
  async function waitForStranger(page) {
    await page.waitForFunction(
      () => !document.querySelector("[aria-controls=account-menu]"),
    );
  }

  it("nothing went wrong on any page, and nothing was asked of another host", () => {
    assert.deepEqual(phone.faults, []);
  });
});
