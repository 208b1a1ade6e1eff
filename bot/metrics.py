"""What is counted, for /metrics. No label ever holds a person's data."""

from prometheus_client import Counter, Gauge, Histogram

webhooks = Counter(
    "enlace_webhooks_total", "Webhook requests, by door and answer", ["door", "status"]
)
webhook_seconds = Histogram(
    "enlace_webhook_seconds",
    "Time until a webhook was answered",
    ["door"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
sends = Counter(
    "enlace_sends_total", "Tries to send, by channel and outcome", ["channel", "outcome"]
)
lease_steals = Counter(
    "enlace_lease_steals_total",
    "Leases that ran out and were taken over, by what was leased (lane, outbox, media, timer)",
    ["kind"],
)
fence_refusals = Counter(
    "enlace_fence_refusals_total",
    "Effects refused because somebody else has the lease now, by what was leased",
    ["kind"],
)
bodies = Counter(
    "enlace_bodies_total",
    "Messages whose words were to be taken away at their provider, by outcome (blanked, later)",
    ["outcome"],
)
spooled = Counter(
    "enlace_spooled_total",
    "Files put beside a record that did not answer, by kind (envelope, outcome)",
    ["kind"],
)
write_batch = Histogram(
    "enlace_write_batch",
    "Acts in one commit of an embedded record",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
telegram_pending = Gauge(
    "enlace_telegram_pending", "Updates that Telegram held back for us when it was last asked"
)
telegram_trouble = Gauge(
    "enlace_telegram_trouble", "Whether Telegram fails to bring us what people write: 1 while so"
)
