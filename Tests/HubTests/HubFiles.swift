import Glibc

/// Directories of tests and what a hub and its tests put into them.
enum HubFiles {
    static func makeDirectory() throws -> String {
        var template = Array("/tmp/hub-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw TestHubError.noDirectory }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func remove(_ directory: String) {
        for folder in ["config", "next", "old"] {
            _ = unsafe unlink("\(directory)/\(folder)/config.json")
            _ = unsafe unlink("\(directory)/\(folder)/theme.json")
            _ = unsafe rmdir("\(directory)/\(folder)")
        }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            _ = unsafe unlink("\(directory)/switchboard.db\(suffix)")
        }
        _ = unsafe rmdir(directory)
    }
}
