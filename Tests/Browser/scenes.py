"""Sessions in every state, with something of everything that a conversation can hold."""


from support.waiting import eventually

ANSWER = """## What was wrong

The totals of *partial* refunds were **added**, not subtracted. In `Billing.swift`:

```swift
func total(of lines: [Line]) -> Decimal {
    lines.reduce(0) { $0 + $1.amount }  // refunds are negative already
}
```

| test | before | after |
|---|--:|--:|
| refunds | 3 failed | passed |
| totals | passed | passed |

1. Corrected the sign, see [the guide](https://example.org/guide).
2. Added a test for a refund of nothing.

> All 214 tests pass.
"""


def conversation_of_everything(team):
    """A session with a message, tools, an edit, Markdown and a question that waits; its id."""
    session = team.make_session(name="Mend the billing totals", mode="ask")["id"]
    told = [
        ("tool_start", {"toolName": "Bash", "toolUseId": "t1", "toolInput": {
            "command": "swift test --filter Billing", "description": "Run the tests"}}),
        ("tool_result", {"toolName": "Bash", "toolUseId": "t1", "isError": True,
                         "result": "✘ refunds: expected 12.50, got 17.50\n3 tests failed"}),
        ("text_complete", {"text": "The refunds have the wrong sign. I mend it.",
                           "isIntermediate": True}),
        ("tool_start", {"toolName": "Edit", "toolUseId": "t2", "toolInput": {
            "file_path": "Sources/Billing.swift",
            "old_string": "    lines.reduce(0) { $0 - $1.amount }",
            "new_string": "    lines.reduce(0) { $0 + $1.amount }"}}),
        ("tool_result", {"toolName": "Edit", "toolUseId": "t2", "result": "1 change made"}),
        ("text_complete", {"text": ANSWER}),
        ("usage", {"inputTokens": 48_200, "outputTokens": 1_730, "contextTokens": 49_900,
                   "contextWindow": 200_000}),
    ]
    team.api.post("/api/publish", {"events": [
        {"channel": f"session:{session}", "type": type, "turnId": "turn", **fields}
        if type != "usage" else {"channel": f"session:{session}", "type": type, **fields}
        for type, fields in told]})
    team.ask(session, command="git push --force origin main",
             description="Publish the corrected history", timeoutMs=600_000)
    return session


def sessions_in_every_state(team):
    """One session for each state."""
    begun = {
        "Count the words of the manual": ("demo:stream 1000000", "running"),
        "Ask the unreachable model": ("demo:error 400", "failed"),
        "Read the changelog": ("demo:stream 3", "idle"),
    }
    for name, (prompt, status) in begun.items():
        session = team.make_session(name=name, mode="safe")["id"]
        team.api.post(f"/api/sessions/{session}/messages", {"text": prompt}, status=202)
        has_status(team, session, status)
    stopped = team.make_session(name="Rewrite everything", mode="safe")["id"]
    team.api.post(f"/api/sessions/{stopped}/messages", {"text": "demo:silence"}, status=202)
    has_status(team, stopped, "running")
    team.api.post(f"/api/sessions/{stopped}/abort")
    has_status(team, stopped, "interrupted")


def has_status(team, session, status):
    eventually(lambda: team.api.get(f"/api/sessions/{session}")["status"] == status,
               within=15, what=f"a session that is {status}")


