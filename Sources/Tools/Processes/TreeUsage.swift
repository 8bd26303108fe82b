import Glibc

/// How many processes there are below one, and how much memory they take, by `/proc`.
///
/// A sample: what starts or ends meanwhile may be missed. Costs about 30 µs a process, and stops
/// at the limits.
package struct TreeUsage: Equatable {
    /// Processes and threads, the top included.
    package private(set) var tasks = 0
    /// Private resident memory.
    package private(set) var bytes = 0

    package init(below pid: pid_t) {
        var open = [Int(pid)]
        while let next = open.popLast(), tasks <= ToolLimits.maximumProcesses {
            bytes += Self.residentBytes(next)
            for task in Self.names(in: "/proc/\(next)/task") where Int(task) != nil {
                tasks += 1
                let children = Self.read("/proc/\(next)/task/\(task)/children")
                open += children.split(separator: " ").compactMap { Int($0) }
            }
        }
    }

    /// The parent of a process (field 4 of `stat`); nil if it is gone.
    static func parent(of pid: pid_t) -> pid_t? {
        // The name in field 2 may hold anything, brackets included.
        guard let rest = read("/proc/\(pid)/stat").split(separator: ")").last else { return nil }
        let fields = rest.split(separator: " ")
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }

    /// Pages that are not shared with files or others (fields 2 and 3 of `statm`).
    private static func residentBytes(_ pid: Int) -> Int {
        let fields = read("/proc/\(pid)/statm").split(separator: " ").compactMap { Int($0) }
        return fields.count > 2
            ? max(0, fields[1] - fields[2]) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// The first line; empty where there is nothing any more.
    static func read(_ path: String) -> String { lines(path).first.map(String.init) ?? "" }

    /// At most 8 KiB of a file's lines.
    static func lines(_ path: String) -> [Substring] {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return [] }
        defer { close(number) }
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = unsafe Glibc.read(number, &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: "\n")
    }

    /// The names in a folder; none where there is no such folder any more.
    static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                        unsafe String(cString: $0)
                    }
                })
        }
        return names
    }
}
