// Segment's client for Node, as an application uses it: node.mjs URL KEY
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 4, maxRetries: 5 });
const failed = [];
analytics.on("error", (error) => failed.push(String(error.reason ?? error.code)));
const context = { ip: "203.0.113.77", locale: "de-DE", page: { url: "https://acme.example/a?utm_source=x" } };
const timestamp = new Date("2026-03-01T09:30:00Z");
const call = (kind, fields) => analytics[kind]({ userId: "u-5", anonymousId: "a-17", ...fields });
call("identify", { traits: { email: "ada@acme.example" } });
call("track", {
  event: "Order Completed", properties: { order_id: "A-1", revenue: 49.9, currency: "eur" }, context,
  messageId: "order-1", timestamp: new Date(Date.now() - 3600_000), integrations: { All: false },
});
call("page", { name: "Pricing", properties: { url: "https://acme.example/pricing", title: "Pricing" } });
call("screen", { name: "Home" });
call("group", { groupId: "acme", traits: { name: "Acme" } });
analytics.alias({ userId: "u-5", previousId: "a-17" });
await analytics.closeAndFlush({ timeout: 15000 });
console.log(JSON.stringify({ failed }));
