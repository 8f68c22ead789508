// Counts the seconds until a code may be asked for again. Every page does without this script.
for (const told of document.querySelectorAll("[data-wait]")) {
  const buttons = told.closest("form").querySelectorAll("[data-waits]");
  const end = Date.now() + Number(told.dataset.wait) * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    told.hidden = left <= 0;
    told.textContent = told.dataset.words.replace("{seconds}", String(Math.max(left, 0)));
    for (const button of buttons) button.disabled = left > 0;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}

// Passkeys: a challenge from the server, an answer from the device, and on to where the server says.
const send = async (shop, name, fields) => {
  const answer = await fetch(`/account/${shop}/passkey/${name}`, { method: "POST", body: new URLSearchParams(fields) });
  if (!answer.ok) throw new Error(name);
  return answer.json();
};

const use = async ({ passkey: act, request, csrf, shop }) => {
  const { options, handle } = await send(shop, "challenge", { csrf, act });
  const credential = act === "add"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
  const answer = JSON.stringify(credential.toJSON());
  const { to } = await send(shop, "answer", { csrf, act, request, handle, answer });
  location.assign(to);
};

const able = typeof PublicKeyCredential === "function" && "parseCreationOptionsFromJSON" in PublicKeyCredential;
for (const place of able ? document.querySelectorAll("[data-passkey]") : []) {
  const [button, trouble] = [place.querySelector("button"), place.querySelector(".error")];
  place.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    trouble.hidden = true;
    try {
      await use(place.dataset);
    } catch {
      trouble.hidden = false;
      button.disabled = false;
    }
  });
}
