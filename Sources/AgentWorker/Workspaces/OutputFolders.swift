import Glibc
import Tools

/// The folders of sessions in which the tools' long outputs are kept, and their limits over runs.
///
/// Within a run `KeptOutputs` has its own limit, which ends with the run.
enum OutputFolders {
    /// A day: whoever goes on with a session tomorrow can have the command run again.
    static let keptSeconds = 86_400
    /// How often everything is looked at.
    static let sweepInterval = Duration.seconds(3_600)

    /// Keeps the newest outputs of a session, and says that somebody uses its folder.
    ///
    /// For the start of a run: a few dozen system calls.
    static func begin(_ folder: String) {
        let files = entries(of: folder).sorted { $0.modified > $1.modified }
        for file in files.dropFirst(ToolLimits.maximumKeptOutputs) {
            _ = unsafe unlink("\(folder)/\(file.name)")
        }
        _ = unsafe utimensat(AT_FDCWD, folder, nil, 0)
    }

    /// Removes what is old, and folders in which nothing is left.
    ///
    /// Blocks; for a thread of its own. What cannot be removed is tried again next time.
    static func sweep(_ directory: String, now: Int) {
        let limit = now - keptSeconds
        for folder in entries(of: directory) {
            let path = "\(directory)/\(folder.name)"
            for file in entries(of: path) where file.modified < limit {
                _ = unsafe unlink("\(path)/\(file.name)")
            }
            // One that is in use was touched when its run began, and no run takes a day.
            if folder.modified < limit { _ = unsafe rmdir(path) }
        }
    }

    /// Without what begins with a point; a folder that isn't there is empty.
    static func entries(of folder: String) -> [(name: String, modified: Int)] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var entries: [(name: String, modified: Int)] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            var status = stat()
            guard !name.hasPrefix("."), unsafe lstat("\(folder)/\(name)", &status) == 0 else {
                continue
            }
            entries.append((name, status.st_mtim.tv_sec))
        }
        return entries
    }
}
