"""What the Messages API refuses, in its words: a request that passes here is one that it takes."""

import hashlib
import re

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MAXIMUM_REQUEST = 32 * 1024 * 1024
MODELS = ("m0", "m1", "m2")
FIELDS = {
    "model", "max_tokens", "stream", "system", "tools", "tool_choice", "messages", "metadata",
    "thinking", "temperature", "stop_sequences", "top_p", "top_k", "service_tier"}


def signature(model, thinking):
    """What proves that a model thought this; the answer's own, as in the real API."""
    return hashlib.sha256(f"{model}\0{thinking}".encode()).hexdigest()


class Refused(Exception):
    """The request is none; `excuse` where no client could have known."""

    def __init__(self, message, excuse=False):
        super().__init__(message)
        self.excuse = excuse


def check(body, size=0):
    """Raise `Refused` unless this is a request that the API takes."""
    def insist(condition, message):
        if not condition:
            raise Refused(message)

    insist(size <= MAXIMUM_REQUEST, "Request exceeds the maximum size")
    insist(isinstance(body, dict), "body: Input should be a valid dictionary")
    unknown = set(body) - FIELDS
    insist(not unknown, f"{unknown}: Extra inputs are not permitted")
    insist(isinstance(body.get("model"), str) and body["model"], "model: Field required")
    maximum = body.get("max_tokens")
    insist(type(maximum) is int and maximum > 0, "max_tokens: Input should be greater than 0")
    system = body.get("system", "s")
    insist(isinstance(system, str) or system and all(_is_text(b) for b in system),
           "system: text content blocks must be non-empty")
    tools = body.get("tools", [])
    names = [tool["name"] for tool in tools]
    insist(len(set(names)) == len(names), "tools: Tool names must be unique.")
    insist("tools" not in body or tools, "tools: List should have at least 1 item")
    for name in names:
        insist(NAME.fullmatch(name), "tools.0.name: String should match pattern")
    insist(_breakpoints(body) <= 4, "A maximum of 4 blocks with cache_control may be provided.")
    messages = body.get("messages")
    insist(isinstance(messages, list) and messages, "messages: at least one message is required")
    insist(messages[0].get("role") == "user", 'messages: first message must use the "user" role')
    seen = set()
    for index, message in enumerate(messages):
        try:
            _check_message(message, messages[index - 1] if index else None,
                           messages[index + 1:index + 2], body["model"], seen)
        except Refused as refused:
            raise Refused(f"messages.{index}.{refused}", refused.excuse) from None


def _check_message(message, before, after, model, seen):
    role, content = message.get("role"), message.get("content")
    if set(message) != {"role", "content"}:
        raise Refused("role: Extra inputs are not permitted")
    if role not in ("user", "assistant"):
        raise Refused("role: Input should be 'user' or 'assistant'")
    if before and before["role"] == role:
        raise Refused('role: roles must alternate between "user" and "assistant"')
    if not isinstance(content, list) or not content:
        raise Refused("content: all messages must have non-empty content")
    for number, block in enumerate(content):
        try:
            _check_block(block, role, model, seen)
        except Refused as refused:
            raise Refused(f"content.{number}: {refused}", refused.excuse) from None
    if role == "assistant":
        last = content[-1]
        if after and last["type"].endswith("thinking"):
            raise Refused("content: The final block in an assistant message cannot be `thinking`.")
        if not after and last["type"] == "text" and last["text"] != last["text"].rstrip():
            raise Refused("content: final assistant content cannot end with trailing whitespace")
    uses = [b["id"] for b in content if b["type"] == "tool_use"]
    if after:
        results = [b.get("tool_use_id") for b in after[0]["content"] if isinstance(b, dict)]
        for use in uses:
            if use not in results:
                raise Refused(f"`tool_use` ids were found without `tool_result` blocks: {use}")
    elif uses:
        raise Refused("`tool_use` ids were found without `tool_result` blocks immediately after")
    asked = [b["id"] for b in before["content"] if b["type"] == "tool_use"] if before else []
    given = [b["tool_use_id"] for b in content if b["type"] == "tool_result"]
    for result in given:
        if result not in asked:
            raise Refused(f"unexpected `tool_use_id` found in `tool_result` blocks: {result}")
    if len(set(given)) != len(given):
        raise Refused("each tool_use must have a single result")
    kinds = [b["type"] == "tool_result" for b in content]
    if any(not kind for kind in kinds[:len(given)]):
        raise Refused("`tool_result` blocks must come first")


def _check_block(block, role, model, seen):
    kind = block.get("type")
    allowed = {
        ("text", "user"): {"text"}, ("text", "assistant"): {"text"},
        ("tool_result", "user"): {"tool_use_id", "content", "is_error"},
        ("tool_use", "assistant"): {"id", "name", "input"},
        ("thinking", "assistant"): {"thinking", "signature"},
        ("redacted_thinking", "assistant"): {"data"},
    }.get((kind, role))
    if allowed is None:
        raise Refused(f"Input tag {kind!r} found using 'type' does not match any of the expected")
    extra = set(block) - allowed - {"type", "cache_control"}
    if extra:
        raise Refused(f"{extra}: Extra inputs are not permitted")
    if "cache_control" in block and kind.endswith("thinking"):
        raise Refused("cache_control: Extra inputs are not permitted")
    if kind == "text" and not (isinstance(block.get("text"), str) and block["text"].strip()):
        raise Refused("text content blocks must contain non-whitespace text")
    if kind == "tool_use":
        if not NAME.fullmatch(block.get("name") or ""):
            raise Refused("tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
        if not NAME.fullmatch(block.get("id") or ""):
            raise Refused("tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if not isinstance(block.get("input"), dict):
            raise Refused("tool_use.input: Input should be a valid dictionary")
        if block["id"] in seen:
            raise Refused("`tool_use` ids must be unique")
        seen.add(block["id"])
    if kind == "tool_result" and not isinstance(block.get("content", "x"), str):
        raise Refused("tool_result.content: Input should be a valid string")
    if kind == "thinking":
        if not block.get("signature"):
            raise Refused("thinking.signature: Field required")
        _check_signature(block["signature"], model, block["thinking"])
    if kind == "redacted_thinking":
        _check_signature(block.get("data"), model, "redacted")


def _check_signature(given, model, thinking):
    if given != signature(model, thinking):
        # Damaged on its way it is nobody's: that no client can see.
        foreign = any(given == signature(other, thinking) for other in MODELS)
        raise Refused("Invalid `signature` in `thinking` block", excuse=not foreign)


def _is_text(block):
    return block.get("type") == "text" and bool(block.get("text", "").strip())


def _breakpoints(value):
    if isinstance(value, dict):
        return ("cache_control" in value) + sum(map(_breakpoints, value.values()))
    return sum(map(_breakpoints, value)) if isinstance(value, list) else 0
