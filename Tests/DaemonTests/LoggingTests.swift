import Daemon
import Glibc
import JSON
import Logging
import Synchronization
import Testing

@Suite struct LoggingTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private func logger(_ format: LoggingSettings.Format, _ lines: Lines) -> Logger {
        Logger(label: "test") { _ in
            LineLogHandler(process: "hub", format: format) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
    }

    @Test func `the journal gets a priority a line and no time`() {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in
            LineLogHandler(process: "hub", format: .text, isJournal: true) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
        logger.info("listening")
        logger.warning("slow")
        logger.error("gone")
        #expect(
            lines.all.withLock(\.self) == [
                "<6>info hub listening\n", "<4>warning hub slow\n", "<3>error hub gone\n",
            ])
        #expect(JournalStream.marked("a\nb\n", .critical) == "<2>a\n<2>b\n")
    }

    @Test func `only the journal's own socket counts`() throws {
        var status = stat()
        try #require(unsafe fstat(2, &status) == 0)
        let own = ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]
        #expect(JournalStream.isStandardError(own))
        #expect(!JournalStream.isStandardError(["JOURNAL_STREAM": "0:1"]))
        #expect(!JournalStream.isStandardError([:]))
    }

    private struct Hidden: CustomStringConvertible, Sendable {
        let value = "sk-secret"
        var description: String { "<redacted>" }
    }

    @Test func `one event is one line with its fields sorted`() throws {
        let lines = Lines()
        logger(.text, lines).info(
            "peer connected", metadata: ["role": "ws", "peer": "ws 1", "a": "b=c", "e": ""])
        let line = try #require(lines.all.withLock { $0.first })
        #expect(
            line.hasSuffix(#" info hub peer connected a="b=c" e="" peer="ws 1" role=ws"# + "\n"))
        #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    }

    @Test func `a peer's bytes cannot end the line or move the cursor`() throws {
        let lines = Lines()
        logger(.text, lines).warning(
            "odd \"name\"\n", metadata: ["name": "a\r\nb\u{1b}[2J\u{202e}\"\\"])
        let line = try #require(lines.all.withLock { $0.first })
        #expect(
            line.hasSuffix(
                #"warning hub odd "name"\n name="a\r\nb\u{1b}[2J\u{202e}\"\\""# + "\n"))
    }

    @Test func `letters and marks that are never drawn are escaped, an emoji's sign is not`() {
        let hidden: [Unicode.Scalar] = [
            "\u{200b}", "\u{202e}", "\u{115f}", "\u{3164}", "\u{ffa0}", "\u{34f}", "\u{ad}",
            "\u{fe0f}", "\u{fe00}", "\u{e0100}", "\u{e0041}", "\u{180b}", "\u{17b4}",
        ]
        for scalar in hidden {
            let code = "\\u{\(String(scalar.value, radix: 16))}"
            #expect(LogText.printable("a\(scalar)b") == "a\(code)b")
            #expect(LogText.escaped("a\(scalar)b", maximumBytes: 99) == "a\(code)b")
        }
        for text in ["✔\u{fe0f} done", "e\u{301}", "日本語", "مرحبا", "👍🏽"] {
            #expect(LogText.printable(text) == text)
            #expect(LogText.escaped(text, maximumBytes: 99) == text)
        }
    }

    @Test func `a value of a secret type is redacted in both formats`() {
        for format in LoggingSettings.Format.allCases {
            let lines = Lines()
            logger(format, lines).info("key made", metadata: ["key": .stringConvertible(Hidden())])
            let line = lines.all.withLock { $0.joined() }
            #expect(line.contains("<redacted>"))
            #expect(!line.contains("sk-secret"))
        }
    }

    @Test func `the json format is one object a line`() throws {
        let lines = Lines()
        logger(.json, lines).error(
            "bad \"frame\"\n", metadata: ["z": ["1", "2"], "a": ["k": "v"]])
        let line = try #require(lines.all.withLock { $0.first })
        let value = try JSONValue(parsing: Array(line.utf8.dropLast()))
        #expect(value["message"] == "bad \"frame\"\n")
        #expect(value["level"] == "error")
        #expect(value["process"] == "hub")
        #expect(value["fields"] == ["a": ["k": "v"], "z": ["1", "2"]])
    }

    @Test func `a long value is cut and says how long it was`() throws {
        let lines = Lines()
        logger(.text, lines).info(
            "x", metadata: ["v": .string(String(repeating: "é", count: 9_999))])
        let line = try #require(lines.all.withLock { $0.first })
        #expect(line.hasSuffix("é…(19998 bytes)\"\n"))
        #expect(line.utf8.count < 2_200)
    }

    @Test func `a program's line keeps its backslashes and loses its terminal controls`() {
        #expect(LogText.printable(#"a\n"b"é"#) == #"a\n"b"é"#)
        #expect(LogText.printable("a\u{1b}[2J\t\r\\") == "a\\u{1b}[2J\t\\r\\")
    }

    @Test func `bytes that are not text are shown as such`() {
        #expect(LogText.escaped(bytes: [0x61, 0xff, 0x00], maximumBytes: 9) == "a\u{fffd}\\u{0}")
        #expect(LogText.escaped(bytes: [0x61, 0x62, 0x63], maximumBytes: 2) == "ab…(3 bytes)")
    }
}
