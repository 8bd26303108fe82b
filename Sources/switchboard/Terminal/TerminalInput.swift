import EventLoop
import Glibc

/// Lines that a person types, as they are typed; confined to a loop.
final class TerminalInput {
    private var watcher: DescriptorWatcher?
    private var rest: [UInt8] = []
    private let line: (String) -> Void
    private let end: () -> Void

    /// Standard input has to be a terminal.
    init(_ loop: EventLoop, line: @escaping (String) -> Void, end: @escaping () -> Void) {
        self.line = line
        self.end = end
        watcher = loop.watch(0, .read) { [unowned self] _ in read() }
    }

    /// Drops what was typed before now: it was not meant for what comes next.
    func forget() {
        rest = []
        _ = tcflush(0, TCIFLUSH)
    }

    private func read() {
        // What made it readable may have been dropped since, and a read would wait for more.
        var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, 0) > 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe Glibc.read(0, &chunk, chunk.count)
        if count < 0 && (errno == EINTR || errno == EAGAIN) { return }
        guard count > 0 else {
            watcher?.cancel()
            return end()
        }
        rest += chunk[..<count]
        while let feed = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let text = String(decoding: rest[..<feed], as: UTF8.self)
            rest.removeSubrange(...feed)
            line(text)
        }
        // A line that long is no answer to anything.
        if rest.count > 4_096 { rest = [] }
    }
}
