import EventLoop
import JSON
import Realtime

/// Asks shfmt for the words of a line that is one simple command.
///
/// Two readers have to agree, ours and a complete shell parser: what one of them gets wrong costs a
/// question too many and never an approval. Confined to the loop's thread.
final class CommandParser {
    private let loop: EventLoop
    /// Nil where shfmt is not installed: then no rule matches.
    private let program: String?
    private var running: [ObjectIdentifier: Parsing] = [:]

    init(on loop: EventLoop, program: String?) {
        self.loop = loop
        self.program = program
    }

    /// Calls `completion` once with the command, or nil for anything else or without an answer in
    /// ``ToolLimits/parsingTime``; at once where our own reader refuses the line.
    func parse(_ line: String, _ completion: @escaping (SimpleCommand?) -> Void) {
        // Not simple by our own reader: shfmt can't make it so.
        guard let program, let command = try? SimpleCommand(parsing: line) else {
            return completion(nil)
        }
        let parsing = Parsing()
        let key = ObjectIdentifier(parsing)
        parsing.finish = { [weak self] words in
            self?.running[key] = nil
            completion(words == command.words ? command : nil)
        }
        running[key] = parsing
        parsing.start(program, line, on: loop)
    }
}

/// One run of shfmt.
private final class Parsing {
    var finish: (([String]?) -> Void)?
    private var process: ChildProcess?
    private var deadline: Timer?
    private var output: [UInt8] = []

    /// shfmt's tree of a line of 4 KiB has less.
    private static let maximumOutputBytes = 4 * 1024 * 1024

    func start(_ program: String, _ line: String, on loop: EventLoop) {
        let callbacks = ChildProcess.Callbacks { [weak self] bytes in
            self?.append(bytes)
        } ended: { [weak self] status in
            self?.ended(status)
        }
        do {
            process = try ChildProcess(
                program, ["-ln", "bash", "--tojson"], environment: ["PATH=/usr/bin:/bin"],
                input: Array(line.utf8), on: loop, callbacks)
        } catch {
            // It can't be started, as if it were not there: no rule matches.
            return end(with: nil)
        }
        deadline = loop.schedule(after: ToolLimits.parsingTime) { [weak self] in
            self?.process?.kill()
        }
    }

    private func append(_ bytes: ArraySlice<UInt8>) {
        output += bytes
        if output.count > Self.maximumOutputBytes { process?.kill() }
    }

    private func ended(_ status: Int32) {
        // Anything but a tree, such as a syntax error or a kill, is no simple command.
        guard status == 0, let tree = try? JSONValue(parsing: output) else {
            return end(with: nil)
        }
        end(with: ShellSyntax.simpleWords(tree))
    }

    private func end(with words: [String]?) {
        let finish = finish
        self.finish = nil
        deadline?.cancel()
        finish?(words)
    }
}
