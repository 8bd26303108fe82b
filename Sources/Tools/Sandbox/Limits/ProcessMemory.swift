/// What one process holds, as the kernel tells it; pure.
package struct ProcessMemory: Sendable, Equatable {
    /// Threads, itself included; none if it has ended.
    package var tasks = 0
    /// Its own pages and those that it may share with others: at most so many are its part.
    package var mappedBytes = 0
    /// Page tables and huge pages, which are nobody else's.
    package var ownBytes = 0

    /// Reads `/proc/N/status` (proc_pid_status(5)), which costs 11 µs whatever the size.
    package init(status: [UInt8]) {
        for (name, value) in Self.fields(of: status) {
            switch name {
            case "Threads": tasks = value
            case "RssAnon", "RssShmem", "VmSwap": mappedBytes += value * 1_024
            case "VmPTE", "HugetlbPages": ownBytes += value * 1_024
            default: break
            }
        }
    }

    /// Its proportional part of what it has mapped: `/proc/N/smaps_rollup`, without files, whose
    /// pages the kernel takes back when it needs them.
    ///
    /// The kernel walks the process's page tables for it, 17 ms for each GiB.
    ///
    /// - Returns: nil for a text that doesn't say.
    package static func share(rollup: [UInt8]) -> Int? {
        var parts: [String: Int] = [:]
        for (name, value) in fields(of: rollup) { parts[name] = value * 1_024 }
        guard let own = parts["Pss_Anon"], let shared = parts["Pss_Shmem"] else { return nil }
        return own + shared + (parts["SwapPss"] ?? 0)
    }

    /// The lines that are a name, a colon and a number.
    private static func fields(of text: [UInt8]) -> [(String, Int)] {
        text.split(separator: 0x0A).compactMap { line in
            guard let colon = line.firstIndex(of: 0x3A) else { return nil }
            let digits = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
                .prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, let value = Int(String(decoding: digits, as: UTF8.self)) else {
                return nil
            }
            return (String(decoding: line[..<colon], as: UTF8.self), value)
        }
    }
}
