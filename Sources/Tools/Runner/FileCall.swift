/// One call of a file tool, on a thread of the pool.
struct FileCall {
    let outcome: ToolOutcome

    init(
        _ call: PreparedCall, _ workspace: Workspace, _ cancellation: BlockingPool.Cancellation
    ) {
        guard !cancellation.isCancelled else {
            outcome = .failure("(Interrupted before it began.)")
            return
        }
        do throws(PathError) {
            outcome = try Self.run(call, workspace, cancellation)
        } catch {
            outcome = .failure(error)
        }
    }

    private static func run(
        _ call: PreparedCall, _ workspace: Workspace, _ cancellation: BlockingPool.Cancellation
    ) throws(PathError) -> ToolOutcome {
        let writer = WriteTool(workspace: workspace, path: call.path ?? "")
        switch call.input {
        case .read(let input): return try ReadTool(workspace: workspace).run(input)
        case .glob(let input):
            return try GlobTool(
                workspace: workspace, isCancelled: { cancellation.isCancelled }
            ).run(input)
        case .write(let input): return try writer.write(input)
        case .edit(let input): return try writer.edit(input)
        case .bash, .grep, .todoWrite, .webFetch:
            preconditionFailure("only file tools run on the files' threads")
        }
    }
}
