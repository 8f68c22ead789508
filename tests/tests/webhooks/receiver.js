// A receiver that verifies with the library of the specification: tells its port, then each call, in lines of JSON. The secret is read from a file, which is there after its endpoint was made.
const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { Webhook } = require("standardwebhooks");

const tell = (value) => console.log(JSON.stringify(value));
const accepts = (body, headers) => {
  try {
    new Webhook(readFileSync(process.argv[2], "utf8").trim()).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const headers = request.headers;
    tell({
      id: headers["webhook-id"],
      verified: accepts(body, headers),
      changed: accepts(body + " ", headers),
      body,
    });
    response.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
process.stdin.on("end", () => process.exit()).resume();
