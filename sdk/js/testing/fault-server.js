// A local server that does what a scenario of vectors/faults.json says, and notes what it was asked.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** A file of vectors. */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
}

function requestIn(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [line, ...rest] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    rest.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()]),
  );
  const length = Number(headers["content-length"] ?? 0);
  const body = text.slice(end + 4, end + 4 + length);
  return body.length < length ? null : { line, headers, body, size: end + 4 + length };
}

function answerTo(socket, answer, other) {
  if (answer.drop) return void socket.destroy();
  if (answer.hang) return;
  const told = { "Content-Length": String(Buffer.byteLength(answer.body)), ...answer.headers };
  const lines = Object.entries(told).map(([name, value]) => `${name}: ${value.replace("{other}", other)}`);
  socket.write(Buffer.from([`HTTP/1.1 ${answer.status} X`, ...lines, "", ""].join("\r\n") + answer.body));
  if (answer.cut) socket.end();
  if (answer.trickle) {
    const timer = setInterval(() => socket.write(" "), 20);
    socket.on("close", () => clearInterval(timer));
  }
}

/** A server that answers in order, the last answer again and again, until the test `t` ends. */
export async function faulty(t, answers, other = "") {
  const asked = [];
  const sockets = new Set();
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.setEncoding("latin1").on("data", (piece) => {
      text += piece;
      const request = requestIn(text);
      if (request === null) return;
      text = text.slice(request.size);
      asked.push(request);
      answerTo(socket, answers[Math.min(asked.length, answers.length) - 1], other);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { asked, address: `http://127.0.0.1:${server.address().port}` };
}
