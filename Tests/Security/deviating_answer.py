"""Answers of a model that deviate from the protocol at random, each from a seed of its own."""

import json
import random

from strict_api import signature

BIG = ["0", "-1", "0.5", "7.0", "null", '"12"', "1e999", "9007199254740993", "9223372036854775807",
       "18446744073709551616", "{}", "[1]", "-9223372036854775809", "1e18"]
TEXTS = ["Hello", "", " \n\t", "\u202e\u200b", "\0", "Grüße 👩🏽‍🚀", "a" * 5_000, "```", "\ud83d",
         "\ude00", "x \n"]
IDS = ["", None, 12, "a b", "a.b:c/d", "i" * 1_600, "toolu_1", "toolu_2", "ü", "\0", "../x"]
NAMES = ["", None, "n" * 457, "mcp: tool", "Bäsh", "__proto__", "constructor", "Bash\0", " Read",
         "Read", "Read", "Glob", 7]
INPUTS = ['{"file_path":"a"}', '{"file_path":"a"}', "", " ", "{", "[1]", "null", "7", '"{}"',
          '"{\\"file_path\\":\\"a\\"}"', "{}" * 2, '{}{"file_path":"a"}', "[" * 300, '{"a":' * 90,
          '{"file_path":1e999}', '{"offset":9223372036854775808,"file_path":"a"}',
          '{"a\\u0000":"\\ud800"}', '{"limit":-1,"file_path":"a","file_path":"b"}',
          '{"timeout":1e300,"command":"true"}']
REASONS = ["end_turn", "tool_use", "max_tokens", "pause_turn", "refusal", "stop_sequence", None,
           "model_context_window_exceeded", "", "brand_new", 3]
BLOCKS = [{}, None, [], 7, "text", {"type": "tool_use"}, {"type": None}, {"type": "text"},
          {"type": "melody", "notes": [1, {"a": None}]}, {"type": "image", "source": {}},
          {"type": "redacted_thinking"}, {"type": "redacted_thinking", "data": ""},
          {"type": "thinking", "thinking": "unsigned"}, {"type": "server_tool"}]


class Answer:
    """One answer to one request: `events` as (name, data) with the data as JSON text."""

    def __init__(self, seed, model, tools=True):
        self.random = random.Random(seed)
        self.model = model
        self.blocks = [self._block(tools) for _ in range(self.random.choice([0, 1, 1, 2, 3, 6]))]
        self.events = []

    def _block(self, tools):
        roll = self.random.random()
        if roll < 0.35 and tools:
            return {"type": "tool_use", "id": f"toolu_{self.random.getrandbits(40):x}",
                    "name": self.random.choice(["Read", "Glob", "Read", "Bash"]),
                    "input": {"file_path": "a"}}
        if roll < 0.5:
            thought = f"[{self.model}] Hm {self.random.getrandbits(20)}"
            return {"type": "thinking", "thinking": thought,
                    "signature": signature(self.model, thought)}
        if roll < 0.55:
            return {"type": "redacted_thinking", "data": signature(self.model, "redacted")}
        return {"type": "text", "text": f"Text {self.random.getrandbits(20)} 👋"}

    # Content

    def odd_content(self):
        for block in self.blocks:
            if block["type"] == "tool_use":
                field, values = self.random.choice(
                    [("id", IDS), ("name", NAMES), ("input", [None, [], "x", '{"a":1}', 7])])
                block[field] = self.random.choice(values)
            elif block["type"] == "text":
                block["text"] = self.random.choice(TEXTS)
            elif block["type"] == "thinking":
                if self.random.random() < 0.5:
                    block["signature"] = self.random.choice(["", None])
                else:
                    block["thinking"] += "!"
        for _ in range(self.random.choice([0, 1, 2])):
            self.blocks.insert(self.random.randint(0, len(self.blocks)), self.random.choice(BLOCKS))

    def repeated_tools(self):
        twin = {"type": "tool_use", "id": "toolu_twin", "name": "Read", "input": {"file_path": "a"}}
        self.blocks += [twin, dict(twin)]

    # Events

    def write(self, odd_numbers=False, odd_inputs=False, odd_reason=False):
        """Make `events` of the blocks, as the API writes them but for what is said."""
        pick = self.random.choice
        usage = {"input_tokens": 10, "output_tokens": 1}
        message = {"id": f"msg_{self.random.getrandbits(30)}", "type": "message",
                   "role": "assistant", "model": self.model, "content": [], "stop_reason": None,
                   "stop_sequence": None, "usage": usage}
        self._add("message_start", message=message)
        for index, block in enumerate(self.blocks):
            self._write_block(index, block, odd_inputs)
        uses = any(isinstance(b, dict) and b.get("type") == "tool_use" for b in self.blocks)
        reason = pick(REASONS) if odd_reason else "tool_use" if uses else "end_turn"
        self._add("message_delta", delta={"stop_reason": reason, "stop_sequence": None},
                  usage={"output_tokens": 5})
        self._add("message_stop")
        if odd_numbers:
            self.events = [(name, self._renumbered(data)) for name, data in self.events]

    def _write_block(self, index, block, odd_inputs):
        pieces, start = [], block
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text" and isinstance(block.get("text"), str):
            start = {**block, "text": ""}
            pieces = [{"type": "text_delta", "text": part} for part in self._cut(block["text"])]
        elif kind == "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            pieces = [{"type": "thinking_delta", "thinking": part}
                      for part in self._cut(block["thinking"])]
            pieces.append({"type": "signature_delta", "signature": block.get("signature")})
        elif kind == "tool_use" and isinstance(block.get("input"), dict):
            start = {**block, "input": {}}
            text = self.random.choice(INPUTS) if odd_inputs else json.dumps(block["input"])
            pieces = [{"type": "input_json_delta", "partial_json": part}
                      for part in self._cut(text)]
        self._add("content_block_start", index=index, content_block=start)
        for piece in pieces:
            self._add("content_block_delta", index=index, delta=piece)
        self._add("content_block_stop", index=index)

    def _cut(self, text):
        """In pieces of UTF-16, so that a cut may split a character."""
        units = text.encode("utf-16-le", "surrogatepass")
        places = sorted(self.random.randint(0, len(units) // 2) * 2
                        for _ in range(self.random.choice([0, 0, 1, 3])))
        return [units[a:b].decode("utf-16-le", "surrogatepass")
                for a, b in zip([0, *places], [*places, len(units)])]

    def _renumbered(self, data):
        for field in ("input_tokens", "output_tokens"):
            if self.random.random() < 0.7:
                data = data.replace(f'"{field}": 1', f'"{field}": {self.random.choice(BIG)}, "n": 1')
                data = data.replace(f'"{field}": 5', f'"{field}": {self.random.choice(BIG)}')
        return data[:-1] + f', "nobody_reads": {self.random.choice(BIG)}' + "}"

    def _add(self, name, **fields):
        self.events.append((name, json.dumps({"type": name, **fields})))

    # The stream

    def disorder(self):
        """Change the order and number of events."""
        for _ in range(self.random.choice([1, 1, 2, 4])):
            place = self.random.randrange(len(self.events))
            name, data = self.events[place]
            change = self.random.choice(
                ["drop", "twice", "swap", "start", "index", "done", "weather", "text", "end"])
            if change == "drop" and len(self.events) > 1:
                del self.events[place]
            elif change == "twice" and not name.startswith("content_block_delta"):
                self.events.insert(place, (name, data))
            elif change == "swap":
                other = self.random.randrange(len(self.events))
                self.events[place], self.events[other] = self.events[other], self.events[place]
            elif change == "start":
                start = parsed(self.events[0][1])
                if "message" in start:
                    start["message"]["id"] = self.random.choice([start["message"]["id"], None, "m2"])
                self.events.insert(place, (self.events[0][0], json.dumps(start)))
            elif change == "index":
                shift = self.random.choice([1, 5, -1])
                self.events = [(n, self._shifted(d, shift)) for n, d in self.events]
            elif change == "done":
                self.events.insert(place, ("message", "[DONE]"))
            elif change == "weather":
                self.events.insert(place, ("weather", self.random.choice(["{}", "no JSON", "7"])))
            elif change == "text":
                self.events.append(self.events[place])
            elif change == "end":
                del self.events[place + 1:]

    @staticmethod
    def _shifted(data, shift):
        value = parsed(data)
        if type(value.get("index")) is not int:
            return data
        return json.dumps({**value, "index": value["index"] + shift})

    def error(self):
        """An error in the middle, in the words of the API or of a gateway."""
        error = self.random.choice([
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            {"type": "error", "error": {"type": "hiccup", "message": "?"}},
            {"error": {"message": "boom", "type": "None", "param": "None", "code": "500"}},
            {"error": {"message": "slow down", "code": 429, "status": "RESOURCE_EXHAUSTED"}},
            {"error": "boom"}, {"detail": "boom"}, {"type": "error"}, {"type": "error", "error": 7},
            {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}])
        place = self.random.randint(0, len(self.events))
        self.events.insert(place, ("error", json.dumps(error)))

    def noise(self):
        """Damage a few bytes of the encoded stream: what `encoded` returns is then anything."""
        self.damage = True

    damage = False

    def encoded(self, odd_lines=False):
        pick = self.random.choice
        end = pick(["\n", "\r\n", "\r"]) if odd_lines else "\n"
        text = pick(["", "\ufeff", end * 3, ": hello" + end]) if odd_lines else ""
        for name, data in self.events:
            if odd_lines and self.random.random() < 0.2:
                text += pick([": ping", "id: 7", "retry: 1", "event: ping" + end + "data: {}" + end])
                text += end
            if not (odd_lines and self.random.random() < 0.3):
                text += f"event: {name}{end}"
            if odd_lines and self.random.random() < 0.2 and ", " in data:
                first, rest = data.split(", ", 1)
                data = f"{first},{end}data:{rest}"
            text += f"data: {data}{end}{end}"
        encoded = bytearray(text.encode("utf-8", "surrogatepass"))
        if self.damage and encoded:
            for _ in range(self.random.choice([1, 2, 10])):
                encoded[self.random.randrange(len(encoded))] = self.random.randrange(256)
        return bytes(encoded)

    def whole(self):
        """The answer as one message instead of a stream."""
        blocks = [b for b in self.blocks if isinstance(b, dict)]
        uses = any(b.get("type") == "tool_use" for b in blocks)
        return json.dumps({
            "id": None, "type": "message", "role": "assistant", "model": self.model,
            "content": self.blocks, "stop_reason": "tool_use" if uses else "end_turn",
            "usage": None}).encode("utf-8", "surrogatepass")


def parsed(data):
    """The object that a text is, or an empty one."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
