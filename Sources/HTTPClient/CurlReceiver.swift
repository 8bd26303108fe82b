/// What arrived of one answer.
final class CurlReceiver {
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    /// Of the last status line; 0 before the first.
    private(set) var status = 0
    /// Whether the final answer's head is complete; an interim answer (1xx) is none.
    private(set) var hasHead = false
    /// Called when something arrived, from within libcurl: it must not call libcurl.
    var arrived: (() -> Void)?
    private var maximumBodyBytes = 0

    func restart(maximumBodyBytes: Int) {
        headers = []
        body = []
        isTooLarge = false
        status = 0
        hasHead = false
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// False ends the transfer.
    func appendBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= maximumBodyBytes else {
            isTooLarge = true
            return false
        }
        unsafe body.append(contentsOf: bytes)
        arrived?()
        return true
    }

    /// What arrived of the body since the last call.
    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// One line of the head; an interim answer's headers give way to the final one's.
    func appendHeader(_ line: String) {
        if line.hasPrefix("HTTP/") {
            headers = []
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
                .drop { $0 == " " || $0 == "\t" }.prefix { !$0.isNewline }
            headers.append((line[..<colon].lowercased(), String(value)))
        } else if status >= 200 {
            hasHead = true
        }
        arrived?()
    }
}
