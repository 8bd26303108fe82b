/// One call of Read, Write, Edit or MultiEdit, on a thread of the pool.
struct FileCall {
    let call: PreparedCall
    let workspace: Workspace
    let ledger: ReadLedger
    let cancellation: Cancellation

    /// What came of it; blocks.
    struct Answer: Sendable {
        let outcome: ToolOutcome
        /// Put down once the model gets the outcome, and not before.
        var seen: SeenFile?
    }

    func run() -> Answer {
        guard !cancellation.isCancelled else {
            return Answer(outcome: .failure("(Interrupted before it began.)"))
        }
        do throws(PathError) {
            return try answer()
        } catch {
            return Answer(outcome: .failure(error))
        }
    }

    private func answer() throws(PathError) -> Answer {
        let writer = WriteTool(
            workspace: workspace, path: call.path ?? "", ledger: ledger, cancellation: cancellation)
        switch call.input {
        case .read(let input): return try ReadTool(workspace: workspace).run(input)
        case .write(let input): return try writer.write(input)
        case .edit(let input): return try writer.edit(input)
        case .bash, .glob, .grep, .todoWrite, .webFetch:
            preconditionFailure("only tools of one file run as a file call")
        }
    }
}
