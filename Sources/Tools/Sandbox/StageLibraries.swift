import CLinux
import Glibc
import System

/// The folders from which the stage's program loads its libraries, by descriptors.
///
/// The worker of a `dev` that root started becomes another user, who cannot pass through root's
/// home, where the toolchain's libraries may be. The stage needs them until it is bubblewrap.
package enum StageLibraries {
    private static let variable = "LD_LIBRARY_PATH"

    /// Those of this process outside of the system's own folders; opened by the first who asks.
    static let folders: [OwnedDescriptor] = {
        let paths = mappings().split(separator: "\n").compactMap { line -> String? in
            guard let start = line.firstIndex(of: "/"), line.contains(".so") else { return nil }
            return RealPath(parts: RealPath(String(line[start...])).parts.dropLast()).text
        }
        return Set(paths).filter { !$0.hasPrefix("/usr/") && !$0.hasPrefix("/lib") }.sorted()
            .compactMap { path in
                let number = unsafe Glibc.open(path, OpenFlags.path | O_DIRECTORY | O_CLOEXEC)
                return number < 0 ? nil : OwnedDescriptor(number)
            }
    }()

    private static func mappings() -> String {
        let number = unsafe Glibc.open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return "" }
        let file = OwnedDescriptor(number)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(file.number, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Must be called before the process becomes another user.
    package static func open() { _ = folders }

    /// For the environment of the stage, in which the first of ``folders`` has this number.
    static func environment(firstDescriptor first: Int) -> [String] {
        guard !folders.isEmpty else { return [] }
        let paths = folders.indices.map { "/proc/self/fd/\(first + $0)" }
        return ["\(variable)=\(paths.joined(separator: ":"))"]
    }

    /// In the stage, when its libraries are loaded: nothing of them goes on to the command.
    static func close() {
        guard let value = unsafe getenv(variable) else { return }
        for path in unsafe String(cString: value).split(separator: ":") {
            guard let number = path.split(separator: "/").last.flatMap({ Int32($0) }) else {
                continue
            }
            _ = Glibc.close(number)
        }
        _ = unsafe unsetenv(variable)
    }
}
