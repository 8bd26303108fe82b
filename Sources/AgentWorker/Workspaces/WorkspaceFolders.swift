import Glibc
import Protocol
import Tools

/// Finds, and where there is none makes, the folder that a session works in.
package struct WorkspaceFolders: Sendable {
    /// Of the agent workers alone: holds folders of sessions without a workspace, and long outputs.
    private let stateDirectory: String
    /// What no tool may see: configuration, sockets, state.
    private let hidden: [String]

    package init(stateDirectory: String, hidden: [String]) {
        self.stateDirectory = stateDirectory
        self.hidden = hidden
    }

    /// Blocks for a few system calls.
    package func open(for run: RunAssignment) throws(RunFailure) -> Workspace {
        let session = run.lease.session.text
        guard session != ".", session != ".." else {
            throw RunFailure(.workspace, "The session's name cannot name a folder.")
        }
        let outputs = try folder("outputs", session)
        OutputFolders.begin(outputs)
        let base: String
        if let assigned = run.workspace {
            base = assigned.path
            try WorkspaceAccess.check(base, mode: run.mode)
        } else {
            base = try folder("workspaces", session)
        }
        let workspace = try open(base, outputs)
        guard let directory = run.workingDirectory, directory != base, !directory.isEmpty else {
            return workspace
        }
        let path = directory.hasPrefix("/") ? directory : "\(workspace.root)/\(directory)"
        let own = try open(path, outputs)
        // By the real path: a link in the workspace may lead anywhere.
        guard own.root == workspace.root || own.root.hasPrefix(workspace.root + "/") else {
            throw RunFailure(
                .workspace,
                "The working directory \(directory) is not within the session's workspace; "
                    + "choose one that is, or another workspace.")
        }
        return own
    }

    /// Removes outputs that nobody needs any more; blocks, for a thread of its own.
    package func sweepOutputs(now seconds: Int) {
        OutputFolders.sweep("\(stateDirectory)/outputs", now: seconds)
    }

    private func open(_ path: String, _ outputs: String) throws(RunFailure) -> Workspace {
        do throws(WorkspaceError) {
            return try Workspace(path: path, outputFolder: outputs, hidden: hidden)
        } catch {
            throw RunFailure(.workspace, "\(error)")
        }
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
        return path
    }
}
