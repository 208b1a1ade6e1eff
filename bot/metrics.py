"""What is counted, for /metrics."""

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
waiting = Gauge("enlace_waiting", "What waits, by kind", ["kind"])
