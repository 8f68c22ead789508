// better-auth with its plugin for phone numbers over HTTP. The code that it would send is told in a header of the answer, so that no phone is needed.
const http = require("node:http");

(async () => {
  const { betterAuth } = await import(require.resolve("better-auth"));
  const { phoneNumber } = await import(require.resolve("better-auth/plugins"));
  const { getMigrations } = await import(require.resolve("better-auth/db/migration")).catch(() =>
    import(require.resolve("better-auth/db")),
  );
  const { Pool } = require("pg");
  const codes = new Map();
  const options = {
    baseURL: "http://bench",
    secret: "a secret of at least thirty-two characters",
    database: new Pool({ connectionString: process.argv[2], max: 16 }),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error" },
    plugins: [
      phoneNumber({
        sendOTP: ({ phoneNumber: number, code }) => void codes.set(number, code),
        signUpOnVerification: {
          getTempEmail: (number) => `${number.slice(1)}@bench.example`,
          getTempName: (number) => number,
        },
      }),
    ],
  };
  const auth = betterAuth(options);
  await (await getMigrations(options)).runMigrations();
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const headers = new Headers(request.headers);
    const answer = await auth.handler(new Request("http://bench" + request.url, { method: request.method, headers, body }));
    const text = await answer.text();
    const asked = JSON.parse(body.toString() || "{}").phoneNumber;
    response.writeHead(answer.status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      "x-code": codes.get(asked) ?? "",
    });
    response.end(text);
  });
  server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
  process.stdin.on("end", () => process.exit()).resume();
})();
