// A network between a phone and the server under test, which can be good, bad or gone.
import http from "node:http";
import { BASE } from "./browser.mjs";

/** The same chances in every run (mulberry32). */
function chances(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const isSending = ({ method, url }) =>
  method !== "GET" &&
  /\/(uploads|reports|actions)\b/.test(url) &&
  !url.endsWith("/preview");

/** A network between the phone and the server that can be bad, or gone. */
export class Network {
  mode = "clean";
  /** Texts of reports as the server first took them, in order. */
  arrived = [];
  /** What tabs that name themselves (`X-Tab`) had under way at once, if it was more than one tab. */
  collisions = [];
  #underWay = new Map();
  #held = [];
  failures = { before: 0, within: 0, after: 0, gateway: 0 };
  #sockets = new Set();
  /** What goes on to the server: a live view of it would not end by itself. */
  #onward = new Set();
  #chance = chances(20261121);
  #server = http.createServer((request, response) =>
    this.#pass(request, response),
  );

  async open() {
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      if (this.mode === "down") socket.destroy();
    });
    await new Promise((done) => this.#server.listen(0, "127.0.0.1", done));
    this.base = `http://127.0.0.1:${this.#server.address().port}`;
  }
  set(mode) {
    this.mode = mode;
    if (mode === "down") for (const socket of this.#sockets) socket.destroy();
    if (mode !== "holding") for (const go of this.#held.splice(0)) go();
  }
  close() {
    for (const socket of this.#sockets) socket.destroy();
    for (const onward of this.#onward) onward.destroy();
    this.#server.close();
  }

  /** How many requests wait until this network goes on. */
  get held() {
    return this.#held.length;
  }

  /** What befalls a request: nothing, mostly. */
  #fate(request) {
    const isSent = /\/(uploads|reports|actions)\b/.test(request.url);
    if (this.mode !== "flapping" || !isSent) return "pass";
    const drawn = this.#chance();
    if (drawn < 0.1) return "before";
    if (drawn < 0.2) return "within";
    if (drawn < 0.3) return "after";
    return drawn < 0.4 ? "gateway" : "pass";
  }

  /** Notes when two tabs send at the same time. */
  #follow(request, response) {
    const tab = request.headers["x-tab"];
    if (!tab || !isSending(request)) return;
    for (const other of this.#underWay.values())
      if (other !== tab)
        this.collisions.push(`${tab} beside ${other}: ${request.url}`);
    this.#underWay.set(request, tab);
    const end = () => this.#underWay.delete(request);
    response.on("finish", end);
    response.on("close", end);
  }

  async #pass(request, response) {
    if (this.mode === "down") return request.socket.destroy();
    this.#follow(request, response);
    if (this.mode === "holding" && isSending(request))
      await new Promise((go) => this.#held.push(go));
    const fate = this.#fate(request);
    if (fate !== "pass") this.failures[fate] += 1;
    if (fate === "before") return request.socket.destroy();
    if (fate === "gateway") {
      response.writeHead(502, { "Content-Type": "text/html" });
      return response.end("<h1>Bad Gateway</h1>");
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    let body = Buffer.concat(parts);
    const to = new URL(request.url, BASE);
    const headers = { ...request.headers, host: to.host };
    if (this.mode === "flapping")
      await new Promise((done) => setTimeout(done, this.#chance() * 40));
    // Whoever went away meanwhile is told nothing any more.
    if (request.socket.destroyed) return;
    // A line of its own for each: those that are cut take no other with them.
    const agent = new http.Agent({ keepAlive: false });
    const method = request.method;
    const onward = http.request(to, { method, headers, agent });
    this.#onward.add(onward);
    onward.on("close", () => this.#onward.delete(onward));
    if (fate === "within") {
      // Half of it reaches the server, and then the line is cut on both sides.
      onward.on("error", () => {});
      onward.setHeader("content-length", body.length + 1);
      onward.write(body.subarray(0, body.length >> 1));
      setTimeout(() => onward.destroy(), 5);
      return request.socket.destroy();
    }
    onward.on("error", () => request.socket.destroy());
    onward.on("response", (answer) => {
      this.#note(request, answer, body);
      if (fate === "after") {
        answer.resume();
        return request.socket.destroy();
      }
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    response.on("close", () => onward.destroy());
    onward.end(body);
  }
  #note(request, answer, body) {
    if (request.method !== "POST" || request.url !== "/api/v1/reports") return;
    if (answer.statusCode === 201)
      this.arrived.push(JSON.parse(body.toString()).text);
  }
}
