import Daemon
import Glibc
import System

/// Looks at what an installation needs of its machine: a certificate in time, and the time.
struct MachineChecks {
    let tls: String?
    let database: String?

    func run() -> [Finding] { [certificate, clock, space].compactMap { $0 } }

    /// A full disk ends nothing, but nobody can say anything any more.
    private var space: Finding? {
        guard let database, let free = FreeSpace.bytes(at: FileSystem.directory(of: database))
        else { return nil }
        let text = "\(free >> 20) MiB are free for \(database)"
        return free < HubSettings().lowSpaceBytes
            ? .warn("space", text, "make room, or keep less history (hub.historyTotalBytes)")
            : .ok("space", text)
    }

    private var certificate: Finding? {
        guard let tls else { return nil }
        let path = "\(tls)/fullchain.pem"
        guard let openssl = Tool.find("openssl") else {
            return .warn("certificate", "openssl is missing", "apt-get install openssl")
        }
        func lasts(days: Int) throws(CommandFailure) -> Bool {
            let arguments = ["x509", "-noout", "-in", path, "-checkend", "\(days * 86_400)"]
            return try Tool.run(openssl, arguments).status.isSuccess
        }
        do throws(CommandFailure) {
            let read = try Tool.run(openssl, ["x509", "-noout", "-enddate", "-in", path])
            guard read.status.isSuccess else {
                return .fail(
                    "certificate", "\(path) cannot be read",
                    "put a certificate there, or run doctor as root")
            }
            let end = read.output.split(separator: "=").last.map { $0.filter { !$0.isNewline } }
            let until = "\(path) is good until \(end ?? "?")"
            if try !lasts(days: 0) { return .fail("certificate", until, "renew it") }
            if try !lasts(days: 14) { return .warn("certificate", until, "renew it soon") }
            return .ok("certificate", until)
        } catch {
            return .warn("certificate", "\(error)", "look at openssl by hand")
        }
    }

    /// Expiry and time-outs are in wall-clock time: it must not be behind what is stored.
    private var clock: Finding {
        let now = WallClock.now
        guard now.milliseconds > 1_750_000_000_000 else {
            return .fail("clock", "it is \(now) here", "set the clock; install a time service")
        }
        var status = stat()
        if let database, unsafe stat(database, &status) == 0 {
            let ahead = Int64(status.st_mtim.tv_sec) - now.milliseconds / 1_000
            if ahead > 60 {
                return .fail(
                    "clock", "it is \(ahead) s behind the last change of the store",
                    "set the clock; install a time service")
            }
        }
        return .ok("clock", "it is \(now)")
    }
}
