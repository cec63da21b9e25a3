// A webhook as the portal signs it (webhook.json: a unit test holds the portal to it) is taken by the standard's own library, with the
// secret and with the one before it; one that was changed is not.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secrets, id, timestamp, body, signature } = JSON.parse(readFileSync(new URL("webhook.json", import.meta.url), "utf8"));
const headers = { "webhook-id": id, "webhook-timestamp": `${timestamp}`, "webhook-signature": signature };
Date.now = () => timestamp * 1000;
for (const secret of secrets) {
  const webhook = new Webhook(secret);
  if (webhook.verify(body, headers).type !== "project_created") throw new Error("The event is another one.");
  for (const [words, what] of [[`${body} `, headers], [body, { ...headers, "webhook-id": "another" }]]) {
    let taken = true;
    try { webhook.verify(words, what); } catch { taken = false; }
    if (taken) throw new Error("One that was changed was taken.");
  }
}
