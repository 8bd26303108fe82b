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
        case valid(Settings?)
        /// Every problem, in words.
        case invalid(String)
    }

    let file: WatchedFile
    /// Of the bytes; a missing file counts as an empty one.
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
        digest = Digest(of: bytes ?? []).hex
        do {
            let document = try bytes.map { try JSONValue(parsing: $0) } ?? [:]
            verdict = .valid(try directory.check(document, as: file))
        } catch {
            verdict = .invalid("\(error)")
        }
    }
}
