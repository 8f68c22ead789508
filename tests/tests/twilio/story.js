// The same through Twilio's library for Node, in short.
const [base, account, token, service] = process.argv.slice(2);
const client = require("twilio")(account, token);
client.verify.baseUrl = base + "/compat/twilio";
client.lookups.baseUrl = base + "/compat/twilio";

const trouble = async (call) => {
  try {
    await call();
  } catch (error) {
    return [error.status, error.code];
  }
  return "no trouble";
};

const textFor = async (number) => {
  const address = `${base}/sandbox/v1/phones/%2B${number.slice(1)}/messages`;
  const until = Date.now() + 30000;
  while (Date.now() < until) {
    const answer = await fetch(address, { headers: { authorization: "Bearer " + token } });
    const body = await answer.json();
    const texts = (body.items ?? body).map((item) => item.text).filter(Boolean);
    if (texts.length > 0) return texts[0];
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error("the phone got nothing");
};

(async () => {
  const seen = {};
  const verify = client.verify.v2.services(service);
  const to = "+358401230011";
  const sent = await verify.verifications.create({ to, channel: "sms" });
  seen.sent = [sent.status, sent.valid, sent.to];
  const code = (await textFor(to)).match(/^\d+/)[0];
  const wrong = code.slice(0, -1) + (code.endsWith("0") ? "1" : "0");
  let checked = await verify.verificationChecks.create({ to, code: wrong });
  seen.wrong = [checked.status, checked.valid];
  checked = await verify.verificationChecks.create({ to, code });
  seen.right = [checked.status, checked.valid];
  seen.again = await trouble(() => verify.verificationChecks.create({ to, code }));
  seen.badNumber = await trouble(() => verify.verifications.create({ to: "+12", channel: "sms" }));
  const found = await client.lookups.v2.phoneNumbers(to).fetch({ fields: "line_type_intelligence" });
  seen.lookup = [found.valid, found.countryCode, found.lineTypeIntelligence.type];
  console.log(JSON.stringify(seen));
})();
