import EventLoop
import System

/// Removes folders with everything in them, by `chmod` and `rm`: these follow no link, and neither
/// depth nor closed folders stop them.
///
/// Confined to the loop's thread; keep it until `ended` was called.
package final class FolderRemoval {
    private static let script = #"chmod -R u+rwX -- "$@"; exec rm -rf --one-file-system -- "$@""#
    /// Of what is said of a failure.
    private static let keptBytes = 1_024

    private var child: ChildProcess?
    private var said: [UInt8] = []

    /// - Parameters:
    ///   - folders: absolute paths; one that is not there is removed already.
    ///   - ended: once, with the programs' words where not all could be removed.
    package init(
        _ folders: [String], on loop: EventLoop, ended: @escaping (_ failure: String?) -> Void
    ) throws(SystemFailure) {
        child = try ChildProcess(
            "/bin/sh", ["-c", Self.script, "sh"] + folders,
            environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"], on: loop,
            ChildProcess.Callbacks(
                output: { [weak self] bytes in
                    guard let self else { return }
                    said += bytes.prefix(Self.keptBytes - said.count)
                },
                ended: { [weak self] status in
                    let words = String(decoding: self?.said ?? [], as: UTF8.self)
                    ended(status == 0 ? nil : words)
                }))
    }
}
