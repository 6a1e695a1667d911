// A phone without room: what no longer fits is refused before anything is lost, the person reads what
// can be done, and the same report goes when there is room.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findBarriers } from "./browser.mjs";
import { choosePhoto, Phone, pickCategory, signIn, staff } from "./phone.mjs";

const SLOW_MS = 300_000;
/** About what one of the photos takes. */
const PHOTO_PX = [1600, 1200];
const PHOTO_BYTES = 300_000;

describe("a phone whose storage is full", () => {
  const phone = new Phone("full");
  const { network } = phone;
  const stamp = `r${Date.now().toString(36)}`;
  let page, device;

  before(async () => {
    page = await phone.start();
    device = await phone.context.newCDPSession(page);
    await signIn(page, network, phone.worker.login);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await openReport();
  });
  after(() => phone.end());

  async function openReport() {
    await page.goto(`${network.base}/report`);
    await page.locator("#part-photos").waitFor();
    await ready();
  }
  /** The form knows where it is, and what can be reported. */
  async function ready() {
    await page.locator("[data-testid=position]").waitFor();
    await page
      .locator("[data-testid=category-picker] .segment")
      .first()
      .waitFor();
  }
  /** Leaves the phone so much room, or as much as there is. */
  async function leaveRoom(bytes) {
    const usage = await page.evaluate(
      async () => (await navigator.storage.estimate()).usage,
    );
    await device.send("Storage.overrideQuotaForOrigin", {
      origin: network.base,
      ...(bytes === undefined ? {} : { quotaSize: usage + bytes }),
    });
  }
  const words = (n) => `${stamp} 第${n}件`;
  async function fill(n) {
    await pickCategory(page);
    await page.locator("#text").fill(words(n));
    await choosePhoto(page, n, PHOTO_PX);
  }
  /** Until the photo is on the screen alone. The browser remembers for half a minute how much room
   * there was: what is written goes on changing until it is refused. */
  async function untilLoose(n) {
    const end = Date.now() + SLOW_MS;
    const pause = () => new Promise((done) => setTimeout(done, 1_000));
    await pause();
    while (!(await page.locator("[data-testid=loose]").isVisible())) {
      assert.ok(Date.now() < end, "the photo fits still");
      for (const text of [`${words(n)}…`, words(n)]) {
        await page.locator("#text").fill(text);
        await pause();
      }
    }
  }
  const send = () => page.locator("[data-testid=send]").click();
  const done = () =>
    page.locator("[data-testid=kept], [data-testid=receipt]").waitFor();
  async function another() {
    await page.locator("button", { hasText: "再报一件" }).click();
    await page.locator("#part-photos").waitFor();
    await ready();
  }
  const arrivals = (n) => phone.arrivals(n, SLOW_MS);
  /** The report is refused, and all of it is on the screen still. */
  async function assertRefused(n) {
    const note = page.locator("[data-testid=unkept]");
    await note.waitFor();
    assert.match(await note.innerText(), /存储空间不足/);
    assert.equal(await page.locator("#text").inputValue(), words(n));
    assert.equal(await page.locator("#part-photos img").count(), 1);
    await page.locator("#part-category .chosen").waitFor();
    return note;
  }
  async function photosOf(n) {
    const { asks } = await staff(phone.worker.login);
    const { items } = await asks(
      `/issues?q=${encodeURIComponent(words(n))}&limit=5`,
    );
    assert.equal(items.length, 1, words(n));
    return (await asks(`/issues/${items[0].id}`)).photos.length;
  }

  it("a report that does not fit is refused before anything is lost, and says what can be done", async () => {
    // From the first word that the phone keeps, since the browser remembers for a while how much
    // room there was: enough for a draft with its photo and for what is made of it.
    await leaveRoom(PHOTO_BYTES * 2.5);
    network.set("down");
    await fill(1);
    await send();
    await done();
    await another();
    await leaveRoom(PHOTO_BYTES / 2);
    await fill(2);
    // While it is written already: the photo is on the screen alone.
    await untilLoose(2);
    await send();
    const note = await assertRefused(2);
    // What waited before waits still.
    assert.match(await note.innerText(), /1 件/);
    // What is scrolled half under the bar is no small target.
    await page.evaluate(() => scrollTo(0, 0));
    assert.deepEqual(await findBarriers(page), []);
    // It stays so, however often it is tried.
    await send();
    await assertRefused(2);
  });

  it("its words are there after a reload without a network", async () => {
    await page.reload();
    await page.locator("#part-photos").waitFor();
    await page.waitForFunction(
      (text) => document.querySelector("#text")?.value === text,
      words(2),
    );
    await page.locator("#part-category .chosen").waitFor();
    assert.equal(await page.locator("#part-photos img").count(), 0);
  });

  it("without its photo it fits, and waits", async () => {
    await choosePhoto(page, 2, PHOTO_PX);
    await untilLoose(2);
    await send();
    const note = await assertRefused(2);
    await note.locator("[data-testid=words-only]").click();
    await send();
    await page.locator("[data-testid=kept]").waitFor();
    await another();
  });

  it("when there is room again, the same report is sent after what waited, each with its photo", async () => {
    await fill(3);
    await untilLoose(3);
    await send();
    assert.match(await (await assertRefused(3)).innerText(), /2 件/);
    network.set("clean");
    await page.locator("[data-testid=send-waiting]").click();
    await arrivals(2);
    // Nothing that is on the screen has gone.
    await assertRefused(3);
    await leaveRoom(PHOTO_BYTES * 20);
    await send();
    await page.locator("[data-testid=receipt]").waitFor();
    assert.deepEqual(network.arrived, [words(1), words(2), words(3)]);
    assert.deepEqual(
      [await photosOf(1), await photosOf(2), await photosOf(3)],
      [1, 0, 1],
    );
  });

  it("with a network it goes straight from the screen, with its photo, and once", async () => {
    await another();
    await leaveRoom(PHOTO_BYTES / 2);
    await fill(4);
    await untilLoose(4);
    await send();
    const directly = (await assertRefused(4)).locator("[data-testid=directly]");
    // What fails on the way is tried again from the screen, as the same report.
    network.set("down");
    await directly.click();
    await page.locator("[data-testid=unsent]").waitFor();
    await assertRefused(4);
    network.set("clean");
    await directly.click();
    await page.locator("[data-testid=receipt]").waitFor();
    assert.deepEqual(network.arrived.slice(3), [words(4)]);
    assert.equal(await photosOf(4), 1);
    // It never was in the outbox, and its draft is gone.
    await page.goto(`${network.base}/outbox`);
    await page.locator("[data-testid=outbox]").waitFor();
    assert.equal(await page.getByText(words(4)).count(), 0);
    await openReport();
    assert.equal(await page.locator("#text").inputValue(), "");
  });

  it("nothing went wrong on any page, and nothing was asked of another host", () => {
    assert.deepEqual(phone.faults, []);
  });
});
