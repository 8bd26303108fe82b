import Glibc

/// What `/proc` and the files of control groups say, in small pieces.
enum ProcessTable {
    /// The parent of a process (field 4 of `stat`); nil if it is gone.
    static func parent(of pid: pid_t) -> pid_t? {
        // The name in field 2 may hold anything, brackets included.
        guard let rest = line("/proc/\(pid)/stat").split(separator: ")").last else { return nil }
        let fields = rest.split(separator: " ")
        return fields.count > 1 ? pid_t(fields[1]) : nil
    }

    /// The first line; empty where there is nothing any more.
    static func line(_ path: String) -> String { lines(path).first.map(String.init) ?? "" }

    /// At most 8 KiB of a file's lines.
    static func lines(_ path: String) -> [Substring] {
        String(decoding: bytes(AT_FDCWD, path) ?? [], as: UTF8.self).split(separator: "\n")
    }

    /// The number behind a word at the beginning of a line, such as `oom_kill 3`.
    static func count(_ word: String, in path: String) -> Int? {
        lines(path).first { $0.hasPrefix("\(word) ") }.flatMap { Int($0.dropFirst(word.count + 1)) }
    }

    /// At most 8 KiB of a file below an open folder; nil where it can't be read.
    static func bytes(_ folder: Int32, _ path: String) -> [UInt8]? {
        let number = unsafe openat(folder, path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        defer { close(number) }
        return unsafe [UInt8](unsafeUninitializedCapacity: 8_192) { buffer, count in
            count = unsafe max(0, read(number, buffer.baseAddress, buffer.count))
        }
    }

    /// The names in a folder; none where there is no such folder any more.
    static func names(in folder: String) -> [String] {
        let number = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return number < 0 ? [] : names(inOpened: number)
    }

    /// The names in a folder that is read from its beginning and closed.
    static func names(inOpened number: Int32) -> [String] {
        guard let stream = unsafe fdopendir(number) else {
            close(number)
            return []
        }
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

    static func write(_ path: String, _ text: String) -> Bool {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(text.utf8)
        return unsafe Glibc.write(file, bytes, bytes.count) == bytes.count
    }
}
