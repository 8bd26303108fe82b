import Client
import Daemon
import Glibc
import JSON
import Protocol
import System

/// Looks whether what runs is what is installed: an upgrade that restarted nothing leaves processes of
/// programs that are not there any more.
struct VersionChecks {
    let paths: Paths

    func run() -> [Finding] {
        let replaced = Self.replacedPrograms()
        let stale = replaced.map { process in
            Finding.fail(
                "version",
                "process \(process.id) (\(process.name)) still runs a program that was replaced",
                Self.remedy)
        }
        // A hub that does not answer is another look's to tell.
        guard let versions = reported else { return stale }
        let others = versions.filter { $0.version != Version.current }.map { process, version in
            Finding.fail(
                "version", "\(process) is of version \(version), this is \(Version.current)",
                Self.remedy)
        }
        let all = Finding.ok("version", "\(versions.count) processes are of \(Version.current)")
        return stale + (others.isEmpty && stale.isEmpty ? [all] : others)
    }

    private static let remedy =
        "systemctl try-restart switchboard-hub switchboard-fcgi 'switchboard-ws@*' "
        + "'switchboard-agent@*', or `switchboard dev` anew"

    /// Of hub and workers, as `/metrics` has it; nil where the hub does not answer.
    private var reported: [(process: String, version: String)]? {
        guard
            let answer = try? HubClient(socket: paths.hubSocket).call(.metrics, [:]),
            let text = answer["text"]?.stringValue
        else { return nil }
        return text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("\(Metric.buildInfo.name){") else { return nil }
            // `…{process="ws-1",version="0.9.0"} 1`
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            return parts.count == 5 ? (String(parts[1]), String(parts[3])) : nil
        }
    }

    /// Processes of this installation whose program's file is another one by now; those of other
    /// users are seen by root only.
    private static func replacedPrograms() -> [(id: String, name: String)] {
        let folder = FileSystem.directory(of: FileSystem.ownExecutable())
        return FileSystem.names(in: "/proc").compactMap { id in
            guard id.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let program = FileSystem.target(ofLink: "/proc/\(id)/exe"),
                program.hasPrefix("\(folder)/switchboard"), program.hasSuffix(" (deleted)"),
                // It may have ended since.
                let line = (try? SmallFile.read("/proc/\(id)/cmdline", maximumBytes: 65_536)) ?? nil
            else { return nil }
            let path = String(decoding: line.prefix { $0 != 0 }, as: UTF8.self)
            return (id, path.split(separator: "/").last.map(String.init) ?? path)
        }
    }
}
