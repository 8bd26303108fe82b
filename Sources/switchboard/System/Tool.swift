import Glibc

/// Runs small programs such as openssl to their end.
enum Tool {
    /// Where a program is: in `PATH`, or where administrators' programs are.
    static func find(_ name: String) -> String? {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
        let directories = path.split(separator: ":").map(String.init)
        return (directories + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"])
            .map { "\($0)/\(name)" }.first(where: FileSystem.isExecutable)
    }

    /// Blocks until the program has ended; its output, both kinds together, is at most 64 KiB.
    static func run(
        _ path: String, _ arguments: [String]
    ) throws(CommandFailure) -> (status: ExitStatus, output: String) {
        let pipe = try Pipe()
        defer { close(pipe.readEnd) }
        let pid: pid_t
        do {
            pid = try Spawn(
                path: path, arguments: arguments, environment: ["PATH": "/usr/bin:/bin"],
                output: pipe.writeEnd
            ).start()
        } catch {
            close(pipe.writeEnd)
            throw error
        }
        close(pipe.writeEnd)
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(pipe.readEnd, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            if output.count < 65_536 { output += chunk[..<count] }
        }
        var word: Int32 = 0
        while unsafe waitpid(pid, &word, 0) < 0, errno == EINTR {}
        return (ExitStatus(word: word), String(decoding: output, as: UTF8.self))
    }
}
