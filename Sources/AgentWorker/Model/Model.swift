import ClaudeAPI
import EventLoop
import JSON
import Realtime
import Tools

/// The model that runs ask; confined to the loop's thread.
package final class Model {
    /// What is asked for besides the conversation.
    package struct Options: Sendable {
        /// Where the session names none.
        package var name: String
        /// Tokens of one answer.
        package var maximumOutputTokens: Int

        package init(name: String, maximumOutputTokens: Int) {
            self.name = name
            self.maximumOutputTokens = maximumOutputTokens
        }
    }

    private let client: ClaudeClient
    private let options: Options

    package init(loop: EventLoop, configuration: ClaudeConfiguration, options: Options) {
        client = ClaudeClient(loop: loop, configuration: configuration)
        self.options = options
    }

    /// - Parameter model: the session's own; nil takes the worker's.
    func ask(
        _ question: ModelQuestion, model: String?, system: [String],
        _ receive: @escaping (ClaudeEvent) -> Void
    ) -> ClaudeRequest {
        client.stream(
            MessagesRequest(
                model: model ?? options.name, maximumTokens: options.maximumOutputTokens,
                system: system, tools: Self.tools,
                toolChoice: question.purpose == .summary ? .none : .automatic,
                messages: question.messages),
            receive)
    }

    /// Always the same bytes, so that they stay in the cache.
    private static let tools = Tools.ToolDefinition.all.map { tool in
        ClaudeAPI.ToolDefinition(
            name: tool.name, description: tool.description,
            inputSchema: tool.inputSchema.objectValue ?? [:])
    }
}
