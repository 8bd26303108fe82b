import Glibc
import Protocol
import Realtime
import Tools

/// Finds, and where there is none makes, the folder that a session works in.
package struct WorkspaceFolders: Sendable {
    /// Of the agent workers alone: holds folders of sessions without a workspace, and long outputs.
    private let stateDirectory: String
    /// What no workspace may overlap: configuration, sockets, state.
    private let reserved: ReservedFolders

    package init(stateDirectory: String, reserved: ReservedFolders) {
        self.stateDirectory = stateDirectory
        self.reserved = reserved
    }

    /// Blocks for some hundred system calls.
    package func open(for run: RunAssignment) throws(RunFailure) -> Workspace {
        let session = run.lease.session.text
        guard session != ".", session != ".." else {
            throw RunFailure(.workspace, "The session's name cannot name a folder.")
        }
        let outputs = try folder("outputs", session)
        OutputFolders.begin(outputs)
        let path: String
        if let assigned = run.workspace {
            path = assigned.path
            try WorkspaceAccess.check(path, mode: run.mode)
        } else {
            path = try folder("workspaces", session)
        }
        do throws(WorkspaceError) {
            return try Workspace(
                path: path, workingDirectory: run.workingDirectory, outputFolder: outputs,
                // A session's own folder lies in the state directory.
                reserved: run.workspace == nil ? nil : reserved,
                allows: .init(startupFiles: run.workspace?.allowsStartupFiles ?? false))
        } catch {
            throw RunFailure(.workspace, "\(error)")
        }
    }

    /// Removes outputs that nobody needs any more; blocks, for a thread of its own.
    package func sweepOutputs(now seconds: Int) {
        OutputFolders.sweep("\(stateDirectory)/outputs", now: seconds)
    }

    /// Sessions with a folder of their own that nothing was made or removed in for that long; blocks.
    package func unusedSince(_ moment: Int) -> [SessionID] {
        OutputFolders.entries(of: "\(stateDirectory)/workspaces").compactMap { folder in
            folder.modified < moment ? try? SessionID(parsing: folder.name) : nil
        }
    }

    /// All that a session without a workspace leaves.
    package func folders(of session: SessionID) -> [String] {
        guard session.text != ".", session.text != ".." else { return [] }
        return ["outputs", "workspaces"].map { "\(stateDirectory)/\($0)/\(session)" }
    }

    private func folder(_ kind: String, _ session: String) throws(RunFailure) -> String {
        var path = stateDirectory
        for part in ["", "/\(kind)", "/\(session)"] {
            path += part
            guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw RunFailure(
                    .workspace,
                    "The folder \(path) cannot be made (errno \(errno)): the agent worker needs a "
                        + "state directory that it can write.")
            }
        }
        // The operator's own path may lead over links; a session's folder is no link.
        guard let real = unsafe realpath(stateDirectory, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe "\(String(cString: real))/\(kind)/\(session)"
    }
}
