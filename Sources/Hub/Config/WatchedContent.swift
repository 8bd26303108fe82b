import Crypto
import Daemon
import JSON
import Protocol

/// What one of the two watched files held at one moment, judged.
///
/// Made on the files thread: reading blocks.
struct WatchedContent: Sendable {
    enum Verdict: Sendable {
        /// `settings` where the file is `config.json`.
        case valid(JSONValue, settings: Settings?)
        /// Every problem, in words.
        case invalid(String)
    }

    let file: WatchedFile
    /// Of the bytes; a missing file has one of its own.
    let digest: String
    let verdict: Verdict

    init(reading file: WatchedFile, _ directory: ConfigDirectory) {
        self.file = file
        let bytes: [UInt8]?
        do throws(SmallFileError) {
            bytes = try directory.read(file)
        } catch {
            // No content, no digest: any text that is none will do.
            digest = "unreadable: \(error)"
            verdict = .invalid("\(error)")
            return
        }
        digest = bytes.map { Digest(of: $0).hex } ?? "missing"
        do {
            let document = try bytes.map { try JSONValue(parsing: $0) } ?? [:]
            verdict = .valid(document, settings: try directory.check(document, as: file))
        } catch {
            verdict = .invalid("\(error)")
        }
    }
}
